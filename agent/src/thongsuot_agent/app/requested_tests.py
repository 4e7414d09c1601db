"""Asks: tests that a person wants now, by answers to pushes or by the page; one after the other."""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from thongsuot_agent.clock import NS_PER_S
from thongsuot_agent.scheduler.data_budget import COSTLY_RUN_BYTES
from thongsuot_agent.scheduler.job import Job
from thongsuot_agent.scheduler.requested_jobs import JobsRefused, LocalRequest
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.batch.push import TestRefusal, TestRequest
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Result, Series
from thongsuot_schema.view import TestProgress, TestRun

_log = logging.getLogger(__name__)

TEST_TIMEOUT_NS = 600 * NS_PER_S
"""After this a test is given up: the runs themselves end far sooner."""

LOCAL_COOLDOWN_NS = 120 * NS_PER_S
"""How long the page's button rests after it was pressed: everybody in the LAN may press it."""

REMEMBERED_IDS = 64
"""Ids that are remembered: the collector repeats one until it has read what became of it."""

SHOWN_TESTS = 5
"""Tests that the page shows: those of one press, and one of the centre."""

MAX_ID_CHARACTERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedTestCallbacks:
    """
    Who carries out what is asked; called on the loop, must not block.

    ``matching_jobs`` raises ``JobsRefused``; ``local_requests`` is what the page's button stands
    for, less than all of the plan; ``on_notice`` keeps code, text and count in the record;
    ``push_now`` pushes at once, for somebody waits. ``new_id`` returns an id that no test has.
    """

    now_ns: Callable[[], int]
    matching_jobs: Callable[[TestRequest], tuple[Job, ...]]
    local_requests: Callable[[], tuple[LocalRequest, ...]]
    start_run: Callable[[Job], None]
    on_notice: Callable[[NoticeCode, str, int], None]
    push_now: Callable[[], None]
    new_id: Callable[[], str]


@dataclass(slots=True, kw_only=True)
class _RunningTest:
    """One test, from its beginning; ``runs`` are those that have ended."""

    ask: TestRequest
    is_local: bool
    since_ns: int
    series: int = 0
    awaited: set[Series] = field(default_factory=set)
    queue: deque[Job] = field(default_factory=deque)
    runs: list[TestRun] = field(default_factory=list)
    is_over: bool = False
    outcome_text: str = ""


