"""
Arithmetic of the data budget: monitoring's share of a metered link in a calendar month, and which
runs are dropped first.

Pure. The schedule itself fits the allowance (see ``config.allowance``); additional use comes from
confirming runs, pushes, denser probing while the other link is down, and added links. When the rest
of the month no longer fits, the kinds with the most expensive runs are thinned out first and the
cheapest last; those needed for verdicts stay longer than all others.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated

import msgspec

CALENDAR = timezone(timedelta(hours=7))
"""Months as on the carrier's bill: Viet Nam has one time zone without daylight saving time."""

RESERVE_RATIO = 0.1
"""Share of the remainder reserved for pushes and confirming runs."""

MAX_STRIDE = 32
"""A kind with budget for less than one run in this many is stopped completely."""

MONTHS_KEPT = 3
"""Sums of other months: a clock that was wrong for a while returns to the present one."""

VERDICT_KINDS = frozenset({"icmp", "dns", "http", "host"})
"""The kinds needed for verdicts: thinned out last."""

NS_PER_S = 1_000_000_000


_Bytes = Annotated[int, msgspec.Meta(ge=0)]
_DayNumber = Annotated[int, msgspec.Meta(ge=1, le=31)]
_Month = Annotated[str, msgspec.Meta(pattern="^(2[01][0-9]{2}-(0[1-9]|1[0-2]))?$")]

Day = tuple[_Month, _DayNumber] | None
"""Month and day; ``None`` while the clock is doubted."""

DayUsage = tuple[Day, _Bytes]
"""A day, and the bytes used on it."""


class MonthUsage(msgspec.Struct, frozen=True, kw_only=True):
    """
    The used part of one link's allowance in one month (``2026-11``), and on one of its days.

    ``other_months`` are the sums of months in which the clock was before. ``local`` and
    ``confirming`` are the shares of a day, as a restart finds them.
    """

    month: _Month
    spent_bytes: _Bytes = 0
    days: dict[_DayNumber, _Bytes] = {}
    other_months: dict[_Month, _Bytes] = {}
    local: DayUsage | None = None
    confirming: DayUsage | None = None


class UsageRate(msgspec.Struct, frozen=True, kw_only=True):
    """The usage of the jobs of one kind on one link."""

    run_bytes: int
    """The most expensive run of the kind, which decides the order of thinning."""
    bytes_per_s: float


def month_of(wall_ns: int) -> str:
    """Return the calendar month of a moment."""
    return _moment(wall_ns).strftime("%Y-%m")


def day_of(wall_ns: int) -> int:
    """Return the day of its month of a moment, from 1."""
    return _moment(wall_ns).day


def days_in_month(month: str) -> int:
    """Return how many days a month (``2026-11``) has."""
    first = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=CALENDAR)
    return ((first + timedelta(days=32)).replace(day=1) - first).days


def seconds_left(wall_ns: int) -> float:
    """Return the remaining time of the calendar month of a moment."""
    moment = _moment(wall_ns)
    following = (moment.replace(day=1) + timedelta(days=32)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    return (following - moment).total_seconds()


def add_usage(
    spent: MonthUsage, used_bytes: int, month: str | None, day: int | None = None
) -> MonthUsage:
    """
    Return the usage after an addition; ``month`` is ``None`` while the clock is doubted.

    Usage before the month is known (an empty one) belongs to the first known month. A month to
    which the clock returns continues with its sum: one that goes back and forth grants nothing.
    """
    if month is not None and month != spent.month:
        before_bytes = 0 if spent.month else spent.spent_bytes
        used_bytes += before_bytes
        others = dict(spent.other_months)
        if spent.month:
            others[spent.month] = spent.spent_bytes
        spent = MonthUsage(
            month=month,
            spent_bytes=others.pop(month, 0),
            other_months=dict(sorted(others.items())[-MONTHS_KEPT:]),
        )
    days = spent.days
    if day is not None and used_bytes:
        days = days | {day: days.get(day, 0) + used_bytes}
    return msgspec.structs.replace(spent, spent_bytes=spent.spent_bytes + used_bytes, days=days)


def strides_for(left_bytes: int, left_s: float, rates: Mapping[str, UsageRate]) -> dict[str, int]:
    """
    Return for each kind the number of moments per run: 1 all, 3 every third, 0 none.

    The kinds of the ladder are served first; in both groups those with the cheapest runs come
    first.
    """
    available = max(left_bytes, 0) * (1 - RESERVE_RATIO)
    strides: dict[str, int] = {}
    for kind in sorted(rates, key=lambda kind: (kind not in VERDICT_KINDS, rates[kind].run_bytes)):
        rate = rates[kind]
        need = rate.bytes_per_s * left_s
        if need <= available:
            strides[kind] = 1
            available -= need
            continue
        stride = math.ceil(need / available) if available > 0 else 0
        strides[kind] = stride if stride <= MAX_STRIDE else 0
        available = 0.0
    return strides


def _moment(wall_ns: int) -> datetime:
    return datetime.fromtimestamp(wall_ns / NS_PER_S, UTC).astimezone(CALENDAR)
