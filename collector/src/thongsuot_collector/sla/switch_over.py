"""
Switch-overs of a circuit: when the computers at the counter left it, how long that took, and
whether they came back. They change no figure of the statement. Pure.
"""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.sla.calendar import MS_PER_S, Span
from thongsuot_schema.counter_path import SwitchOver
from thongsuot_schema.switch_overs import Departure, departures


class CircuitSwitchOver(msgspec.Struct, frozen=True, kw_only=True):
    """
    One of them, Unix milliseconds: ``at_ms`` is when the computers were first seen on ``to_link``,
    ``took_ms`` how long nothing could be opened until then, ``back_ms`` when they were back (by the
    end of the month; ``None``: not by then).
    """

    at_ms: int
    to_link: str
    took_ms: int
    back_ms: int | None


def switch_overs_of(
    moves: Iterable[SwitchOver], link: str, span: Span
) -> tuple[CircuitSwitchOver, ...]:
    """
    Return how often a site's computers left a link in a time, by all moves of the site until its
    end; those from before the time say which move is a way back.
    """
    from_ms, until_ms = span
    until_end = (move for move in moves if _milliseconds(move.at_s) < until_ms)
    return tuple(
        _circuit_switch_over(departure)
        for departure in departures(until_end)
        if departure.moved.from_link == link and _milliseconds(departure.moved.at_s) >= from_ms
    )


def _circuit_switch_over(departure: Departure) -> CircuitSwitchOver:
    moved, back_s = departure.moved, departure.back_s
    return CircuitSwitchOver(
        at_ms=_milliseconds(moved.at_s),
        to_link=moved.to_link,
        took_ms=_milliseconds(moved.took_s),
        back_ms=None if back_s is None else _milliseconds(back_s),
    )


def _milliseconds(seconds: float) -> int:
    return round(seconds * MS_PER_S)
