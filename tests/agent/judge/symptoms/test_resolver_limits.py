"""Name servers at their limits: how many silences, whose flows, what time alone tells of a name."""

import pytest

from tests.agent.judge.inventories import ACCESS, FIXED, MOBILE, PROBES, TARGETS
from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    add_link,
    ago,
    answering,
    echoes,
    held,
    judged_link,
    lookups,
    pages,
    round_of,
    silent,
)
from thongsuot_agent.judge.diagnosis import Suspicion
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import FaultSlot, Track, Traffic
from thongsuot_agent.judge.new_flow_memory import NewFlowRun
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_agent.judge.symptoms.near_flows import (
    CARRIER_DROPS_FRESH_ECHOS,
    NEW_FLOWS_LOST,
)
from thongsuot_agent.judge.symptoms.new_flows import are_new_flows_lost
from thongsuot_agent.judge.symptoms.resolver import (
    detect_resolver_fault,
    is_lookup_unexpected,
    is_resolver_measured,
)
from thongsuot_schema.inventory.model import ProbeSchedule
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom

SILENT: Shown = {
    "silences": 4,
    "silent_ns": ago(1.0),
    "silent_since_ns": ago(20.0),
    "failures": 4,
    "failed_since_ns": ago(20.0),
    "failed_ns": ago(1.0),
}
FORGED: Shown = {
    "failures": 4,
    "reason": Reason.NAME_ANSWER_FORGED,
    "failed_since_ns": ago(20.0),
    "failed_ns": ago(1.0),
}
ALIVE: Shown = {"answered_ns": ago(1.0), "worked_ns": ago(1.0)}


def on_a_good_line(*beside: Track) -> LinkContext:
    return judged_link(echoes("core-fixed", recent=0b1_0000_0000, **ALIVE), *beside)


def suspected(at: LinkContext, *servers: Track) -> Suspicion | None:
    """Judge name servers in a round in which the carrier's core answers."""
    seen = [silent(at, track) if track.silences else answering(at, track) for track in servers]
    core = next(track for track in at.link.tracks.values() if track.target == "core-fixed")
    return detect_resolver_fault(at, round_of(*seen, answering(at, core)))


def symptom_of(at: LinkContext, *servers: Track) -> Symptom | None:
    suspicion = suspected(at, *servers)
    return None if suspicion is None else suspicion.fault.symptom


@pytest.mark.parametrize(
    ("silences", "slow_runs", "symptom"),
    [
        (3, 1, Symptom.RESOLVER_SLOW),
        (4, 1, Symptom.RESOLVER_SILENT),
        (3, 0, Symptom.RESOLVER_SILENT),
    ],
)
def test_a_server_that_was_slow_just_now_is_slow_until_four_runs_in_a_row_are_silent(
    silences: int, slow_runs: int, symptom: Symptom
) -> None:
    server = lookups(**SILENT | {"silences": silences, "slow_runs": slow_runs})
    assert symptom_of(on_a_good_line(), server) is symptom


def test_a_silent_server_beside_a_slow_one_is_slow_and_beside_a_quick_one_is_not() -> None:
    slow: Shown = {"value_s": 3.0, "slow_runs": 2, "slow_since_ns": ago(9.0), **ALIVE}
    other = lookups(family=Family.IP6, **SILENT)
    assert symptom_of(on_a_good_line(), lookups(**slow), other) is Symptom.RESOLVER_SLOW
    quick = lookups(**slow | {"value_s": 0.01})
    assert symptom_of(on_a_good_line(), quick, other) is None
    broken = lookups(**slow | {"failures": 1, "reason": Reason.NAME_SERVER_FAILED})
    assert symptom_of(on_a_good_line(), broken, other) is None, "of which nobody else was asked"


NEAR = site_probes_from(
    (FIXED, MOBILE),
    (*TARGETS, *ACCESS),
    (*PROBES, ProbeSchedule(kind="fresh_echo", every_s=300.0)),
)


def losing_new_flows(by: str) -> LinkContext:
    """Return a link on which new flows are lost, by its pages or by its carrier's routers."""
    core = echoes("core-fixed", recent=0b1_0000_0000, **ALIVE)
    at = judged_link(core, site_probes=NEAR)
    if by == "pages":
        at = judged_link(core, pages(silences=1, silent_ns=ago(1.0)))
    elif by == "routers":
        at.link.new_flows.answering.add("core-fixed")
        beside = NewFlowRun(
            target="core-fixed",
            family=Family.IP4,
            at_ns=ago(2.0),
            answered_ratio=0.0,
            is_beside_lost_lookup=True,
            is_beside_open_echo=True,
        )
        at.link.new_flows.runs = [beside] * 4
    return at


