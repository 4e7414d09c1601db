"""
Outage: one time that a circuit was dead by its carrier's fault, across the ends of months.

It begins when the circuit is found dead and is over when it has been available for as long as
``calm_ms``; a shorter pause is part of it. What is not known, or not counted, in between neither
ends it nor counts.
"""

from collections.abc import Iterable, Sequence

import msgspec

from thongsuot_collector.sla.hours import Span
from thongsuot_collector.sla.tiles import Account, Tile
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom


class Telling(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """
    The carrier was told, at ``at_ms``, of a fault that lasted from ``from_ms`` until ``until_ms``
    (``None``: not known when). Unix milliseconds.
    """

    at_ms: int
    from_ms: int
    until_ms: int | None
    incident: str
    reference: str = ""


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """
    One outage. ``until_ms`` is when the circuit was available again, ``None`` while that is not
    known. ``parts`` are the stretches in which it was dead and the contract's clock ran.
    ``told`` is the first telling of it.
    """

    from_ms: int
    until_ms: int | None
    parts: tuple[Span, ...]
    symptom: Symptom
    segment: Segment | None
    error_s: float | None
    told: Telling | None = None

    @property
    def told_ms(self) -> int | None:
        """From when it counts as told: not before it began."""
        return None if self.told is None else max(self.told.at_ms, self.from_ms)

    def down_ms(self, span: Span) -> int:
        """Return how long it counts inside a span."""
        return sum(_shared_ms(part, span) for part in self.parts)

    def down_told_ms(self, span: Span) -> int:
        """Return how long it counts inside a span from when the carrier was told."""
        if self.told_ms is None:
            return 0
        return self.down_ms((max(span[0], self.told_ms), max(span[1], self.told_ms)))


def outages_of(
    tiles: Iterable[Tile], tellings: Iterable[Telling], *, calm_ms: int
) -> tuple[Outage, ...]:
    """Return the outages that tiles show, in order; those that never count are left out."""
    found: list[Outage] = []
    known = sorted(set(tellings))
    for dead, until_ms in _chains(tiles, calm_ms):
        parts = tuple((one.from_ms, one.until_ms) for one in dead if one.account is Account.DOWN)
        if not parts:
            continue
        longest = max(dead, key=lambda one: (one.length_ms, -one.from_ms))
        outage = Outage(
            from_ms=dead[0].from_ms,
            until_ms=until_ms,
            parts=parts,
            symptom=longest.symptom,
            segment=longest.segment,
            error_s=dead[0].error_s,
        )
        found.append(msgspec.structs.replace(outage, told=_first_telling(outage, known)))
    return tuple(found)


def _chains(tiles: Iterable[Tile], calm_ms: int) -> Iterable[tuple[list[Tile], int | None]]:
    """Yield the dead tiles of each outage, and when it was over."""
    dead: list[Tile] = []
    calm_from_ms: int | None = None
    good_ms = 0
    for tile in tiles:
        if tile.condition is Account.DOWN:
            dead.append(tile)
            calm_from_ms, good_ms = None, 0
        elif dead and tile.condition in {Account.UP, Account.DEGRADED}:
            if calm_from_ms is None:
                calm_from_ms = tile.from_ms
            good_ms += tile.length_ms
            if good_ms >= calm_ms:
                yield dead, calm_from_ms
                dead = []
    if dead:
        yield dead, None


def _first_telling(outage: Outage, tellings: Sequence[Telling]) -> Telling | None:
    for one in tellings:
        begins_before = outage.until_ms is None or one.from_ms < outage.until_ms
        ends_after = one.until_ms is None or one.until_ms > outage.from_ms
        if begins_before and ends_after:
            return one
    return None


def _shared_ms(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))
