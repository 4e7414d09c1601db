"""
Switch-overs of a month: how often the computers went over, how long that took, and if they came
back. Pure.

A move back to the link that the computers had left is not a switch-over of its own: it ends one.
"""

from collections.abc import Iterable

import msgspec

from thongsuot_schema.counter_path import SwitchOver


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    """A switch-over, and when the computers were back (``None``: not yet)."""

    moved: SwitchOver
    back_s: float | None = None


class SwitchOverFigures(msgspec.Struct, frozen=True, kw_only=True):
    """
    The switch-overs of the last 31 days in figures, all times in seconds.

    ``count``: how often the computers went over to another link; ``median_s`` and ``longest_s``:
    how long nothing could be opened until they were there. ``returned``: after how many of those
    they came back, ``away_s`` how long they were away, all added up until now.
    """

    count: int
    median_s: float
    longest_s: float
    returned: int
    away_s: float


def departures(moves: Iterable[SwitchOver]) -> tuple[Departure, ...]:
    """Return every switch-over with its way back, oldest first."""
    departures_seen: list[Departure] = []
    for move in sorted(moves):
        left = next(
            (
                place
                for place, departure in enumerate(departures_seen)
                if departure.back_s is None and departure.moved.from_link == move.to_link
            ),
            None,
        )
        if left is None:
            departures_seen.append(Departure(moved=move))
            continue
        # Wherever they went meanwhile, they are home from there as well.
        departures_seen[left:] = [
            msgspec.structs.replace(departure, back_s=departure.back_s or move.at_s)
            for departure in departures_seen[left:]
        ]
    return tuple(departures_seen)


def switch_over_figures(moves: Iterable[SwitchOver], now_s: float) -> SwitchOverFigures | None:
    """Return the figures of a month's moves, ``None`` where there were none."""
    departures_seen = departures(moves)
    if not departures_seen:
        return None
    took_s = [departure.moved.took_s for departure in departures_seen]
    return SwitchOverFigures(
        count=len(departures_seen),
        median_s=_median(took_s),
        longest_s=max(took_s),
        returned=sum(departure.back_s is not None for departure in departures_seen),
        away_s=_away_s(departures_seen, now_s),
    )


def _away_s(departures_seen: tuple[Departure, ...], now_s: float) -> float:
    """Return how long the computers were away; one that begins within another is part of it."""
    total_s, until_s = 0.0, float("-inf")
    for departure in departures_seen:
        began_s = max(departure.moved.at_s, until_s)
        until_s = max(until_s, now_s if departure.back_s is None else departure.back_s)
        total_s += max(0.0, until_s - began_s)
    return total_s


def _median(values: list[float]) -> float:
    """Return the middle value; ``statistics`` would bring a megabyte of modules to the device."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
