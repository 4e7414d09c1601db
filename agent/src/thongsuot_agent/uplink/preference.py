"""Selects the link that a push tries first. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from thongsuot_schema.result import Family
from thongsuot_schema.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadCandidate:
    """One link as a candidate. ``can_send``: it has carrier, an address and a route."""

    name: str
    can_send: bool
    is_metered: bool
    state: State = State.UNKNOWN


def preferred_order(candidates: Iterable[UploadCandidate], last_good: str) -> tuple[str, ...]:
    """
    Return the links to try, the best first; those that cannot send at all are left out.

    Links judged down come last: a verdict takes seconds, a push into a dead link fifteen. The link
    that took the last push comes first, unless it is metered and an unmetered one is up again.
    """

    def rank(candidate: UploadCandidate) -> tuple[bool, bool, bool]:
        is_down = candidate.state is State.DOWN
        is_costly = candidate.is_metered and cheap_works
        return (is_down, is_costly, candidate.name != last_good)

    usable = [candidate for candidate in candidates if candidate.can_send]
    cheap_works = any(
        not candidate.is_metered and candidate.state is State.UP for candidate in usable
    )
    # Unmetered first among equals; the sort keeps the order of the configuration otherwise.
    return tuple(
        candidate.name
        for candidate in sorted(
            usable, key=lambda candidate: (*rank(candidate), candidate.is_metered)
        )
    )


def in_family_order(addresses: Iterable[str], avoided: Family | None) -> tuple[str, ...]:
    """
    Return the collector's addresses in order of trial, those of a family judged dead last.

    A push into it would take four seconds to fail, and may contain the news about this family.
    """
    return tuple(sorted(addresses, key=lambda address: _family_of(address) is avoided))


def _family_of(address: str) -> Family:
    return Family.IP6 if ":" in address else Family.IP4
