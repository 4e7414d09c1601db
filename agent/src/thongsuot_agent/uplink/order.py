"""Which link a push tries first. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from thongsuot_schema.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One link as a way out. ``can_send``: it has carrier, an address and a route."""

    name: str
    can_send: bool
    is_metered: bool
    state: State = State.UNKNOWN


def in_order(ways: Iterable[Way], last_good: str) -> tuple[str, ...]:
    """
    Return the links to try, the best first; those that cannot send at all are left out.

    Links judged down come last: a verdict needs seconds, a push into a dead link fifteen. The link
    that took the last push comes first, unless it is metered and an unmetered one is up again.
    """

    def rank(way: Way) -> tuple[bool, bool, bool]:
        is_down = way.state is State.DOWN
        is_costly = way.is_metered and cheap_works
        return (is_down, is_costly, way.name != last_good)

    found = [way for way in ways if way.can_send]
    cheap_works = any(not way.is_metered and way.state is State.UP for way in found)
    # Unmetered first among equals; the sort keeps the order of the configuration otherwise.
    return tuple(way.name for way in sorted(found, key=lambda way: (*rank(way), way.is_metered)))
