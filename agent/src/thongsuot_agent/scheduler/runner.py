"""
Runner: the shell that executes runs. Decisions are left to ``timetable``, ``data_budget`` and
``measurement_doubts``.

A series never overlaps itself: a moment at which the previous run has not ended is a separate
``unmeasured`` result. A run that raises is our bug, not the network's: it becomes ``probe_broken``.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Never

from thongsuot_agent.clock import Clocks, StepWatch
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probing.contract import Probe, ProbeServices, Run
from thongsuot_agent.scheduler.data_budget import SPACED_RUN_BYTES, DataBudget
from thongsuot_agent.scheduler.job import NS_PER_S, Job, JobKey, job_key
from thongsuot_agent.scheduler.measurement_doubts import LatenessHistory, with_doubts
from thongsuot_agent.scheduler.requested_jobs import LocalRequest, jobs_for_request, local_requests
from thongsuot_agent.scheduler.run_guards import RunGuards
from thongsuot_agent.scheduler.timetable import FixedPeriod, Timetable, due_after
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.batch.push import TestRequest
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, Result, Series, failed_finding

_log = logging.getLogger(__name__)

CONFIRM_BURST = 64
CONFIRM_PER_S = 24
"""
Confirming runs: a burst over the anchors, gateways and families of a site, then dense probing of
two links, once a second. The judge limits its confirmation probes itself; this limits a faulty
judge.
"""

_NS_PER_MS = 1_000_000
CONFIRM_APART_NS = NS_PER_S
"""Between the starts of two confirming runs of a series that fetches a page."""

_GUARD_RATIO = 1.5
_GUARD_S = 2.0
"""The time beyond its own time-out after which a run counts as broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerCallbacks:
    """Callbacks for the runner's results; called on the loop, must not block."""

    on_result: Callable[[Result], None]
    on_notice: Callable[[Notice], None]


