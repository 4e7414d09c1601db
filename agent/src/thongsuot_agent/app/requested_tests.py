"""Requested tests: from a person, in a push response or on the page; one at a time."""

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
"""Number of ids kept: the collector repeats one until it has read the result."""

SHOWN_TESTS = 5
"""Tests that the page shows: those of one press, and one of the centre."""

MAX_ID_CHARACTERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedTestCallbacks:
    """
    Callbacks that carry out requests; called on the loop, must not block.

    ``matching_jobs`` raises ``JobsRefused``; ``local_requests`` are the tests of the page's button,
    fewer than all that are scheduled; ``on_notice`` keeps code, text and count in the record;
    ``push_now`` pushes at once, because somebody is waiting. ``new_id`` returns an unused id.
    ``charge_local`` counts the data that a run started by the button used on a link.
    """

    now_ns: Callable[[], int]
    matching_jobs: Callable[[TestRequest], tuple[Job, ...]]
    local_requests: Callable[[], tuple[LocalRequest, ...]]
    start_run: Callable[[Job], None]
    on_notice: Callable[[NoticeCode, str, int], None]
    push_now: Callable[[], None]
    new_id: Callable[[], str]
    charge_local: Callable[[str, int], None]


@dataclass(slots=True, kw_only=True)
class _RunningTest:
    """One test, from its beginning; ``runs`` are those that have ended."""

    request: TestRequest
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
    Runs one test at a time: the next one starts with the first answer after its end.

    Runs that fill a link come one by one, all others of a test together.
    """

    def __init__(self, callbacks: RequestedTestCallbacks) -> None:
        self._callbacks = callbacks
        self._known_ids: deque[str] = deque(maxlen=REMEMBERED_IDS)
        self._running: _RunningTest | None = None
        self._local_queue: deque[TestRequest] = deque()
        self._pressed_ns: int | None = None
        self._shown: deque[_RunningTest] = deque(maxlen=SHOWN_TESTS)

    def accept_requests(self, requests: Iterable[TestRequest]) -> None:
        """Process the requests in an answer; known ones change nothing."""
        for request in requests:
            if self._running is not None or self._local_queue:
                return
            if request.id in self._known_ids or not 0 < len(request.id) <= MAX_ID_CHARACTERS:
                continue
            self._known_ids.append(request.id)
            self._begin(request, is_here=False)

    def request_local_tests(self) -> bool:
        """
        Somebody at the point requests all tests of the button; ``False`` while it is disabled.

        A test that the centre wanted ends first.
        """
        if self.cooldown_left_ns() > 0 or self._local_queue:
            return False
        self._pressed_ns = self._callbacks.now_ns()
        for kind, link in self._callbacks.local_requests():
            self._local_queue.append(TestRequest(id=self._callbacks.new_id(), kind=kind, link=link))
        _log.info("tests requested on the local page tests=%d", len(self._local_queue))
        self._begin_local()
        return True

    def cooldown_left_ns(self) -> int:
        """Return how long the button rests yet."""
        if self._pressed_ns is None:
            return 0
        return max(0, self._pressed_ns + LOCAL_COOLDOWN_NS - self._callbacks.now_ns())

    def recent_tests(self, wall_s: Callable[[int], float]) -> tuple[TestProgress, ...]:
        """Return the latest tests for the page, the newest first; those that wait come as well."""
        waiting = [
            TestProgress(
                kind=request.kind,
                link=request.link,
                at_s=wall_s(self._callbacks.now_ns()),
                is_local=True,
            )
            for request in reversed(self._local_queue)
        ]
        begun = [
            TestProgress(
                kind=test.request.kind,
                link=test.request.link,
                at_s=wall_s(test.since_ns),
                is_local=test.is_local,
                count=test.series,
                runs=tuple(test.runs),
                is_over=test.is_over,
                refusal=test.outcome_text,
            )
            for test in reversed(self._shown)
        ]
        return (*waiting, *begun)

    def on_result(self, result: Result) -> None:
        """A run has ended."""
        test = self._running
        # Results that arrive during the run are no answer; the run itself will be.
        if test is None or result.finding.reason is Reason.OVERRUN:
            return
        if result.series not in test.awaited:
            return
        if test.is_local:
            self._callbacks.charge_local(result.series.link, result.finding.cost_bytes)
        test.awaited.discard(result.series)
        test.runs.append(_trial_run(result))
        if not test.awaited and test.queue:
            self._begin_next(test)
        if not test.awaited:
            self._finish(test, NoticeCode.TEST_COMPLETED)

    def tick(self) -> None:
        """A second has passed."""
        test = self._running
        if test is not None and self._callbacks.now_ns() - test.since_ns > TEST_TIMEOUT_NS:
            left = len(test.awaited) + len(test.queue)
            test.outcome_text = f"{TestRefusal.TIMEOUT} {left} of {test.series} runs did not end"
            self._finish(test, NoticeCode.TEST_REFUSED)

    def _begin_local(self) -> None:
        while self._local_queue and self._running is None:
            self._begin(self._local_queue.popleft(), is_here=True)

    def _begin(self, request: TestRequest, *, is_here: bool) -> None:
        test = _RunningTest(request=request, is_local=is_here, since_ns=self._callbacks.now_ns())
        self._shown.append(test)
        try:
            jobs = self._callbacks.matching_jobs(request)
        except JobsRefused as refused:
            _log.warning("test refused id=%s kind=%s: %s", request.id, request.kind, refused)
            test.outcome_text, test.is_over = str(refused), True
            self._report_progress(test, NoticeCode.TEST_REFUSED)
            return
        _log.info("test begins id=%s kind=%s series=%d", request.id, request.kind, len(jobs))
        test.series = len(jobs)
        self._running = test
        self._report_progress(test, NoticeCode.TEST_ACCEPTED)
        for job in jobs:
            if job.cost_bytes >= COSTLY_RUN_BYTES:
                test.queue.append(job)
            else:
                test.awaited.add(job.series)
                self._callbacks.start_run(job)
        if not test.awaited:
            self._begin_next(test)

    def _begin_next(self, test: _RunningTest) -> None:
        job = test.queue.popleft()
        test.awaited.add(job.series)
        self._callbacks.start_run(job)

    def _finish(self, test: _RunningTest, code: NoticeCode) -> None:
        _log.info("test ended id=%s: %s", test.request.id, test.outcome_text or code)
        self._running = None
        test.is_over = True
        self._report_progress(test, code)
        self._begin_local()

    def _report_progress(self, test: _RunningTest, code: NoticeCode) -> None:
        """Keep in the record how far a test is, and push it."""
        request, notice = test.request, self._callbacks.on_notice
        if test.is_local:
            ago_s = (self._callbacks.now_ns() - test.since_ns) // NS_PER_S
            notice(
                NoticeCode.TEST_REQUESTED_LOCALLY,
                f"{request.id} {request.kind} {request.link}".rstrip(),
                ago_s,
            )
        notice(code, f"{request.id} {test.outcome_text}".rstrip(), test.series)
        self._callbacks.push_now()


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
