"""Which results show that a link lives, and what the counter's pages come to."""

from thongsuot_agent.commissioning.answers import SeenAnswers
from thongsuot_schema.catalogue import counter
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, Result, Series
from thongsuot_schema.segment import Segment

TARGETS = (
    Target(name="gateway", role=Role.ANCHOR, segment=Segment.LAN, addresses=("gateway",)),
    Target(name="resolver", role=Role.ANCHOR, segment=Segment.CARRIER, addresses=("resolver",)),
    Target(name="core", role=Role.ANCHOR, segment=Segment.CARRIER, addresses=("192.0.2.1",)),
)


def result(kind: str, target: str, at_ns: int, finding: Finding, link: str = "fixed") -> Result:
    series = Series(kind=kind, revision=1, link=link, target=target, family=Family.IP4)
    return Result(series=series, boottime_ns=at_ns, finding=finding)


OK = Finding(outcome=Outcome.OK)
LOST = Finding(outcome=Outcome.FAILED, reason=Reason.TIMED_OUT)


def test_only_answers_from_beyond_the_site_prove_a_line() -> None:
    answers = SeenAnswers()
    answers.set_targets(TARGETS)
    answers.add_result(result("icmp", "gateway", 1, OK))
    answers.add_result(result("icmp", "resolver", 2, OK))
    answers.add_result(result("dns", "core", 3, OK))
    answers.add_result(result("icmp", "core", 4, LOST))
    assert answers.of("fixed") == ()
    answers.add_result(result("icmp", "core", 5, OK))
    assert answers.of("fixed") == (5,)
    assert answers.of("mobile") == ()


def test_only_pages_opened_after_the_counter_was_asked_for_count() -> None:
    answers = SeenAnswers()
    kind = counter.KIND.name
    assert answers.counter(2) is None
    answers.begin_counter(100)
    opened = Finding(outcome=Outcome.OK, evidence={counter.LINK: "mobile"})
    answers.add_result(result(kind, "portal", 99, opened, ""))
    answers.add_result(result(kind, "portal", 101, opened, ""))
    answers.add_result(result(kind, "mail", 102, LOST, ""))
    answers.add_result(
        result(kind, "tax", 103, Finding(outcome=Outcome.UNMEASURED, reason=Reason.NO_ROUTE), "")
    )
    seen = answers.counter(3)
    assert seen is not None
    assert (seen.measured, seen.opened, seen.is_alive, seen.link) == (2, 1, True, "mobile")
