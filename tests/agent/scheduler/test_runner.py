"""Runs happen at their moments, one at a time a series; wishes at once; bugs end nobody else."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from msgspec import structs

from tests.fakes.clock import FakeClock
from thongsuot_agent.clock import Clocks
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probing.contract import Probe, stateless
from thongsuot_agent.scheduler.data_budget import DataBudget
from thongsuot_agent.scheduler.job import NS_PER_S, Job
from thongsuot_agent.scheduler.measurement_doubts import LatenessHistory
from thongsuot_agent.scheduler.runner import CONFIRM_BURST, Runner, RunnerCallbacks
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.batch.push import TestRequest
from thongsuot_schema.catalogue.icmp import RTT
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import (
    Family,
    Finding,
    QualityFlag,
    Result,
    Series,
    failed_finding,
    ok_finding,
)
from thongsuot_schema.segment import Segment

TARGET = Target(
    name="anchor", role=Role.ANCHOR, segment=Segment.TRANSIT, addresses=("203.0.113.1",)
)
Run = Callable[[], Awaitable[Finding]]


@dataclass(frozen=True)
class Settings:
    """Nothing to set."""


@dataclass
class RunnerFixture:
    """A runner on a clock that jumps, and what it made."""

    clock: FakeClock = field(default_factory=FakeClock)
    results: list[Result] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    links: Mapping[str, LiveLink] = field(
        # A probe is all that looks at a link here, and these probes do not.
        default_factory=lambda: {"fiber": cast("LiveLink", object())}
    )

    def __post_init__(self) -> None:
        self.started_ns = self.clock.boottime_ns()

    def at_s(self) -> list[float]:
        """When the results' runs began, in seconds since the start."""
        return [
            round((result.boottime_ns - self.started_ns) / NS_PER_S, 3) for result in self.results
        ]

    def play(
        self,
        jobs: list[Job],
        for_s: float,
        act: Callable[[Runner], Awaitable[None]] | None = None,
        allowance_bytes: int | None = None,
    ) -> None:
        """Run jobs for a while of pretended time; ``act`` happens beside it."""
        clock = Clocks(boottime_ns=self.clock.boottime_ns, wall_ns=self.clock.wall_ns)
        budget = DataBudget(clock.wall_ns)
        spec = Spec(name="fiber", interface="eth0", allowance_bytes=allowance_bytes)
        budget.set_jobs([spec], jobs)

        async def main() -> None:
            listener = RunnerCallbacks(on_result=self.results.append, on_notice=self.notices.append)
            late = LatenessHistory(lambda _: None)
            runner = Runner(clock, self.links, budget, late, listener)
            runner.set_jobs(jobs)
            running = asyncio.ensure_future(runner.run())
            if act is not None:
                await act(runner)
            await asyncio.sleep(for_s)
            running.cancel()
            await asyncio.wait([running])

        self.clock.run(main())


def job(
    run: Run,
    *,
    every_s: float = 5.0,
    usual_s: float | None = None,
    target: str = "anchor",
    timeout_s: float = 1.0,
    cost: int = 0,
) -> Job:
    probe = Probe(
        settings=Settings,
        begin=stateless(lambda _link, _target, _family, _settings: run()),
        applies=lambda _: True,
        cost_bytes=lambda _target, _settings: cost,
        timeout_s=lambda _: timeout_s,
    )
    series = Series(kind="icmp", revision=1, link="fiber", target=target, family=Family.IP4)
    return Job(
        series=series,
        target=TARGET,
        probe=probe,
        settings=Settings(),
        every_ns=round(every_s * NS_PER_S),
        usual_ns=round((usual_s or every_s) * NS_PER_S),
        offset_ns=0,
        over="fiber",
    )


async def quick() -> Finding:
    await asyncio.sleep(0.01)
    return ok_finding({RTT: 0.01})


def test_a_job_runs_at_each_of_its_moments() -> None:
    stage = RunnerFixture()
    stage.play([job(quick)], for_s=21)
    assert stage.at_s() == [5.0, 10.0, 15.0, 20.0]
    assert {result.finding.outcome for result in stage.results} == {Outcome.OK}


def test_a_run_that_lasts_too_long_makes_its_next_moments_overruns() -> None:
    async def slow() -> Finding:
        await asyncio.sleep(12)
        return ok_finding({RTT: 12.0})

    stage = RunnerFixture()
    stage.play([job(slow, timeout_s=20)], for_s=18)
    reasons = [result.finding.reason for result in stage.results]
    assert stage.at_s() == [10.0, 15.0, 5.0]
    assert reasons == [Reason.OVERRUN, Reason.OVERRUN, None]


def test_a_probe_that_raises_is_broken_and_reported_once_per_doubling() -> None:
    async def broken() -> Finding:
        raise ZeroDivisionError("our own bug")

    stage = RunnerFixture()
    stage.play([job(broken), job(quick, target="other")], for_s=41)
    reasons = [r.finding.reason for r in stage.results if r.series.target == "anchor"]
    assert reasons == [Reason.PROBE_BROKEN] * 8
    assert [notice.count for notice in stage.notices] == [1, 2, 4, 8]
    assert {notice.code for notice in stage.notices} == {NoticeCode.PROBE_BROKEN}
    assert "ZeroDivisionError: our own bug" in stage.notices[0].text
    assert len([r for r in stage.results if r.series.target == "other"]) == 8


