"""Faults that need a new failure before they are notified: after an outage, or for loss."""

from collections.abc import Mapping

import msgspec
import pytest

from tests.collector.incidents.city import CityFixture, healthy_city
from tests.collector.timeline.boot_script import CUT, LOSSY, UP, VerdictTriple, wall_ns
from thongsuot_collector.incidents.observation import ProbeName
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Evidence

LOOKUP = ProbeName("dns", "resolver", Family.IP4)
ECHO = ProbeName("icmp", "hop", Family.IP4)
KNOWN_S = 100.0


class FailingProbes:
    """The runs of one link that failed, as a collector knows them."""

    def __init__(
        self, city: CityFixture, failed_s: Mapping[ProbeName, float], link: str = "fiber"
    ) -> None:
        self.failed_s, self.link = dict(failed_s), link
        city.registry.failures_of = self.failures_of

    def failures_of(self, subject: Subject) -> dict[ProbeName, int]:
        is_own = subject == Subject("s0", self.link)
        return {name: wall_ns(at_s) for name, at_s in self.failed_s.items()} if is_own else {}


def told_of_s0(city: CityFixture) -> list[float]:
    return [
        (event.record.at_ns - wall_ns(0)) / 1e9
        for event in city.notifications
        if event.record.kind == "opened" and event.incident.code == "link_fault"
    ]


def outliving_city(verdict: VerdictTriple) -> tuple[CityFixture, float]:
    """Return a city in which one circuit of a carrier's outage is left, and since when."""
    city = healthy_city()
    city.run(KNOWN_S)
    for site in ("s0", "s3", "s6", "s9"):
        city.push_verdict(site, "fiber", verdict)
    city.advance()
    city.run(160)
    assert city.only("carrier_outage").is_open
    (fault,) = (f for f in city.registry.faults.values() if f.subject.site == "s0")
    evidence = (
        Evidence(kind="dns", target="resolver", family=Family.IP4, outcome=Outcome.FAILED),
        Evidence(kind="icmp", target="hop", family=Family.IP4, outcome=Outcome.OK),
    )
    phases = tuple(msgspec.structs.replace(phase, evidence=evidence) for phase in fault.phases)
    city.registry.put_fault(msgspec.structs.replace(fault, phases=phases))
    for site in ("s3", "s6", "s9"):
        city.report(site, "fiber", UP)
    while city.only("carrier_outage").is_open:
        city.run(city.now_s + 1)
    return city, city.now_s


@pytest.mark.parametrize("verdict", [CUT, LOSSY], ids=["dead", "lossy"])
def test_faults_that_outlast_an_outage_are_notified_after_a_new_failure(
    verdict: VerdictTriple,
) -> None:
    city, ended_s = outliving_city(verdict)
    probes = FailingProbes(city, {LOOKUP: 150.0})
    city.run(ended_s + 240)
    assert told_of_s0(city) == [], "nobody has looked since the outage"
    probes.failed_s[LOOKUP] = city.now_s
    city.run(city.now_s + 5)
    assert len(told_of_s0(city)) == 1


def test_a_failure_after_an_outage_is_reported_after_a_minute() -> None:
    city, ended_s = outliving_city(CUT)
    FailingProbes(city, {LOOKUP: ended_s + 3})
    city.run(ended_s + 58)
    assert told_of_s0(city) == []
    city.run(ended_s + 63)
    assert len(told_of_s0(city)) == 1


def test_a_failure_with_another_reason_is_not_a_new_failure() -> None:
    city, ended_s = outliving_city(CUT)
    FailingProbes(city, {LOOKUP: 150.0, ECHO: ended_s + 3})
    city.run(ended_s + 240)
    assert told_of_s0(city) == []


def test_without_earlier_runs_no_new_failure_is_required() -> None:
    city, ended_s = outliving_city(CUT)
    FailingProbes(city, {ECHO: 150.0})
    city.run(ended_s + 63)
    assert len(told_of_s0(city)) == 1


def test_a_loss_that_is_not_examined_again_is_reported_in_ten_minutes_all_the_same() -> None:
    city, ended_s = outliving_city(CUT)
    FailingProbes(city, {LOOKUP: 150.0})
    city.run(ended_s + 595)
    assert told_of_s0(city) == []
    city.run(ended_s + 605)
    assert len(told_of_s0(city)) == 1


