"""Requested tests run once and one at a time, and their outcome is reported."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.agent.app.requested_jobs import requested_job
from thongsuot_agent.app.requested_tests import (
    LOCAL_COOLDOWN_NS,
    TEST_TIMEOUT_NS,
    RequestedTestCallbacks,
    RequestedTests,
)
from thongsuot_agent.scheduler.data_budget import COSTLY_RUN_BYTES
from thongsuot_agent.scheduler.job import Job
from thongsuot_agent.scheduler.requested_jobs import JobsRefused, LocalRequest
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.batch.push import TestRefusal, TestRequest
from thongsuot_schema.catalogue.http import TOTAL
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Finding, Result, failed_finding, ok_finding

HERE = NoticeCode.TEST_REQUESTED_LOCALLY
TAKEN, DONE, REFUSED = NoticeCode.TEST_ACCEPTED, NoticeCode.TEST_COMPLETED, NoticeCode.TEST_REFUSED


@dataclass
class RecordedCallbacks:
    """The hands, and what they did."""

    jobs: tuple[Job, ...]
    now_ns: int = 0
    begun: list[Job] = field(default_factory=list)
    noted: list[tuple[NoticeCode, str, int]] = field(default_factory=list)
    news: int = 0
    here: tuple[LocalRequest, ...] = ()
    charged: list[tuple[str, int]] = field(default_factory=list)
    ids: Iterator[str] = field(default_factory=lambda: iter("abcdef"))

    def __post_init__(self) -> None:
        self.asks = RequestedTests(
            RequestedTestCallbacks(
                now_ns=lambda: self.now_ns,
                matching_jobs=self.matching,
                start_run=self.begun.append,
                on_notice=lambda code, text, count: self.noted.append((code, text, count)),
                push_now=self.count,
                local_requests=lambda: self.here,
                new_id=lambda: next(self.ids),
                charge_local=lambda link, size: self.charged.append((link, size)),
            )
        )

    def matching(self, ask: TestRequest) -> tuple[Job, ...]:
        jobs = tuple(job for job in self.jobs if job.series.kind == ask.kind)
        if not jobs:
            raise JobsRefused(TestRefusal.NOT_CONFIGURED, f"no {ask.kind}")
        return jobs

    def count(self) -> None:
        self.news += 1

    def end(self, job: Job, finding: Finding | None = None) -> None:
        result = Result(series=job.series, boottime_ns=0, finding=finding or ok_finding({}))
        self.asks.on_result(result)


def test_a_requested_test_is_accepted_once_and_reported_as_done_once() -> None:
    stage = RecordedCallbacks(
        (requested_job("http"), requested_job("http", link="mobile"), requested_job("path"))
    )
    ask = TestRequest(id="one", kind="http")
    stage.asks.accept_requests([ask])
    stage.asks.accept_requests([ask])
    assert (stage.begun, stage.noted) == (list(stage.jobs[:2]), [(TAKEN, "one", 2)])
    stage.end(stage.jobs[0])
    stage.end(stage.jobs[2])  # of another kind: no part of it
    # A moment of the schedule that came meanwhile answers nothing.
    stage.end(stage.jobs[1], failed_finding(Reason.OVERRUN))
    assert len(stage.noted) == 1
    stage.end(stage.jobs[1], failed_finding(Reason.TIMED_OUT))
    assert stage.noted[1:] == [(DONE, "one", 2)]
    assert stage.news == 2, "whoever waits hears of both at once"
    # The answer to the push that brings the news was written before the collector read it.
    stage.asks.accept_requests([ask])
    assert len(stage.noted) == 2


def test_unscheduled_tests_are_refused_once_and_the_next_is_accepted() -> None:
    stage = RecordedCallbacks((requested_job("http"),))
    asks = [TestRequest(id="one", kind="radio"), TestRequest(id="two", kind="http")]
    stage.asks.accept_requests(asks)
    stage.asks.accept_requests(asks)
    assert stage.noted == [(REFUSED, "one not_configured no radio", 0), (TAKEN, "two", 1)]


def test_tests_come_one_after_the_other() -> None:
    stage = RecordedCallbacks((requested_job("http"), requested_job("path")))
    asks = [TestRequest(id="one", kind="http"), TestRequest(id="two", kind="path")]
    stage.asks.accept_requests(asks)
    assert stage.begun == [stage.jobs[0]]
    stage.end(stage.jobs[0])
    stage.asks.accept_requests(asks)
    assert stage.begun == list(stage.jobs)


def test_probes_that_fill_a_link_run_one_by_one() -> None:
    dear = tuple(
        requested_job("throughput", link=name, cost=COSTLY_RUN_BYTES)
        for name in ("fiber", "mobile")
    )
    stage = RecordedCallbacks(dear)
    stage.asks.accept_requests([TestRequest(id="one", kind="throughput")])
    assert stage.begun == [dear[0]]
    stage.end(dear[1])  # of the schedule; its turn has not come
    stage.end(dear[0])
    assert stage.begun == list(dear)
    stage.end(dear[1])
    assert stage.noted == [(TAKEN, "one", 2), (DONE, "one", 2)]


def test_a_requested_test_that_never_ends_is_given_up() -> None:
    stage = RecordedCallbacks((requested_job("http"), requested_job("path")))
    stage.asks.accept_requests([TestRequest(id="one", kind="http")])
    stage.now_ns = TEST_TIMEOUT_NS + 1
    stage.asks.tick()
    assert stage.noted[1:] == [(REFUSED, "one time 1 of 1 runs did not end", 1)]
    stage.asks.accept_requests([TestRequest(id="two", kind="path")])
    assert stage.noted[2:] == [(TAKEN, "two", 1)]


def test_a_request_without_a_valid_id_is_ignored() -> None:
    stage = RecordedCallbacks((requested_job("http"),))
    stage.asks.accept_requests(
        [TestRequest(id="", kind="http"), TestRequest(id="x" * 65, kind="http")]
    )
    assert stage.noted == []


def test_the_button_at_the_point_runs_one_kind_after_the_other_and_reports_it() -> None:
    stage = RecordedCallbacks(
        (requested_job("http"), requested_job("path")), here=(("http", ""), ("path", "fiber"))
    )
    assert stage.asks.request_local_tests()
    assert stage.noted == [(HERE, "a http", 0), (TAKEN, "a", 1)]
    waiting, begun = stage.asks.recent_tests(lambda at_ns: at_ns / 1e9)
    assert (waiting.kind, waiting.link, waiting.is_over) == ("path", "fiber", False)
    assert (begun.kind, begun.is_local, begun.count, begun.runs) == ("http", True, 1, ())
    stage.now_ns = 3_000_000_000
    stage.end(stage.jobs[0], ok_finding({TOTAL: 0.25}))
    # Batches may arrive in another order: the end says again what it is the end of.
    assert stage.noted[2:4] == [(HERE, "a http", 3), (DONE, "a", 1)]
    assert stage.noted[4:] == [(HERE, "b path fiber", 0), (TAKEN, "b", 1)]
    stage.end(stage.jobs[1], failed_finding(Reason.TIMED_OUT))
    _, first = stage.asks.recent_tests(lambda at_ns: at_ns / 1e9)
    assert first.is_over
    assert first.runs[0].values == {TOTAL.name: 0.25}


def test_the_button_rests_after_it_was_pressed_and_waits_for_the_centres_test() -> None:
    stage = RecordedCallbacks((requested_job("http"), requested_job("path")), here=(("http", ""),))
    stage.asks.accept_requests([TestRequest(id="one", kind="path")])
    assert stage.asks.request_local_tests()
    assert stage.begun == [stage.jobs[1]], "one test at a time"
    assert not stage.asks.request_local_tests()
    assert stage.asks.cooldown_left_ns() == LOCAL_COOLDOWN_NS
    stage.end(stage.jobs[1])
    assert stage.begun[1:] == [stage.jobs[0]]
    stage.asks.accept_requests([TestRequest(id="two", kind="path")])
    assert len(stage.begun) == 2, "the point's own test ends first"
    stage.end(stage.jobs[0])
    stage.now_ns = LOCAL_COOLDOWN_NS
    assert stage.asks.request_local_tests()


def test_tests_that_the_button_cannot_have_are_reported_and_the_rest_is_run() -> None:
    stage = RecordedCallbacks((requested_job("http"),), here=(("radio", ""), ("http", "")))
    assert stage.asks.request_local_tests()
    codes = [code for code, _, _ in stage.noted]
    assert codes == [HERE, REFUSED, HERE, TAKEN]
    newest, refused = stage.asks.recent_tests(lambda at_ns: at_ns / 1e9)
    assert (newest.kind, refused.refusal, refused.is_over) == (
        "http",
        "not_configured no radio",
        True,
    )


def test_runs_of_the_button_are_charged_to_its_share_and_the_centres_tests_are_not() -> None:
    jobs = (requested_job("http", link="mobile"),)
    stage = RecordedCallbacks(jobs, here=(("http", ""),))
    assert stage.asks.request_local_tests()
    stage.end(jobs[0], ok_finding({}, cost_bytes=337_000))
    assert stage.charged == [("mobile", 337_000)]
    stage.asks.accept_requests([TestRequest(id="centre", kind="http")])
    stage.end(jobs[0], ok_finding({}, cost_bytes=337_000))
    assert len(stage.charged) == 1