class Runner:
    """
    Runs jobs at their moments.

    ``links`` is the live mapping of the link monitor. ``late`` is shared with the host probe's
    figures. Results are passed on in the order in which runs end.
    """

    def __init__(
        self,
        clock: Clocks,
        links: Mapping[str, LiveLink],
        data_budget: DataBudget,
        lateness: LatenessHistory,
        callbacks: RunnerCallbacks,
        *,
        services: ProbeServices | None = None,
    ) -> None:
        self._clock = clock
        self._links = links
        self._data_budget = data_budget
        self._lateness = lateness
        self._callbacks = callbacks
        self._services = services or ProbeServices()
        self._runs: dict[tuple[Probe[Any], str], Run[Any]] = {}
        """The runners of a kind over a link, with the state of that kind."""
        self._timetable: Timetable[Job] = Timetable((), 0)
        self._jobs: dict[JobKey, Job] = {}
        self._phase_ns = 0
        self._running: set[Series] = set()
        self._next_begin_ns: dict[Series, int] = {}
        self._retries: dict[JobKey, asyncio.TimerHandle] = {}
        self._confirmations: list[Job] = []
        self._confirmed_ns: dict[Series, int] = {}
        """The time of the last confirmation, for series that fetch pages."""
        self._confirming: set[Series] = set()
        self._confirmation_tokens = float(CONFIRM_BURST)
        self._tokens_at_ns = clock.boottime_ns()
        self._changed = asyncio.Event()
        self._guards = RunGuards()
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_ns: int | None = None
        self._steps = StepWatch()
        self._stepped_ns = -1
        self._broken: dict[str, int] = {}

    def set_jobs(self, jobs: Iterable[Job]) -> None:
        """Replace the jobs; runs in progress end normally."""
        jobs = tuple(jobs)
        self._jobs = {job_key(job.series): job for job in jobs}
        self._timetable = Timetable(jobs, self._clock.boottime_ns())
        if jobs:
            self._phase_ns = min(jobs, key=attrgetter("every_ns")).offset_ns
        self._changed.set()

    def until_next_tick_s(self, now_ns: int) -> float:
        """
        Return the time until the next whole second in the rhythm of the most frequent job: the
        process is awake then anyway.
        """
        tick = FixedPeriod(every_ns=NS_PER_S, offset_ns=self._phase_ns)
        return (due_after(tick, now_ns) - now_ns) / NS_PER_S

    def confirm(self, kind: str, link: str, target: str, family: Family) -> None:
        """
        Run a series now, to confirm; ignored if it is running already or there are too many
        confirmation probes. A page over a metered link comes a second after the one before.
        """
        key = JobKey(kind, link, target, family)
        job = self._jobs.get(key)
        if job is None or job.series in self._running or job in self._confirmations:
            return
        if self._is_spaced(job):
            early_s = self._too_early_s(job)
            if early_s > 0:
                # If it were dropped, a judge that compares links would wait for the answer in vain
                # until its time-out, and decide without it (2026-12: a dead portal with two
                # addresses stayed unknown at points whose second line is metered).
                self._retry(key, early_s)
                return
            if self._data_budget.is_confirming_spent(job.over):
                return
        if not self._take_confirmation_token():
            return
        if self._is_spaced(job):
            self._confirmed_ns[job.series] = self._clock.boottime_ns()
        self._confirming.add(job.series)
        self._confirmations.append(job)
        self._changed.set()

    def _is_spaced(self, job: Job) -> bool:
        """
        Return whether confirming runs of a job are spaced and limited per day: pages over a metered
        link (otherwise 44.8 MB in two seconds, without a verdict).
        """
        return job.cost_bytes >= SPACED_RUN_BYTES and self._data_budget.is_metered(job.over)

    def _too_early_s(self, job: Job) -> float:
        """Return the wait of a spaced job until its next confirming run."""
        latest_ns = self._confirmed_ns.get(job.series)
        if latest_ns is None:
            return 0.0
        return (latest_ns + CONFIRM_APART_NS - self._clock.boottime_ns()) / NS_PER_S

    def confirm_site(self) -> None:
        """Run the jobs of the site as a whole now: one of its links changed."""
        for key, job in self._jobs.items():
            if job.probe.per_site:
                self.confirm(*key)

    def matching_jobs(self, request: TestRequest) -> tuple[Job, ...]:
        """
        Return the scheduled jobs of a requested test.

        Raises:
            JobsRefused: nothing of the kind is scheduled, or too much, or it cannot be paid.
        """
        return jobs_for_request(request, self._jobs.values(), self._data_budget)

    def jobs_of_kind(self, kind: str) -> tuple[Job, ...]:
        """Return the scheduled jobs of a kind."""
        return tuple(job for job in self._jobs.values() if job.series.kind == kind)

    def local_requests(self) -> tuple[LocalRequest, ...]:
        """Return the tests of the button on the device's own page."""
        return local_requests(self._jobs.values(), self._data_budget)

    def start_run(self, job: Job) -> None:
        """Run a requested job now; a run in progress is used if there is one."""
        if job.series not in self._running and job not in self._confirmations:
            self._confirmations.append(job)
            self._changed.set()

    async def run(self) -> Never:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._wait()
                now_ns = self._clock.boottime_ns()
                self._guards.end_overdue(now_ns)
                self._check_clock_step(now_ns)
                confirmations, self._confirmations = self._confirmations, []
                for job in confirmations:
                    self._start_confirmation(job, now_ns, group)
                for job in self._timetable.take_due(now_ns):
                    if job not in confirmations:
                        self._start_due(job, now_ns, group)
        raise AssertionError("the loop has no end")

    async def _wait(self) -> None:
        due_ns, guard_ns = self._timetable.next_due_ns(), self._guards.next_ns
        for moment_ns in (due_ns, guard_ns):
            self._wake_by(moment_ns)
        try:
            await self._changed.wait()
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._wakes_ns = None
        self._changed.clear()
        if due_ns is not None and (now_ns := self._clock.boottime_ns()) >= due_ns:
            self._lateness.add_timer(due_ns, now_ns)

    def _wake_by(self, moment_ns: int | None) -> None:
        """Wake at a moment, if not earlier: a timer is cheaper than a time limit of the wait."""
        if moment_ns is None or (self._wakes_ns is not None and self._wakes_ns <= moment_ns):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._wakes_ns = moment_ns
        delay_s = max(0.0, (moment_ns - self._clock.boottime_ns()) / NS_PER_S)
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._changed.set)

    def _start_due(self, job: Job, now_ns: int, group: asyncio.TaskGroup) -> None:
        if job.series in self._running:
            self._report_not_started(job, now_ns, Reason.OVERRUN)
        elif not self._data_budget.may_run(job, now_ns):
            self._report_not_started(job, now_ns, Reason.BUDGET_SPENT)
        else:
            self._start(job, group)

    def _start_confirmation(self, job: Job, now_ns: int, group: asyncio.TaskGroup) -> None:
        if self._data_budget.can_afford(job):
            self._start(job, group)
        else:
            self._report_not_started(job, now_ns, Reason.BUDGET_SPENT)

    def _report_not_started(self, job: Job, now_ns: int, reason: Reason) -> None:
        self._report_finding(job, self._take_moment(job.series, now_ns), failed_finding(reason))

    def _start(self, job: Job, group: asyncio.TaskGroup) -> None:
        if job.series not in self._running:
            self._running.add(job.series)
            group.create_task(self._measure(job))

    async def _measure(self, job: Job) -> None:
        try:
            started_ns = await self._begin(job.series)
            finding = await self._run_probe(job)
        finally:
            self._running.discard(job.series)
        if job.series in self._confirming:
            self._confirming.discard(job.series)
            self._data_budget.charge_confirmation(job.over, finding.cost_bytes)
        # A timer that is overdue but not served yet also counts as late.
        due_ns = self._timetable.next_due_ns()
        now_ns = self._clock.boottime_ns()
        if due_ns is not None and due_ns < now_ns:
            self._lateness.add_timer(due_ns, now_ns)
        self._report_finding(
            job,
            started_ns,
            with_doubts(
                finding,
                late_s=self._lateness.worst_since(started_ns),
                has_stepped=self._stepped_ns > started_ns,
            ),
        )

    async def _begin(self, series: Series) -> int:
        """Return the start of a run, waiting until the millisecond of the previous one is over."""
        now_ns = self._clock.boottime_ns()
        earliest_ns = self._next_begin_ns.get(series, now_ns)
        if now_ns < earliest_ns:
            await asyncio.sleep((earliest_ns - now_ns) / NS_PER_S)
        return self._take_moment(series, self._clock.boottime_ns())

    def _take_moment(self, series: Series, now_ns: int) -> int:
        """
        Return the time of a series' next result: never in the millisecond of the previous one,
        which may have failed immediately. A database keeps one sample of a series per millisecond.
        """
        moment_ns = max(now_ns, self._next_begin_ns.get(series, now_ns))
        self._next_begin_ns[series] = (moment_ns // _NS_PER_MS + 1) * _NS_PER_MS
        return moment_ns

    async def _run_probe(self, job: Job) -> Finding:
        link = self._links.get(job.over)
        if link is None:
            return failed_finding(Reason.INTERFACE_ABSENT)
        task = self._guarded_task(job)
        try:
            return await self._run_of(job)(link, job.target, job.series.family, job.settings)
        except LinkUnusable as unusable:
            return failed_finding(unusable.reason, detail=unusable.detail)
        except asyncio.CancelledError:
            if not self._guards.was_overdue(task):
                raise
            return self._broken_finding(job, TimeoutError())
        except Exception as error:  # noqa: BLE001 - a probe's bug must not end the other probes
            return self._broken_finding(job, error)
        finally:
            self._guards.end(task)

    def _guarded_task(self, job: Job) -> asyncio.Task[None]:
        """Guard the current run against lasting too long; returns its task."""
        task: asyncio.Task[None] | None = asyncio.current_task()
        assert task is not None, "runs are tasks"
        guard_s = job.probe.timeout_s(job.settings) * _GUARD_RATIO + _GUARD_S
        deadline_ns = self._clock.boottime_ns() + round(guard_s * NS_PER_S)
        self._guards.begin(task, deadline_ns)
        self._wake_by(deadline_ns)
        return task

    def _run_of(self, job: Job) -> Run[Any]:
        key = job.probe, job.series.link
        if key not in self._runs:
            self._runs[key] = job.probe.begin(self._services)
        return self._runs[key]

    def _broken_finding(self, job: Job, error: Exception) -> Finding:
        kind = job.series.kind
        times = self._broken[kind] = self._broken.get(kind, 0) + 1
        problem = f"{kind}: {type(error).__name__}: {error}"
        if times & (times - 1) == 0:  # the first, then once per doubling
            _log.error("cannot run probe kind=%s times=%d", kind, times, exc_info=error)
            self._callbacks.on_notice(
                Notice(
                    code=NoticeCode.PROBE_BROKEN,
                    boottime_ns=self._clock.boottime_ns(),
                    text=problem[:200],
                    count=times,
                )
            )
        return failed_finding(Reason.PROBE_BROKEN, detail=problem)

    def _report_finding(self, job: Job, started_ns: int, finding: Finding) -> None:
        self._data_budget.charge(job.over, finding.cost_bytes)
        if job.probe.retry_s is not None and finding.outcome is Outcome.FAILED:
            self._retry(job_key(job.series), job.probe.retry_s)
        self._callbacks.on_result(
            Result(series=job.series, boottime_ns=started_ns, finding=finding)
        )

    def _retry(self, key: JobKey, after_s: float) -> None:
        """Run a series again soon; one that is already waiting for that is not run twice."""
        if key not in self._retries:
            loop = asyncio.get_running_loop()
            self._retries[key] = loop.call_later(after_s, self._run_retry, key)

    def _run_retry(self, key: JobKey) -> None:
        del self._retries[key]
        self.confirm(*key)

    def _check_clock_step(self, now_ns: int) -> None:
        step_s = self._steps.step_since_last_check(now_ns, self._clock.wall_ns())
        if step_s is not None:
            self._stepped_ns = now_ns
            _log.warning("wall clock stepped by_s=%.3f", step_s)
            self._callbacks.on_notice(
                Notice(code=NoticeCode.CLOCK_STEPPED, boottime_ns=now_ns, value=step_s)
            )

    def _take_confirmation_token(self) -> bool:
        now_ns = self._clock.boottime_ns()
        earned = (now_ns - self._tokens_at_ns) / NS_PER_S * CONFIRM_PER_S
        self._confirmation_tokens = min(CONFIRM_BURST, self._confirmation_tokens + earned)
        self._tokens_at_ns = now_ns
        if self._confirmation_tokens < 1:
            return False
        self._confirmation_tokens -= 1
        return True