class RequestedTests:
    """
    Runs one test at a time: the next is taken with the first answer after it has ended.

    Runs that fill a link come one by one, all others of a test together.
    """

    def __init__(self, hands: RequestedTestCallbacks) -> None:
        self._hands = hands
        self._known: deque[str] = deque(maxlen=REMEMBERED_IDS)
        self._under_way: _RunningTest | None = None
        self._here: deque[TestRequest] = deque()
        self._pressed_ns: int | None = None
        self._shown: deque[_RunningTest] = deque(maxlen=SHOWN_TESTS)

    def accept_requests(self, asks: Iterable[TestRequest]) -> None:
        """Take in what an answer brought; what is known already changes nothing."""
        for ask in asks:
            if self._under_way is not None or self._here:
                return
            if ask.id in self._known or not 0 < len(ask.id) <= MAX_ID_CHARACTERS:
                continue
            self._known.append(ask.id)
            self._begin(ask, is_here=False)

    def request_local_tests(self) -> bool:
        """
        Somebody at the point wants all that the button stands for; ``False`` while it rests.

        A test that the centre wanted ends first.
        """
        if self.cooldown_left_ns() > 0 or self._here:
            return False
        self._pressed_ns = self._hands.now_ns()
        for kind, link in self._hands.local_requests():
            self._here.append(TestRequest(id=self._hands.new_id(), kind=kind, link=link))
        _log.info("tests wanted at the point tests=%d", len(self._here))
        self._begin_local()
        return True

    def cooldown_left_ns(self) -> int:
        """Return how long the button rests yet."""
        if self._pressed_ns is None:
            return 0
        return max(0, self._pressed_ns + LOCAL_COOLDOWN_NS - self._hands.now_ns())

    def recent_tests(self, wall_s: Callable[[int], float]) -> tuple[TestProgress, ...]:
        """Return the latest tests for the page, the newest first; those that wait come as well."""
        waiting = [
            TestProgress(
                kind=ask.kind, link=ask.link, at_s=wall_s(self._hands.now_ns()), is_local=True
            )
            for ask in reversed(self._here)
        ]
        begun = [
            TestProgress(
                kind=one.ask.kind,
                link=one.ask.link,
                at_s=wall_s(one.since_ns),
                is_local=one.is_local,
                count=one.series,
                runs=tuple(one.runs),
                is_over=one.is_over,
                refusal=one.outcome_text,
            )
            for one in reversed(self._shown)
        ]
        return (*waiting, *begun)

    def on_result(self, result: Result) -> None:
        """A run has ended."""
        one = self._under_way
        # A moment that came while the run lasts is no answer; the run itself will be.
        if one is None or result.finding.reason is Reason.OVERRUN:
            return
        if result.series not in one.awaited:
            return
        one.awaited.discard(result.series)
        one.runs.append(_trial_run(result))
        if not one.awaited and one.queue:
            self._begin_next(one)
        if not one.awaited:
            self._finish(one, NoticeCode.TEST_COMPLETED)

    def tick(self) -> None:
        """A second has passed."""
        one = self._under_way
        if one is not None and self._hands.now_ns() - one.since_ns > TEST_TIMEOUT_NS:
            left = len(one.awaited) + len(one.queue)
            one.outcome_text = f"{TestRefusal.TIMEOUT} {left} of {one.series} runs did not end"
            self._finish(one, NoticeCode.TEST_REFUSED)

    def _begin_local(self) -> None:
        while self._here and self._under_way is None:
            self._begin(self._here.popleft(), is_here=True)

    def _begin(self, ask: TestRequest, *, is_here: bool) -> None:
        one = _RunningTest(ask=ask, is_local=is_here, since_ns=self._hands.now_ns())
        self._shown.append(one)
        try:
            jobs = self._hands.matching_jobs(ask)
        except JobsRefused as refused:
            _log.warning("test refused id=%s kind=%s: %s", ask.id, ask.kind, refused)
            one.outcome_text, one.is_over = str(refused), True
            self._report_progress(one, NoticeCode.TEST_REFUSED)
            return
        _log.info("test begins id=%s kind=%s series=%d", ask.id, ask.kind, len(jobs))
        one.series = len(jobs)
        self._under_way = one
        self._report_progress(one, NoticeCode.TEST_ACCEPTED)
        for job in jobs:
            if job.cost_bytes >= COSTLY_RUN_BYTES:
                one.queue.append(job)
            else:
                one.awaited.add(job.series)
                self._hands.start_run(job)
        if not one.awaited:
            self._begin_next(one)

    def _begin_next(self, one: _RunningTest) -> None:
        job = one.queue.popleft()
        one.awaited.add(job.series)
        self._hands.start_run(job)

    def _finish(self, one: _RunningTest, code: NoticeCode) -> None:
        _log.info("test ended id=%s: %s", one.ask.id, one.outcome_text or code)
        self._under_way = None
        one.is_over = True
        self._report_progress(one, code)
        self._begin_local()

    def _report_progress(self, one: _RunningTest, code: NoticeCode) -> None:
        """Keep in the record how far a test is, and push it."""
        ask, notice = one.ask, self._hands.on_notice
        if one.is_local:
            ago_s = (self._hands.now_ns() - one.since_ns) // NS_PER_S
            notice(
                NoticeCode.TEST_REQUESTED_LOCALLY, f"{ask.id} {ask.kind} {ask.link}".rstrip(), ago_s
            )
        notice(code, f"{ask.id} {one.outcome_text}".rstrip(), one.series)
        self._hands.push_now()


def _trial_run(result: Result) -> TestRun:
    series, finding = result.series, result.finding
    return TestRun(
        link=series.link,
        target=series.target,
        family=str(series.family),
        outcome=str(finding.outcome),
        reason="" if finding.reason is None else str(finding.reason),
        values=dict(finding.values),
    )