def test_a_probe_that_never_ends_is_ended() -> None:
    async def endless() -> Finding:
        await asyncio.sleep(1e6)
        raise AssertionError("nobody waits so long")

    stage = RunnerFixture()
    stage.play([job(endless, every_s=60)], for_s=70)
    (only,) = stage.results
    assert only.finding.reason is Reason.PROBE_BROKEN


def test_the_ticks_of_a_second_are_at_moments_of_the_most_frequent_job() -> None:
    stage = RunnerFixture()
    waits_s: list[float] = []

    async def look(runner: Runner) -> None:
        for passed_s in (0.0, 0.25, 0.5):
            await asyncio.sleep(passed_s)
            waits_s.append(runner.until_next_tick_s(stage.clock.boottime_ns()))

    frequent = replace(job(quick), offset_ns=NS_PER_S // 4)
    stage.play([job(quick, every_s=60, target="other"), frequent], for_s=1, act=look)
    assert [round(wait_s, 6) for wait_s in waits_s] == [0.25, 1.0, 0.5]


def test_a_link_that_cannot_be_used_is_unmeasured_for_its_reason() -> None:
    async def unusable() -> Finding:
        raise LinkUnusable(Reason.NO_ROUTE, "no default route")

    stage = RunnerFixture()
    stage.play([job(unusable)], for_s=6)
    assert stage.results[0].finding == failed_finding(Reason.NO_ROUTE, detail="no default route")
    gone = RunnerFixture(links={})
    gone.play([job(quick)], for_s=6)
    assert gone.results[0].finding.reason is Reason.INTERFACE_ABSENT


def test_a_confirmation_probe_runs_at_once() -> None:
    async def confirmation(runner: Runner) -> None:
        await asyncio.sleep(1)
        runner.confirm("icmp", "fiber", "anchor", Family.IP4)
        runner.confirm("icmp", "fiber", "anchor", Family.IP4)
        runner.confirm("icmp", "fiber", "nobody planned this", Family.IP4)

    stage = RunnerFixture()
    stage.play([job(quick)], for_s=6, act=confirmation)
    assert stage.at_s() == [1.0, 5.0]


def test_no_two_runs_of_a_series_begin_in_one_millisecond() -> None:
    async def failing_at_once() -> Finding:
        return failed_finding(Reason.TIMED_OUT)

    async def insist(runner: Runner) -> None:
        for _ in range(30):  # without any time between, runs begin and end
            runner.confirm("icmp", "fiber", "anchor", Family.IP4)
            await asyncio.sleep(0)

    stage = RunnerFixture()
    stage.play([job(failing_at_once)], for_s=3, act=insist)
    began_ms = [result.boottime_ns // 1_000_000 for result in stage.results]
    assert len(set(began_ms)) == len(began_ms) > 1


def test_no_two_refusals_of_a_series_have_one_millisecond() -> None:
    dear = job(quick, cost=10**8)

    async def insist(runner: Runner) -> None:
        for _ in range(30):
            runner.start_run(dear)
            await asyncio.sleep(0)

    stage = RunnerFixture()
    stage.play([dear], for_s=1, act=insist, allowance_bytes=0)
    assert len(set(stage.at_s())) == len(stage.results) > 1


def test_a_request_retried_soon_is_not_retried_twice_at_a_time() -> None:
    tries = iter([failed_finding(Reason.TIMED_OUT)] * 4)

    async def mostly_failing() -> Finding:
        return next(tries, ok_finding({RTT: 0.01}))

    stage = RunnerFixture()
    made = job(mostly_failing, every_s=60)
    retried = replace(made, probe=replace(made.probe, retry_s=5.0, per_site=True))

    async def link_down(runner: Runner) -> None:
        await asyncio.sleep(62)
        runner.confirm_site()

    # Its moment is at 20 s; at 62 s a link was judged down.
    stage.play([retried], for_s=10, act=link_down)
    assert stage.at_s() == [20.0, 25.0, 30.0, 35.0, 40.0, 62.0]


def test_endless_confirmation_probes_are_bounded() -> None:
    async def insist(runner: Runner) -> None:
        for _ in range(10 * CONFIRM_BURST):
            for target in ("a", "b"):
                runner.confirm("icmp", "fiber", target, Family.IP4)
            await asyncio.sleep(0.02)

    stage = RunnerFixture()
    jobs = [job(quick, every_s=3600, target=target) for target in ("a", "b")]
    stage.play(jobs, for_s=1, act=insist)
    lasted_s = 10 * CONFIRM_BURST * 0.02
    assert CONFIRM_BURST < len(stage.results) <= CONFIRM_BURST + 24 * (lasted_s + 1)


def test_pages_over_a_metered_link_are_confirmed_once_a_second_and_echoes_as_often_as_asked() -> (
    None
):
    async def insist(runner: Runner) -> None:
        for _ in range(300):
            for target in ("page", "anchor"):
                runner.confirm("icmp", "fiber", target, Family.IP4)
            await asyncio.sleep(0.01)

    stage = RunnerFixture()
    jobs = [
        job(quick, every_s=3600, target="page", cost=337_000),
        job(quick, every_s=3600, target="anchor", cost=100),
    ]
    stage.play(jobs, for_s=1, act=insist, allowance_bytes=2_000_000_000)
    counts = Counter(result.series.target for result in stage.results)
    assert counts["page"] <= 5  # three seconds, and one run that was due anyway
    assert counts["anchor"] > 60


def test_a_page_requested_too_soon_over_a_metered_link_runs_a_second_later() -> None:
    async def ask_twice(runner: Runner) -> None:
        await asyncio.sleep(30.0)
        for _ in range(4):
            runner.confirm("icmp", "fiber", "page", Family.IP4)
            await asyncio.sleep(0.1)

    stage = RunnerFixture()
    stage.play(
        [job(quick, every_s=3600, target="page", cost=337_000)],
        for_s=10,
        act=ask_twice,
        allowance_bytes=2_000_000_000,
    )
    asked_for = [at_s for at_s in stage.at_s() if 30.0 <= at_s < 40.0]
    # What was asked for while one waited already is the same run.
    assert [round(at_s, 1) for at_s in asked_for] == [30.0, 31.0]


def test_confirming_runs_on_a_metered_link_have_a_share_of_the_month_for_a_day() -> None:
    async def page() -> Finding:
        return ok_finding({RTT: 0.01}, cost_bytes=337_000)

    async def insist(runner: Runner) -> None:
        for _ in range(600):
            runner.confirm("icmp", "fiber", "anchor", Family.IP4)
            await asyncio.sleep(1.0)

    stage = RunnerFixture()
    month_bytes = 200_000_000
    stage.play([job(page, every_s=36_000, cost=337_000)], 1, insist, allowance_bytes=month_bytes)
    used_bytes = 337_000 * len(stage.results)
    assert 0.02 * month_bytes <= used_bytes < 0.02 * month_bytes + 2 * 337_000


def test_runs_beyond_the_allowance_are_reported_and_not_sent() -> None:
    sent = 0

    async def dear() -> Finding:
        nonlocal sent
        sent += 1
        return ok_finding({RTT: 0.01}, cost_bytes=10**6)

    stage = RunnerFixture()
    stage.play([job(dear, cost=10**6)], for_s=3600, allowance_bytes=3 * 10**6)
    reasons = {result.finding.reason for result in stage.results}
    assert len(stage.results) == 719
    assert reasons == {Reason.BUDGET_SPENT}
    assert sent == 0


def test_a_starved_process_does_not_report_loss() -> None:
    stage = RunnerFixture()

    async def starved() -> Finding:
        await asyncio.sleep(0.5)
        stage.clock.advance(7.0)  # the CPU is elsewhere, past the next moment
        return failed_finding(Reason.TIMED_OUT)

    stage.play([job(starved)], for_s=8)
    assert stage.results[0].finding.reason is Reason.AGENT_STARVED


def test_a_step_of_the_wall_clock_is_reported_and_marks_the_runs_it_touched() -> None:
    stage = RunnerFixture()

    async def stepped() -> Finding:
        stage.clock.step_wall(3600)
        await asyncio.sleep(6)
        return ok_finding({RTT: 0.01})

    jobs = [job(stepped, every_s=100, timeout_s=20), job(quick, target="other")]
    stage.play(jobs, for_s=112)
    steps = [notice for notice in stage.notices if notice.code is NoticeCode.CLOCK_STEPPED]
    assert [round(notice.value or 0) for notice in steps] == [3600]
    marked = [r for r in stage.results if QualityFlag.CLOCK_STEPPED in r.finding.doubts]
    assert [r.series.target for r in marked] == ["anchor"]


def test_a_new_schedule_continues_in_the_same_rhythm() -> None:
    async def reschedule(runner: Runner) -> None:
        await asyncio.sleep(7)
        runner.set_jobs([job(quick), job(quick, target="new")])

    stage = RunnerFixture()
    stage.play([job(quick)], for_s=4, act=reschedule)
    assert stage.at_s() == [5.0, 10.0, 10.0]
    assert [result.series.target for result in stage.results] == ["anchor", "anchor", "new"]


def test_requested_tests_run_at_once_and_never_two_at_a_time() -> None:
    asked = replace(
        job(quick, every_s=3600), series=structs.replace(job(quick).series, kind="http")
    )

    async def act(runner: Runner) -> None:
        for _ in range(2):
            for matching in runner.matching_jobs(TestRequest(id="one", kind="http")):
                runner.start_run(matching)
        await asyncio.sleep(0.005)
        runner.start_run(asked)

    stage = RunnerFixture()
    stage.play([asked, job(quick, every_s=3600)], for_s=1, act=act)
    assert stage.at_s() == [0.0]
    assert [result.series.kind for result in stage.results] == ["http"]
