"""Contract: what a kind of probe is to the scheduler, the configuration and the command line."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from thongsuot_agent.links.link import LiveLink
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.result import Family, Finding
from thongsuot_schema.segment import Segment

S = TypeVar("S")

LINK_TARGET = Target(name="link", role=Role.ANCHOR, segment=Segment.LAN)
"""What is passed as the target to a probe that looks at the link itself (``per_link``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Generic[S]):
    """
    One kind of measurement.

    ``settings`` is a frozen, keyword-only type with a default for every field; it is converted from
    ``ProbePlan.settings`` with ``msgspec.convert``. ``run`` makes one run and never raises for what
    a network or a server does. ``applies`` says which targets the kind is for. ``per_link`` marks a
    kind that runs once per link, with ``LINK_TARGET`` and ``Family.NONE``. ``cost_bytes`` is the
    IP-level traffic of one run that works, both directions, for the data budget. ``timeout_s`` is
    the longest that one run takes, for the schedule.
    """

    settings: type[S]
    run: Callable[[LiveLink, Target, Family, S], Awaitable[Finding]]
    applies: Callable[[Target], bool]
    cost_bytes: Callable[[Target, S], int]
    timeout_s: Callable[[S], float]
    per_link: bool = False
