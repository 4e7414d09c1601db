"""Data budget: the usage of metered links this month, and whether the next run still fits."""

import logging
from collections.abc import Callable, Iterable, Mapping

import msgspec

from thongsuot_agent.scheduler.budget_arithmetic import (
    Day,
    DayUsage,
    MonthUsage,
    UsageRate,
    add_usage,
    day_of,
    month_of,
    seconds_left,
    strides_for,
)
from thongsuot_agent.scheduler.job import NS_PER_S, Job
from thongsuot_schema.inventory.model import Link

_RECOMPUTE_EVERY_NS = 600 * NS_PER_S
"""How often the strides for the rest of the month are recomputed."""

COSTLY_RUN_BYTES = 1_000_000
"""A run of at least this size fills the link."""

LOCAL_SHARE = 0.01
"""
Share of a month's allowance for a day's tests from the page's button on a metered link: 20 MB of 2
GB, four presses on fourteen portals. Anyone in the local network may press it.
"""

CONFIRM_SHARE = 0.02
"""
Share of a month's allowance for a day's confirming runs on a metered link, except echoes: 40 MB of
2 GB, a hundred pages of a portal.
"""

SPACED_RUN_BYTES = 10_000
"""Confirming runs from this size on (pages) are spaced and limited; echoes and lookups are not."""

_DECODER = msgspec.json.Decoder(dict[str, MonthUsage])

_log = logging.getLogger(__name__)


