"""The effect of single events: results, facts and the passing of time."""

import pytest
from msgspec import structs

from tests.agent.judge.inventories import two_links
from tests.agent.judge.link_cases import NOW_NS, add_link, ago
from tests.agent.judge.simulated_site import FACTS_OK
from thongsuot_agent.judge.engine import StepOutcome, step
from thongsuot_agent.judge.events import LinkEvent, ResultArrival, Tick
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.memory import Memory, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_schema.catalogue import host, icmp
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import (
    Family,
    Finding,
    Result,
    Series,
    failed_finding,
    ok_finding,
)

SITE = two_links()
LOST = failed_finding(Reason.TIMED_OUT)
HERE = ok_finding({icmp.RTT: 0.01, icmp.LOSS: 0.0})


def unmeasured_finding(reason: Reason) -> Finding:
    return Finding(outcome=Outcome.UNMEASURED, reason=reason)


def result(
    finding: Finding,
    *,
    kind: str = "icmp",
    target: str = "zone",
    link: str = "fixed",
    family: Family = Family.IP4,
    at_ns: int = NOW_NS,
) -> Result:
    series = Series(kind=kind, target=target, link=link, family=family, revision=1)
    return Result(series=series, boottime_ns=at_ns, finding=finding)


def known_memory() -> Memory:
    memory = Memory(now_ns=NOW_NS)
    for name in ("fixed", "mobile"):
        add_link(memory, name, ())
    return memory


def take(memory: Memory, event: Result | ResultArrival | Tick | LinkEvent) -> StepOutcome:
    return step(memory, event, SITE, Settings())


def track(memory: Memory, kind: str = "icmp", family: Family = Family.IP4) -> Track | None:
    return memory.links["fixed"].tracks.get(SeriesKey(kind, "zone", family))


def test_time_never_goes_back() -> None:
    memory = known_memory()
    take(memory, result(HERE, at_ns=NOW_NS - 5))
    assert memory.now_ns == NOW_NS
    take(memory, ResultArrival(boottime_ns=NOW_NS + 7, result=result(HERE)))
    assert memory.now_ns == NOW_NS + 7
    take(memory, Tick(boottime_ns=NOW_NS + 9, wall_s=5.0))
    assert (memory.now_ns, memory.wall_s, memory.wall_ns) == (NOW_NS + 9, 5.0, NOW_NS + 9)


@pytest.mark.parametrize(
    "event",
    [
        result(HERE, link="gone"),
        result(HERE, target="gone"),
        result(unmeasured_finding(Reason.OVERRUN)),
        result(unmeasured_finding(Reason.BUDGET_SPENT)),
        LinkEvent(boottime_ns=NOW_NS, link="gone", facts=FACTS_OK),
    ],
    ids=["no such link", "no such target", "left out", "its budget was spent", "no such interface"],
)
def test_unmeasured_or_never_started_series_say_nothing(
    event: Result | LinkEvent,
) -> None:
    memory = known_memory()
    outcome = take(memory, event)
    assert (outcome.changes, outcome.confirmation_probes) == ((), ())
    assert set(memory.links) == {"fixed", "mobile"}
    assert not memory.links["fixed"].tracks
    assert memory.links["fixed"].heard_ns is None


def test_only_measured_runs_count_as_hearing_of_a_link() -> None:
    memory = known_memory()
    link = memory.links["fixed"]
    take(memory, result(HERE, at_ns=ago(2.0)))
    take(memory, result(LOST, target="far", at_ns=ago(3.0)))
    assert link.heard_ns == ago(2.0)
    take(memory, result(unmeasured_finding(Reason.NO_ROUTE)))
    assert link.heard_ns == ago(2.0)
    assert link.starved_ns is None
    for reason in (Reason.AGENT_STARVED, Reason.RESOURCE_EXHAUSTED):
        link.starved_ns = None
        take(memory, result(unmeasured_finding(reason), at_ns=ago(1.0)))
        assert link.starved_ns == ago(1.0), reason


