"""Helpers that compare the verdicts of a simulated site with the expected ones."""

from tests.agent.judge.simulated_site import SimulatedSite, site_seconds
from thongsuot_schema.segment import Party, Segment, party_for
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, VerdictChange

INTERVAL_S = 5.0
"""The echo interval of the default profile on an unmetered link: bounds are in such intervals."""

VerdictSummary = tuple[State, Segment | None, Symptom]


def changes_of(world: SimulatedSite, link: str, service: str = "") -> list[VerdictChange]:
    """Return the changes of one subject, in order."""
    return [
        change
        for change in world.changes
        if (change.verdict.link, change.verdict.service) == (link, service)
    ]


def last_change(world: SimulatedSite, link: str, service: str = "") -> VerdictChange:
    """Return the latest change of a subject."""
    return changes_of(world, link, service)[-1]


def verdict_summary(change: VerdictChange) -> VerdictSummary:
    """Return what a change says."""
    return change.verdict.state, change.verdict.segment, change.verdict.symptom


def states_of(world: SimulatedSite, link: str, service: str = "") -> list[State]:
    """Return the states that a subject went through."""
    return [change.verdict.state for change in changes_of(world, link, service)]


def blamed_parties(world: SimulatedSite) -> set[Party]:
    """Return every party that any verdict of a world has blamed."""
    return {
        party_for(change.verdict.segment)
        for change in world.changes
        if change.verdict.segment is not None
    }


def named_segments(world: SimulatedSite, link: str = "fixed", service: str = "") -> set[Segment]:
    """Return every segment that verdicts on one subject have named."""
    named = {change.verdict.segment for change in changes_of(world, link, service)}
    return {segment for segment in named if segment is not None}


def assert_found(
    world: SimulatedSite,
    expected: VerdictSummary,
    *,
    since_s: float,
    intervals: float,
    link: str = "fixed",
    service: str = "",
) -> VerdictChange:
    """
    Check that the first thing said against a subject is what is expected, and in time.

    ``intervals`` bounds the time from the injection at ``since_s`` to the verdict; the onset must
    lie between.
    """
    against = [c for c in changes_of(world, link, service) if c.verdict.state is not State.UP]
    assert against, f"nothing was said against {link} {service}: {states_of(world, link, service)}"
    first = against[0]
    assert verdict_summary(first) == expected
    decided_s, onset_s = (
        site_seconds(first.decided_boottime_ns),
        site_seconds(first.onset_boottime_ns),
    )
    assert since_s <= onset_s <= decided_s
    assert decided_s - since_s <= intervals * INTERVAL_S, f"took {decided_s - since_s:.1f} s"
    return first