class DataBudget:
    """
    Tracks the monthly data usage of metered links; other links are not limited.

    ``wall_ns`` returns the wall time, or ``None`` while the clock is doubted: a wrong clock must
    not start a new month.
    """

    def __init__(self, wall_ns: Callable[[], int | None], stored: str = "") -> None:
        self._wall_ns = wall_ns
        self._spent: dict[str, MonthUsage] = {}
        self._local: dict[str, DayUsage] = {}
        self._confirming: dict[str, DayUsage] = {}
        self.restore(stored)
        self._allowances: dict[str, int] = {}
        self._rates: dict[str, dict[str, UsageRate]] = {}
        self._strides: dict[str, dict[str, int]] = {}
        self._reckoned_ns: int | None = None

    def set_jobs(self, links: Iterable[Link], jobs: Iterable[Job]) -> None:
        """Set the metered links and their jobs."""
        self._allowances = {
            link.name: link.allowance_bytes for link in links if link.allowance_bytes is not None
        }
        self._rates = {name: {} for name in self._allowances}
        for job in jobs:
            rates = self._rates.get(job.over)
            if rates is not None and job.cost_bytes:
                before = rates.get(job.series.kind, UsageRate(run_bytes=0, bytes_per_s=0.0))
                rates[job.series.kind] = UsageRate(
                    run_bytes=max(before.run_bytes, job.cost_bytes),
                    bytes_per_s=before.bytes_per_s + job.cost_bytes * NS_PER_S / job.usual_ns,
                )
        self._reckoned_ns = None

    @property
    def has_metered_links(self) -> bool:
        """Whether there is any metered link."""
        return bool(self._allowances)

    def is_metered(self, link: str) -> bool:
        """Return whether a link is metered."""
        return link in self._allowances

    def charge(self, link: str, used_bytes: int) -> None:
        """Add the usage of a run or a push on a link."""
        if used_bytes and link in self._allowances:
            wall_ns = self._wall_ns()
            when = (None, None) if wall_ns is None else (month_of(wall_ns), day_of(wall_ns))
            self._spent[link] = add_usage(self._usage_of(link), used_bytes, *when)

    def charge_local(self, link: str, used_bytes: int) -> None:
        """
        Add the usage of a test from the page's button, which is already part of the charged usage.
        """
        self._add_to_day(self._local, link, used_bytes)

    def is_local_spent(self, link: str) -> bool:
        """
        Return whether today's tests from the button have used up their share on a metered link.
        """
        return self._is_day_spent(self._local, link, LOCAL_SHARE)

    def charge_confirmation(self, link: str, used_bytes: int) -> None:
        """Add the usage of a confirming run, which is already part of the charged usage."""
        self._add_to_day(self._confirming, link, used_bytes)

    def is_confirming_spent(self, link: str) -> bool:
        """Return whether today's confirming runs have used up their share on a metered link."""
        return self._is_day_spent(self._confirming, link, CONFIRM_SHARE)

    def _add_to_day(self, used: dict[str, DayUsage], link: str, used_bytes: int) -> None:
        if link in self._allowances:
            day, known = self._day(), used.get(link)
            if known is None or not _may_be_one_day(known[0], day):
                known = (day, 0)
            used[link] = (day or known[0], known[1] + used_bytes)

    def _is_day_spent(self, used: Mapping[str, DayUsage], link: str, share: float) -> bool:
        allowance_bytes, known = self._allowances.get(link), used.get(link)
        if allowance_bytes is None or known is None or not _may_be_one_day(known[0], self._day()):
            return False
        return known[1] >= allowance_bytes * share

    def may_run(self, job: Job, boottime_ns: int) -> bool:
        """Return whether the budget admits a job's run at this moment."""
        if job.over not in self._allowances or not job.cost_bytes:
            return True
        if not self.can_afford(job):
            return False
        if self._reckoned_ns is None or boottime_ns - self._reckoned_ns >= _RECOMPUTE_EVERY_NS:
            self._recompute_strides(boottime_ns)
        stride = self._strides[job.over].get(job.series.kind, 1)
        moment = round((boottime_ns - job.offset_ns) / job.every_ns)
        return stride > 0 and moment % stride == 0

    def can_afford(self, job: Job) -> bool:
        """
        Return whether the rest of the month's allowance covers a complete run.

        Only called for expensive runs: a confirming echo may exceed the budget, a speed test may
        not start.
        """
        allowance_bytes = self._allowances.get(job.over)
        if allowance_bytes is None or job.cost_bytes < COSTLY_RUN_BYTES:
            return True
        spent = add_usage(self._usage_of(job.over), 0, self._month())
        return job.cost_bytes <= allowance_bytes - spent.spent_bytes

    def left_bytes(self, link: str) -> int | None:
        """Return the rest of the month's allowance on a link; ``None`` if it is not metered."""
        allowance_bytes = self._allowances.get(link)
        if allowance_bytes is None:
            return None
        spent = add_usage(self._usage_of(link), 0, self._month())
        return max(0, allowance_bytes - spent.spent_bytes)

    def spent_bytes(self) -> Mapping[str, int]:
        """Return the usage of each metered link this month."""
        return {link: self._usage_of(link).spent_bytes for link in self._allowances}

    def monthly_usage(self) -> Mapping[str, MonthUsage]:
        """Return the same with the usage of the day."""
        return {
            link: add_usage(self._usage_of(link), 0, self._month()) for link in self._allowances
        }

    def restore(self, stored: str) -> None:
        """
        Restore the usage saved by an earlier process; of the same month, the larger sum counts, and
        of the same day. What cannot be read is logged, and counts as nothing.
        """
        try:
            usage = _DECODER.decode(stored) if stored else {}
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.warning("cannot read the usage of metered links: %s; counting from zero", error)
            return
        for link, before in usage.items():
            known = self._spent.get(link)
            if known is None or (before.month, before.spent_bytes) > (
                known.month,
                known.spent_bytes,
            ):
                self._spent[link] = before
            for used, share in ((self._local, before.local), (self._confirming, before.confirming)):
                if share is not None and _order(share) > _order(used.get(link, (None, 0))):
                    used[link] = share

    def dump(self) -> str:
        """Return the state to save across a restart."""
        kept = {
            link: msgspec.structs.replace(
                self._usage_of(link),
                local=self._local.get(link),
                confirming=self._confirming.get(link),
            )
            for link in {**self._spent, **self._local, **self._confirming}
        }
        return msgspec.json.encode(kept).decode()

    def _usage_of(self, link: str) -> MonthUsage:
        return self._spent.get(link) or MonthUsage(month="")

    def _day(self) -> Day:
        wall_ns = self._wall_ns()
        return None if wall_ns is None else (month_of(wall_ns), day_of(wall_ns))

    def _month(self) -> str | None:
        wall_ns = self._wall_ns()
        return None if wall_ns is None else month_of(wall_ns)

    def _recompute_strides(self, boottime_ns: int) -> None:
        wall_ns = self._wall_ns()
        # With a doubted clock the rest of the month is unknown; assume a whole one to be safe.
        left_s = 31 * 86400.0 if wall_ns is None else seconds_left(wall_ns)
        for link, allowance_bytes in self._allowances.items():
            spent = add_usage(self._usage_of(link), 0, self._month())
            self._spent[link] = spent
            self._strides[link] = strides_for(
                allowance_bytes - spent.spent_bytes, left_s, self._rates[link]
            )
        self._reckoned_ns = boottime_ns


def _may_be_one_day(before: Day, now: Day) -> bool:
    """
    Return whether two days may be one: while the clock is doubted, as after a start without
    network, the day before it goes on.
    """
    return before is None or now is None or before == now


def _order(used: DayUsage) -> tuple[tuple[str, int], int]:
    """Return what orders shares: by their days, a doubted one first, then by bytes."""
    day, used_bytes = used
    return day or ("", 0), used_bytes