@pytest.mark.parametrize("by", ["pages", "routers"])
def test_silence_while_new_flows_are_lost_is_not_held_against_the_name_server(by: str) -> None:
    server = lookups(**SILENT | {"recent": 0b1_0000_1111})
    suspicion = suspected(losing_new_flows(by), server)
    assert suspicion is not None
    assert suspicion.fault == NEW_FLOWS_LOST
    assert suspicion.onset_ns == ago(20.0)
    assert suspicion.evidence
    at = losing_new_flows(by)
    at.link.resolver = FaultSlot(fault=CARRIER_DROPS_FRESH_ECHOS)
    suspicion = suspected(at, server)
    assert suspicion is not None
    assert suspicion.fault == CARRIER_DROPS_FRESH_ECHOS, "what was located stays so"
    assert symptom_of(losing_new_flows("none"), server) is Symptom.RESOLVER_SILENT


@pytest.mark.parametrize("by", ["pages", "routers"])
def test_a_forged_answer_is_held_against_the_name_server_even_if_new_flows_are_lost(
    by: str,
) -> None:
    at = losing_new_flows(by)
    lost = lookups("zone", **SILENT | {"recent": 0b1_0000_1111})
    at.link.tracks[SeriesKey("dns", "zone", Family.IP4)] = lost
    assert symptom_of(at, lookups(**FORGED)) is None, "it was not asked elsewhere with success"
    add_link(at.memory, "mobile", [lookups(worked_ns=NOW_NS)])
    assert symptom_of(at, lookups(**FORGED)) is Symptom.RESOLVER_FORGED_ANSWER


def test_a_server_is_not_named_while_the_site_fills_its_line() -> None:
    at = on_a_good_line()
    suspicion = suspected(at, lookups(**SILENT))
    assert suspicion is not None
    assert suspicion.is_ripe
    at.link.traffic = Traffic(read_ns=NOW_NS, down_bits_per_second=9e6, down_peak=9e6)
    suspicion = suspected(at, lookups(**SILENT))
    assert suspicion is not None
    assert not suspicion.is_ripe


def test_silence_waits_for_a_page_and_a_wrong_answer_does_not() -> None:
    awaited = pages(worked_ns=ago(21.0))
    recent: Shown = {"silent_since_ns": ago(2.0), "failed_since_ns": ago(2.0)}
    suspicion = suspected(on_a_good_line(awaited), lookups(**SILENT | recent))
    assert suspicion is not None
    assert not suspicion.is_ripe
    answered = pages(worked_ns=ago(2.0))
    suspicion = suspected(on_a_good_line(answered), lookups(**SILENT | recent))
    assert suspicion is not None
    assert suspicion.is_ripe
    at = on_a_good_line(awaited)
    add_link(at.memory, "mobile", [lookups(worked_ns=NOW_NS)])
    suspicion = suspected(at, lookups(**FORGED | {"failed_since_ns": ago(2.0)}))
    assert suspicion is not None
    assert suspicion.is_ripe


@pytest.mark.parametrize(
    ("shown", "onset_ns"),
    [
        ({"failed_since_ns": ago(20.0), "slow_since_ns": ago(30.0)}, ago(20.0)),
        ({"failed_since_ns": None, "slow_since_ns": ago(30.0)}, ago(30.0)),
        ({"failed_since_ns": None, "slow_since_ns": None}, ago(1.0)),
    ],
    ids=["failing", "slow", "since the round"],
)
def test_a_resolver_fault_begins_with_the_first_failure_or_else_the_first_slow_answer(
    shown: Shown, onset_ns: int
) -> None:
    suspicion = suspected(on_a_good_line(), lookups(**SILENT | shown))
    assert suspicion is not None
    assert suspicion.onset_ns == onset_ns


