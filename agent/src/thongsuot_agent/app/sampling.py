"""
Sampling progress: how many rate samples (``qcvn``) a month has, by link and direction.

QCVN 34:2022/BTTTT requires at least 1,000 samples in each direction at different hours of the day,
and compares their mean with the contract. The counts survive restarts; a new month starts from
zero.
"""

import logging
from collections.abc import Callable
from typing import Annotated

import msgspec

from thongsuot_agent.scheduler.budget_arithmetic import CALENDAR, NS_PER_S, month_of
from thongsuot_agent.status import SamplingStatus
from thongsuot_schema.catalogue.qcvn import DOWN, UP
from thongsuot_schema.result import Result

SAMPLES_WANTED = 1000
"""Number of samples in each direction that the rule requires."""

_HOURS = 24
_KIND = "qcvn"


_Hours = Annotated[tuple[int, ...], msgspec.Meta(min_length=_HOURS, max_length=_HOURS)]


class MonthSamples(msgspec.Struct, frozen=True, kw_only=True):
    """
    One link in one month: how many samples each way, their sum, and how many at each hour.

    Sums are in bits per second, as in every release.
    """

    month: str
    down: int = 0
    up: int = 0
    down_sum: float = 0.0
    up_sum: float = 0.0
    hours: _Hours = (0,) * _HOURS


_DECODER = msgspec.json.Decoder(dict[str, MonthSamples])

_log = logging.getLogger(__name__)


class SamplingProgress:
    """
    Counts the probe's samples. ``wall_ns`` returns ``None`` while the clock is not trusted: such a
    sample is in the record, but its hour and month are unknown, so it is not counted.
    """

    def __init__(self, wall_ns: Callable[[], int | None]) -> None:
        self._wall_ns = wall_ns
        self._links: dict[str, MonthSamples] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing was sampled."""
        return not self._links

    def add_result(self, result: Result) -> None:
        """Take in a result of any kind."""
        values = result.finding.values
        if result.series.kind != _KIND or not values:
            return
        wall_ns = self._wall_ns()
        if wall_ns is None:
            return
        before = self._month_samples(result.series.link, month_of(wall_ns))
        down, up = _bits(values.get(DOWN.name)), _bits(values.get(UP.name))
        hour = _hour(wall_ns)
        hours = tuple(count + (place == hour) for place, count in enumerate(before.hours))
        self._links[result.series.link] = MonthSamples(
            month=before.month,
            down=before.down + (down is not None),
            up=before.up + (up is not None),
            down_sum=before.down_sum + (down or 0.0),
            up_sum=before.up_sum + (up or 0.0),
            hours=hours,
        )

    def statuses(self) -> tuple[SamplingStatus, ...]:
        """Return how far each link is."""
        return tuple(
            SamplingStatus(
                link=link,
                month=samples.month,
                wanted=SAMPLES_WANTED,
                down_samples=samples.down,
                up_samples=samples.up,
                down_mean_bits_per_second=samples.down_sum / samples.down if samples.down else None,
                up_mean_bits_per_second=samples.up_sum / samples.up if samples.up else None,
                hours=sum(1 for count in samples.hours if count),
            )
            for link, samples in sorted(self._links.items())
        )

    def restore(self, stored: str) -> None:
        """
        Load the saved counts of an earlier process, if there are none yet. What cannot be read is
        logged, and counts as nothing.
        """
        try:
            counts = _DECODER.decode(stored) if stored else {}
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.warning("cannot read the counts of rate samples: %s; counting from zero", error)
            return
        for link, before in counts.items():
            self._links.setdefault(link, before)

    def dump(self) -> str:
        """Return the state to keep beyond a restart."""
        return msgspec.json.encode(self._links).decode()

    def _month_samples(self, link: str, month: str) -> MonthSamples:
        known = self._links.get(link)
        return known if known is not None and known.month == month else MonthSamples(month=month)


def _bits(bytes_per_second: float | None) -> float | None:
    return None if bytes_per_second is None else bytes_per_second * 8


def _hour(wall_ns: int) -> int:
    offset = CALENDAR.utcoffset(None)
    return int((wall_ns // NS_PER_S + int(offset.total_seconds())) // 3600 % _HOURS)
