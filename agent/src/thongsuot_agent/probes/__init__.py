"""
Probes: one module a kind, named as the ``kind`` in the configuration and in the catalogue.

``load`` imports only the kind that is asked for, so that a probe which is not configured costs no
memory. Other modules of this folder serve the probes; they are no kinds because the catalogue
does not know them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Generic, TypeVar

from thongsuot_agent.links.link import LiveLink
from thongsuot_schema import catalogue
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


class UnknownProbe(LookupError):
    """There is no probe of the kind that the configuration names."""


@cache
def kinds() -> tuple[str, ...]:
    """Return the kinds that there are, sorted: modules here that the catalogue knows."""
    known = set(catalogue.kinds())
    return tuple(sorted(found.name for found in iter_modules(__path__) if found.name in known))


def load(kind: str) -> Probe[Any]:
    """
    Return one probe by its kind, importing no other.

    Raises:
        UnknownProbe: there is none of that kind; the message lists those that there are.
    """
    if kind not in kinds():
        raise UnknownProbe(f"no probe {kind!r}; known: {', '.join(kinds())}")
    found: object = import_module(f"{__name__}.{kind}").PROBE
    if not isinstance(found, Probe):
        raise TypeError(f"module {kind!r} of the probes holds no PROBE")
    return found
