"""A test that is asked for runs once, one after the other, and what becomes of it is told."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.agent.app.asking import job
from thongsuot_agent.app.asks import HERE_EVERY_NS, LONGEST_NS, Asks, Hands
from thongsuot_agent.schedule.choice import AskRefused, Wanted
from thongsuot_agent.schedule.job import Job
from thongsuot_agent.schedule.purse import DEAR_BYTES
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.batch.push import Ask, AskRefusal
from thongsuot_schema.catalogue.http import TOTAL
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Finding, Result, not_ok, ok

HERE = NoticeCode.ASK_HERE
TAKEN, DONE, REFUSED = NoticeCode.ASK_TAKEN, NoticeCode.ASK_DONE, NoticeCode.ASK_REFUSED


@dataclass
class Stage:
    """The hands, and what they did."""

    plan: tuple[Job, ...]
    now_ns: int = 0
    begun: list[Job] = field(default_factory=list)
    noted: list[tuple[NoticeCode, str, int]] = field(default_factory=list)
    news: int = 0
    here: tuple[Wanted, ...] = ()
    ids: Iterator[str] = field(default_factory=lambda: iter("abcdef"))

    def __post_init__(self) -> None:
        self.asks = Asks(
            Hands(
                now_ns=lambda: self.now_ns,
                matching=self.matching,
                begin=self.begun.append,
                on_notice=lambda code, text, count: self.noted.append((code, text, count)),
                on_news=self.count,
                wanted_here=lambda: self.here,
                new_id=lambda: next(self.ids),
            )
        )

    def matching(self, ask: Ask) -> tuple[Job, ...]:
        found = tuple(one for one in self.plan if one.series.kind == ask.kind)
        if not found:
            raise AskRefused(AskRefusal.PLAN, f"no {ask.kind}")
        return found

    def count(self) -> None:
        self.news += 1

    def end(self, one: Job, finding: Finding | None = None) -> None:
        result = Result(series=one.series, boottime_ns=0, finding=finding or ok({}))
        self.asks.take_result(result)


def test_it_is_taken_run_and_done_once() -> None:
    stage = Stage((job("http"), job("http", link="mobile"), job("path")))
    ask = Ask(id="one", kind="http")
    stage.asks.take([ask])
    stage.asks.take([ask])
    assert (stage.begun, stage.noted) == (list(stage.plan[:2]), [(TAKEN, "one", 2)])
    stage.end(stage.plan[0])
    stage.end(stage.plan[2])  # of another kind: no part of it
    # A moment of the schedule that came meanwhile answers nothing.
    stage.end(stage.plan[1], not_ok(Reason.OVERRUN))
    assert len(stage.noted) == 1
    stage.end(stage.plan[1], not_ok(Reason.TIMED_OUT))
    assert stage.noted[1:] == [(DONE, "one", 2)]
    assert stage.news == 2, "whoever waits hears of both at once"
    # The answer to the push that brings the news was written before the collector read it.
    stage.asks.take([ask])
    assert len(stage.noted) == 2


def test_what_is_not_in_the_plan_is_refused_once_and_the_next_is_taken() -> None:
    stage = Stage((job("http"),))
    asks = [Ask(id="one", kind="radio"), Ask(id="two", kind="http")]
    stage.asks.take(asks)
    stage.asks.take(asks)
    assert stage.noted == [(REFUSED, "one plan no radio", 0), (TAKEN, "two", 1)]


def test_tests_come_one_after_the_other() -> None:
    stage = Stage((job("http"), job("path")))
    asks = [Ask(id="one", kind="http"), Ask(id="two", kind="path")]
    stage.asks.take(asks)
    assert stage.begun == [stage.plan[0]]
    stage.end(stage.plan[0])
    stage.asks.take(asks)
    assert stage.begun == list(stage.plan)


def test_what_fills_a_link_runs_one_by_one() -> None:
    dear = tuple(job("throughput", link=name, cost=DEAR_BYTES) for name in ("fiber", "mobile"))
    stage = Stage(dear)
    stage.asks.take([Ask(id="one", kind="throughput")])
    assert stage.begun == [dear[0]]
    stage.end(dear[1])  # of the schedule; its turn has not come
    stage.end(dear[0])
    assert stage.begun == list(dear)
    stage.end(dear[1])
    assert stage.noted == [(TAKEN, "one", 2), (DONE, "one", 2)]


def test_one_that_never_ends_is_given_up() -> None:
    stage = Stage((job("http"), job("path")))
    stage.asks.take([Ask(id="one", kind="http")])
    stage.now_ns = LONGEST_NS + 1
    stage.asks.pass_time()
    assert stage.noted[1:] == [(REFUSED, "one time 1 of 1 runs did not end", 1)]
    stage.asks.take([Ask(id="two", kind="path")])
    assert stage.noted[2:] == [(TAKEN, "two", 1)]


def test_an_id_without_sense_is_passed_over() -> None:
    stage = Stage((job("http"),))
    stage.asks.take([Ask(id="", kind="http"), Ask(id="x" * 65, kind="http")])
    assert stage.noted == []


def test_the_button_at_the_point_runs_one_kind_after_the_other_and_says_so() -> None:
    stage = Stage((job("http"), job("path")), here=(("http", ""), ("path", "fiber")))
    assert stage.asks.want_here()
    assert stage.noted == [(HERE, "a http", 0), (TAKEN, "a", 1)]
    waiting, begun = stage.asks.shown(lambda at_ns: at_ns / 1e9)
    assert (waiting.kind, waiting.link, waiting.is_over) == ("path", "fiber", False)
    assert (begun.kind, begun.is_here, begun.count, begun.runs) == ("http", True, 1, ())
    stage.now_ns = 3_000_000_000
    stage.end(stage.plan[0], ok({TOTAL: 0.25}))
    # Batches may arrive in another order: the end says again what it is the end of.
    assert stage.noted[2:4] == [(HERE, "a http", 3), (DONE, "a", 1)]
    assert stage.noted[4:] == [(HERE, "b path fiber", 0), (TAKEN, "b", 1)]
    stage.end(stage.plan[1], not_ok(Reason.TIMED_OUT))
    _, first = stage.asks.shown(lambda at_ns: at_ns / 1e9)
    assert first.is_over
    assert first.runs[0].values == {TOTAL.name: 0.25}


def test_the_button_rests_after_it_was_pressed_and_waits_for_the_centres_test() -> None:
    stage = Stage((job("http"), job("path")), here=(("http", ""),))
    stage.asks.take([Ask(id="one", kind="path")])
    assert stage.asks.want_here()
    assert stage.begun == [stage.plan[1]], "one test at a time"
    assert not stage.asks.want_here()
    assert stage.asks.rests_ns() == HERE_EVERY_NS
    stage.end(stage.plan[1])
    assert stage.begun[1:] == [stage.plan[0]]
    stage.asks.take([Ask(id="two", kind="path")])
    assert len(stage.begun) == 2, "the point's own test ends first"
    stage.end(stage.plan[0])
    stage.now_ns = HERE_EVERY_NS
    assert stage.asks.want_here()


def test_what_the_button_wants_and_cannot_have_is_told_and_the_rest_is_run() -> None:
    stage = Stage((job("http"),), here=(("radio", ""), ("http", "")))
    assert stage.asks.want_here()
    codes = [code for code, _, _ in stage.noted]
    assert codes == [HERE, REFUSED, HERE, TAKEN]
    newest, refused = stage.asks.shown(lambda at_ns: at_ns / 1e9)
    assert (newest.kind, refused.said, refused.is_over) == ("http", "plan no radio", True)