@pytest.mark.parametrize(("early_ns", "silences"), [(0, 1), (1, 0)])
def test_a_run_that_began_before_the_interface_could_send_is_not_a_silence(
    early_ns: int, silences: int
) -> None:
    memory = known_memory()
    memory.links["fixed"].valid_from_ns = ago(1.0)
    take(memory, result(LOST, at_ns=ago(1.0, early_ns)))
    shown = track(memory)
    assert shown is not None
    assert shown.silences == silences


@pytest.mark.parametrize(
    ("is_filtered", "family", "silences"),
    [(True, Family.IP4, 0), (True, Family.IP6, 1), (False, Family.IP4, 1)],
)
def test_answers_that_the_devices_own_kernel_drops_are_nobodys_silence(
    family: Family, silences: int, *, is_filtered: bool
) -> None:
    memory = known_memory()
    memory.links["fixed"].facts = structs.replace(FACTS_OK, reverse_filtered=is_filtered)
    take(memory, result(LOST, family=family))
    shown = track(memory, family=family)
    assert shown is not None
    assert shown.silences == silences
    take(memory, result(HERE, family=family, at_ns=NOW_NS + 1))
    assert shown.answered_ns == NOW_NS + 1, "what comes through counts"


def test_echoes_count_in_the_test_of_loss_and_lookups_in_that_of_carried_packets() -> None:
    memory = known_memory()
    for at_s in (3.0, 2.0):
        take(memory, result(HERE, at_ns=ago(at_s)))
        take(memory, result(ok_finding({}), kind="dns", at_ns=ago(at_s)))
    echoes, lookups = track(memory), track(memory, "dns")
    assert echoes is not None
    assert lookups is not None
    assert (echoes.sent, echoes.carried_sent) == (2, 0)
    assert (lookups.sent, lookups.successes) == (0, 2)


def test_counters_of_an_interface_and_its_neighbour_come_from_the_host() -> None:
    memory = known_memory()
    finding = ok_finding({host.GATEWAY_NEIGHBOUR: 1.0})
    take(memory, result(finding, kind="host", target="", family=Family.NONE))
    assert memory.links["fixed"].traffic.neighbour is True
    assert not memory.links["fixed"].tracks


def test_a_result_on_one_link_also_opens_a_due_burst_of_another_link() -> None:
    for burst_ns, is_asked in ((NOW_NS, True), (NOW_NS + 1, False), (None, False)):
        memory = known_memory()
        mobile = memory.links["mobile"]
        mobile.facts, mobile.burst_ns = FACTS_OK, burst_ns
        outcome = take(memory, result(HERE))
        links = {probe.link for probe in outcome.confirmation_probes}
        assert ("mobile" in links) is is_asked
        assert (mobile.round is not None) is is_asked


def test_the_first_silence_on_a_healthy_link_opens_a_burst() -> None:
    memory = known_memory()
    memory.links["fixed"].facts = FACTS_OK
    outcome = take(memory, result(LOST))
    assert {probe.kind for probe in outcome.confirmation_probes} >= {"icmp", "dns"}
    assert memory.links["fixed"].round is not None


def test_facts_are_stored_for_the_link_they_describe() -> None:
    memory = known_memory()
    take(memory, LinkEvent(boottime_ns=NOW_NS, link="mobile", facts=FACTS_OK))
    assert memory.links["mobile"].facts == FACTS_OK
    assert memory.links["fixed"].facts is None
    assert memory.links["mobile"].facts_ns == NOW_NS


def test_a_tick_lets_time_pass_on_every_link() -> None:
    memory = known_memory()
    for link in memory.links.values():
        link.heard_ns = ago(500.0)
    take(memory, Tick(boottime_ns=NOW_NS, wall_s=None))
    assert [link.known for link in memory.links.values()] == [False, False]
