"""
Switch-overs of a circuit: the moves of the computers at the counter to another link, their duration
and their return. They change no figure of the statement. Pure.
"""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.sla.calendar import MS_PER_S, Span
from thongsuot_schema.counter_path import SwitchOver
from thongsuot_schema.switch_overs import Departure, departures


class CircuitSwitchOver(msgspec.Struct, frozen=True, kw_only=True):
    """
    One switch-over, Unix milliseconds: ``at_ms`` is when the computers were first seen on
    ``to_link``, ``took_ms`` the time without connectivity before that, ``back_ms`` their return
    (``None``: not by the end of the month).
    """

    at_ms: int
    to_link: str
    took_ms: int
    back_ms: int | None


def switch_overs_of(
    moves: Iterable[SwitchOver], link: str, span: Span
) -> tuple[CircuitSwitchOver, ...]:
    """
    Return the switch-overs of a site's computers from a link in a time, from all moves of the site
    until its end; earlier moves show which one is a return.
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
