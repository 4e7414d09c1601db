"""What a world's engine has said."""

from tests.agent.judge.world import World
from thongsuot_schema.state import State
from thongsuot_schema.verdict import VerdictChange


def changes_of(world: World, link: str, service: str = "") -> list[VerdictChange]:
    """Return the changes of one subject, in order."""
    return [
        change
        for change in world.changes
        if (change.verdict.link, change.verdict.service) == (link, service)
    ]


def last(world: World, link: str, service: str = "") -> VerdictChange:
    """Return the latest change of a subject."""
    return changes_of(world, link, service)[-1]


def said(world: World, link: str, service: str = "") -> list[State]:
    """Return the states that a subject went through."""
    return [change.verdict.state for change in changes_of(world, link, service)]