def test_a_series_that_is_not_asked_any_more_is_not_a_comparison() -> None:
    server = lookups(**SILENT | {"silences": 0, "reason": Reason.NAME_SERVER_FAILED})
    gone = lookups("gone", worked_ns=NOW_NS)
    assert symptom_of(on_a_good_line(gone), server) is None
    assert symptom_of(on_a_good_line(lookups("zone", worked_ns=NOW_NS)), server) is not None


def test_a_forwarding_box_is_the_sites_own_name_server() -> None:
    at = on_a_good_line()
    at.link.facts = LinkFacts(present=True, carrier=True, local_resolver=True)
    suspicion = suspected(at, lookups(**SILENT))
    assert suspicion is not None
    assert suspicion.fault.segment is Segment.LAN


@pytest.mark.parametrize(
    ("target", "shown", "believed", "is_unexpected"),
    [
        ("resolver", {"failures": 1}, None, True),
        ("resolver", {"failures": 1, "known_failing": True}, None, False),
        ("resolver", {"value_s": 3.0}, None, True),
        ("resolver", {"value_s": 0.01}, None, False),
        ("resolver", {"value_s": 3.0}, Symptom.RESOLVER_SLOW, False),
        ("resolver", {"value_s": 0.01}, Symptom.RESOLVER_SLOW, True),
        ("zone", {"failures": 1}, None, False),
        ("zone", {"value_s": 3.0}, None, False),
    ],
    ids=[
        "fails",
        "is known to fail",
        "slow",
        "well",
        "slow as believed",
        "well again",
        "another's server fails",
        "another's server is slow",
    ],
)
def test_a_lookup_is_unexpected_if_it_contradicts_the_believed_state(
    target: str, shown: Shown, believed: Symptom | None, *, is_unexpected: bool
) -> None:
    at = judged_link()
    if believed is not None:
        at.link.resolver = held(believed)
    assert is_lookup_unexpected(at, answering(at, lookups(target, **shown))) is is_unexpected


def test_a_name_missing_for_an_hour_is_unexpected_even_if_known() -> None:
    at = judged_link()
    missing: Shown = {"failures": 9, "known_failing": True, "reason": Reason.NAME_NOT_FOUND}
    for seconds, expected in ((3599.9, False), (3600.0, True)):
        track = lookups(missing_since_ns=ago(seconds), failed_ns=NOW_NS, **missing)
        assert is_lookup_unexpected(at, answering(at, track)) is expected


def test_a_round_measures_name_servers_only_if_it_asked_one() -> None:
    at = judged_link()
    assert not is_resolver_measured(round_of(answering(at, echoes("resolver"))))
    assert not is_resolver_measured(round_of(answering(at, lookups("zone"))))
    assert is_resolver_measured(round_of(answering(at, lookups())))


@pytest.mark.parametrize("reason", [Reason.NAME_SERVER_REFUSED, Reason.NAME_SERVER_FAILED])
def test_a_server_that_works_again_is_none_of_what_it_was(reason: Reason) -> None:
    """Its reason is that of the latest run that failed."""
    at = on_a_good_line(lookups("zone", worked_ns=NOW_NS))
    failing: Shown = {"reason": reason, "failed_since_ns": ago(20.0), "failed_ns": ago(1.0)}
    assert symptom_of(at, lookups(**failing, failures=1)) is Symptom.RESOLVER_SILENT
    assert symptom_of(at, lookups(**failing, failures=0)) is None


def test_lookups_over_another_link_are_found_among_its_other_series() -> None:
    at = on_a_good_line()
    add_link(at.memory, "mobile", [echoes("zone", **ALIVE), lookups(worked_ns=NOW_NS)])
    server = lookups(**SILENT | {"silences": 0, "reason": Reason.NAME_SERVER_FAILED})
    assert symptom_of(at, server) is Symptom.RESOLVER_SILENT


def test_a_wrong_answer_is_reported_although_another_server_is_silent() -> None:
    """New flows are lost as well, but no answer becomes wrong by that."""
    at = losing_new_flows("pages")
    add_link(at.memory, "mobile", [lookups(worked_ns=NOW_NS)])
    fell_silent: Shown = {"silences": 1, "silent_ns": ago(1.0), "recent": 0b1_0000_0011}
    other = lookups(family=Family.IP6, **FORGED | fell_silent)
    assert are_new_flows_lost(judged_link(*at.link.tracks.values(), other))
    assert symptom_of(at, lookups(**FORGED), other) is Symptom.RESOLVER_FORGED_ANSWER