FAR = ProbeName("icmp", "far", Family.IP4)
FAR_6 = ProbeName("icmp", "far", Family.IP6)
ABROAD = ProbeName("icmp", "abroad", Family.IP4)
NEAR = ProbeName("icmp", "gateway", Family.IP4)


@pytest.mark.parametrize(
    ("failed_s", "count"),
    [
        ({FAR: 30.0}, 0),
        ({FAR: 30.0, FAR_6: 30.0}, 0),
        ({FAR: 30.0, NEAR: 30.0}, 0),
        ({FAR: 2.0, ABROAD: 33.0}, 0),
        ({FAR: 4.0, ABROAD: 33.0}, 1),
    ],
    ids=["one", "one in both families", "one and a nearer", "apart", "two together"],
)
def test_a_loss_outlasts_an_outage_if_several_targets_still_lose(
    failed_s: Mapping[ProbeName, float], count: int
) -> None:
    """An exchange was well again, and only the anchor of one carrier lost echoes, by its core."""
    city, ended_s = outliving_city(LOSSY)
    (fault,) = (f for f in city.registry.faults.values() if f.subject.site == "s0")
    nearer = Evidence(
        kind="icmp", target="gateway", segment=Segment.LAN, outcome=Outcome.OK, ok=90, failed=1
    )
    phases = tuple(msgspec.structs.replace(phase, evidence=(nearer,)) for phase in fault.phases)
    city.registry.put_fault(msgspec.structs.replace(fault, phases=phases))
    before = {FAR: 110.0, ABROAD: 110.0, NEAR: 110.0}
    FailingProbes(city, before | {name: ended_s + at_s for name, at_s in failed_s.items()})
    city.run(ended_s + 240)
    assert len(told_of_s0(city)) == count


def lossy_city(
    failed_s: Mapping[ProbeName, float], link: str = "fiber"
) -> tuple[CityFixture, FailingProbes]:
    city = healthy_city()
    city.run(KNOWN_S)
    probes = FailingProbes(city, failed_s, link)
    city.report("s0", link, LOSSY)
    return city, probes


def test_a_loss_is_reported_when_runs_fail_after_it_was_known() -> None:
    city, probes = lossy_city({ECHO: KNOWN_S - 1})
    city.run(KNOWN_S + 40)
    assert told_of_s0(city) == [], "it may be over"
    probes.failed_s[ECHO] = city.now_s
    city.run(city.now_s + 4)
    assert len(told_of_s0(city)) == 1


def test_a_loss_that_continues_is_reported_after_its_hold() -> None:
    city, _ = lossy_city({ECHO: KNOWN_S + 6})
    city.run(KNOWN_S + 17)
    assert len(told_of_s0(city)) == 1


def test_a_loss_that_is_over_within_its_hold_notifies_nobody() -> None:
    city, _ = lossy_city({ECHO: KNOWN_S - 1})
    city.run(KNOWN_S + 65)
    city.report("s0", "fiber", UP)
    city.run(KNOWN_S + 300)
    assert told_of_s0(city) == []


@pytest.mark.parametrize(("link", "hold_s"), [("fiber", 15.0), ("5g", 100.0)])
def test_a_loss_without_new_failures_is_notified_ninety_seconds_after_its_hold(
    link: str, hold_s: float
) -> None:
    """For radio as well, whose hold alone is longer than that (2026-12)."""
    city, _ = lossy_city({ECHO: KNOWN_S - 1}, link)
    city.run(KNOWN_S + hold_s + 88)
    assert told_of_s0(city) == []
    city.run(KNOWN_S + hold_s + 93)
    assert len(told_of_s0(city)) == 1


@pytest.mark.parametrize("failed_s", [{}, {ECHO: KNOWN_S - 61}], ids=["none", "long ago"])
def test_a_loss_that_shows_in_no_failures_is_reported_after_its_hold(
    failed_s: dict[ProbeName, float],
) -> None:
    city, _ = lossy_city(failed_s)
    city.run(KNOWN_S + 17)
    assert len(told_of_s0(city)) == 1
