"""Single decisions about whose line a link uses: what is noted, probed and believed."""

import pytest

from tests.agent.judge.inventories import ACCESS, FIXED, PROBES, TARGETS
from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    ago,
    echoes,
    held,
    judged_link,
    lookups,
    pages,
)
from thongsuot_agent.judge import egress
from thongsuot_agent.judge.egress import CARRIER, EGRESS, USED, EgressChange
from thongsuot_agent.judge.egress_identity import EgressIdentity
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import FaultSlot
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_schema.catalogue import egress as catalogue
from thongsuot_schema.inventory.model import Link, ProbeSchedule, Via
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import (
    Family,
    Finding,
    Result,
    Series,
    failed_finding,
    ok_finding,
)
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

ANSWERED, SILENT = Reachability.ANSWERED, Reachability.SILENT
ASKED = ProbeSchedule(kind=EGRESS, every_s=60.0, targets=("far",))
SERVED = Link(name="fixed", interface="fix0", via=Via.ROUTER)
OWN = ok_finding({catalogue.ANSWERED: 1.0, catalogue.OWN: 1.0})
NEITHER = ok_finding({catalogue.ANSWERED: 1.0})
OTHER = ok_finding({catalogue.ANSWERED: 1.0}, evidence={CARRIER: "isp2"})
OUT: Shown = {"symptom": Symptom.ACCESS_SILENT, "state": State.DOWN}
IP4, IP6, NONE = Family.IP4, Family.IP6, Family.NONE


def asked_link(link: Link = FIXED, *, is_asked: bool = True, **known: object) -> LinkContext:
    """Return a link of whose egress this is known, with a reflector that can be asked."""
    schedules = (*PROBES, ASKED) if is_asked else PROBES
    site_probes = site_probes_from((link,), (*TARGETS, *ACCESS), schedules)
    at = judged_link(site_probes=site_probes)
    values: Shown = known
    at.link.egress = EgressIdentity(**values)
    return at


def result_of(finding: Finding, at_ns: int, kind: str = EGRESS, family: Family = IP4) -> Result:
    series = Series(kind=kind, link="fixed", target="far", family=family, revision=1)
    return Result(series=series, boottime_ns=at_ns, finding=finding)


def note(
    at: LinkContext, finding: Finding, at_ns: int = NOW_NS, family: Family = IP4
) -> EgressChange | None:
    return egress.note_egress(at, result_of(finding, at_ns, family=family))


def show(
    at: LinkContext, carrier: str, kind: str = "host", at_ns: int = NOW_NS
) -> EgressChange | None:
    finding = ok_finding({}, evidence={CARRIER: carrier} if carrier else {})
    return egress.note_sign(at, result_of(finding, at_ns, kind, NONE))


def test_the_latest_three_unanswered_runs_are_kept_until_an_answer() -> None:
    at = asked_link()
    for moment in range(4):
        assert note(at, failed_finding(Reason.TIMED_OUT), moment) is None
    assert at.link.egress.unanswered_ns == [1, 2, 3]
    assert note(at, failed_finding(Reason.OVERRUN), 4) is None
    assert at.link.egress.unanswered_ns == [1, 2, 3], "nobody was asked"
    assert note(at, failed_finding(Reason.NOT_SUPPORTED), 5) is None
    assert at.link.egress.unanswered_ns == [2, 3, 5]
    assert note(at, NEITHER, 6) is None
    assert at.link.egress.unanswered_ns == []


@pytest.mark.parametrize(("answered_ns", "is_counted"), [(ago(9.0), False), (ago(9.0) + 1, True)])
def test_a_reflector_is_not_missed_while_nothing_answers_since_an_outage_began(
    answered_ns: int, *, is_counted: bool
) -> None:
    at = asked_link(answered_ns=answered_ns)
    at.link.silence = held(**OUT, onset_ns=ago(9.0))
    note(at, failed_finding(Reason.TIMED_OUT))
    assert bool(at.link.egress.unanswered_ns) is is_counted
    at = asked_link(answered_ns=answered_ns)
    at.link.silence = held(Symptom.TRANSIT_SILENT, onset_ns=ago(9.0))
    note(at, failed_finding(Reason.TIMED_OUT))
    assert at.link.egress.unanswered_ns == [NOW_NS], "no outage"


def test_another_egress_begins_with_the_first_run_that_reports_it() -> None:
    at = asked_link(proven_ns=ago(60.0), other_silent_ns=5)
    assert note(at, OTHER, ago(2.0)) == EgressChange(link="fixed", carrier="isp2")
    identity = at.link.egress
    assert identity.others == {IP4: "isp2"}
    assert (identity.since_ns, identity.other_answered_ns) == (ago(2.0), ago(2.0))
    assert identity.other_silent_ns == 0
    assert identity.proven_ns == ago(60.0)
    assert at.link.valid_from_ns == 0
    assert note(at, OTHER, ago(1.0)) is None, "it is known"
    assert identity.since_ns == ago(2.0)
    assert identity.proven_ns == ago(60.0), "no proof of the own line"


def test_the_own_egress_is_back_once_every_family_uses_it() -> None:
    at = asked_link(others={IP4: "isp2", IP6: "isp2"}, since_ns=7)
    at.link.valid_from_ns = 3
    assert note(at, NEITHER, ago(3.0)) is None, "IPv6 still leaves by the other"
    assert at.link.egress.others == {IP6: "isp2"}
    assert at.link.egress.proven_ns == ago(3.0)
    assert at.link.burst_ns is None, "nothing is proved while one is left"
    assert note(at, NEITHER, ago(2.0), IP6) == EgressChange(link="fixed", carrier="")
    assert at.link.valid_from_ns == ago(2.0)
    assert at.link.egress.since_ns == 7
    assert at.link.egress.proven_ns == ago(2.0)


def test_a_run_from_before_the_link_became_valid_does_not_move_that_moment_back() -> None:
    at = asked_link(others={IP4: "isp2"})
    at.link.valid_from_ns = ago(1.0)
    note(at, NEITHER, ago(2.0))
    assert at.link.valid_from_ns == ago(1.0)


def test_only_a_newer_proof_of_the_own_line_opens_a_burst() -> None:
    at = asked_link()
    note(at, NEITHER, ago(2.0))
    assert at.link.burst_ns == NOW_NS
    assert at.link.egress.proven_ns == ago(2.0)
    at.link.burst_ns = None
    note(at, NEITHER, ago(3.0))
    assert at.link.burst_ns is None
    assert at.link.egress.proven_ns == ago(2.0), "the latest run counts"


@pytest.mark.parametrize(("proven_ns", "is_needed"), [(ago(9.0), True), (ago(9.0) + 1, False)])
def test_after_an_outage_only_a_proof_newer_than_its_onset_is_enough(
    proven_ns: int, *, is_needed: bool
) -> None:
    at = asked_link(proven_ns=proven_ns)
    at.link.silence = held(**OUT, onset_ns=ago(9.0))
    note(at, NEITHER)
    assert (at.link.burst_ns is not None) is is_needed
    at = asked_link(proven_ns=proven_ns)
    at.link.silence = held(Symptom.TRANSIT_SILENT, onset_ns=ago(9.0))
    note(at, NEITHER)
    assert at.link.burst_ns is None, "no outage"


def test_a_reflector_that_sees_the_own_carrier_withdraws_what_the_device_saw() -> None:
    at = asked_link(proven_ns=1)
    show(at, "isp2")
    assert note(at, NEITHER) is None
    assert at.link.egress.others == {NONE: "isp2"}
    assert at.link.egress.own_ns == 0
    assert note(at, OWN) == EgressChange(link="fixed", carrier="")
    assert at.link.egress.own_ns == NOW_NS
    assert show(at, "isp2") is None, "the same table, once more"
    assert show(at, "isp3") == EgressChange(link="fixed", carrier="isp3")
    assert at.link.egress.own_ns == 0


def test_an_egress_seen_by_the_device_counts_until_no_kind_of_run_sees_it() -> None:
    at = asked_link(is_asked=False)
    assert show(at, "") is None
    assert show(at, "isp2", "host", ago(3.0)) == EgressChange(link="fixed", carrier="isp2")
    assert at.link.egress.since_ns == ago(3.0)
    assert show(at, "isp2", "host") is None
    assert at.link.egress.proven_ns == 0, "it proves nothing of the own line"
    assert show(at, "isp3", "radio") == EgressChange(link="fixed", carrier="isp3")
    assert show(at, "", "snmp") is None, "a kind that has seen none"
    assert show(at, "", "radio") == EgressChange(link="fixed", carrier="isp2")
    assert at.link.burst_ns is None
    assert show(at, "", "host") == EgressChange(link="fixed", carrier="")
    assert at.link.egress.others == {}
    assert at.link.burst_ns == NOW_NS


def test_a_sign_that_disappears_asks_the_reflector_before_a_burst() -> None:
    at = asked_link(proven_ns=1)
    show(at, "isp2")
    show(at, "")
    assert at.link.burst_ns is None


def test_failed_runs_and_links_chosen_by_the_router_give_no_sign() -> None:
    at = asked_link()
    failed = result_of(failed_finding(Reason.TIMED_OUT, evidence={CARRIER: "isp2"}), 1, "host")
    assert egress.note_sign(at, failed) is None
    assert show(asked_link(SERVED), "isp2") is None


def test_a_change_of_the_line_used_by_the_router_is_noted_once() -> None:
    at = asked_link(SERVED)

    def used(carrier: str, at_ns: int = NOW_NS) -> EgressChange | None:
        return note(at, ok_finding({}, evidence={USED: carrier} if carrier else {}), at_ns)

    assert used("isp1", ago(3.0)) is None, "the first that is seen is no change"
    assert at.link.egress.proven_ns == ago(3.0)
    assert used("", ago(2.0)) is None, "it does not say"
    assert used("isp1", ago(4.0)) is None
    assert at.link.egress.proven_ns == ago(2.0)
    assert used("isp2") == EgressChange(link="fixed", carrier="isp2", before="isp1")
    assert at.link.egress.used == "isp2"


PORTAL, ROUTER, CORE = pages(), echoes("access-fixed"), echoes("core-fixed")


@pytest.mark.parametrize(
    ("track", "sign", "change", "is_own"),
    [
        (echoes("gateway"), ANSWERED, {}, True),
        (CORE, ANSWERED, {}, False),
        (CORE, SILENT, {}, True),
        (CORE, ANSWERED, {"proven_ns": 1}, True),
        (CORE, ANSWERED, {"unanswered_ns": [1, 2]}, False),
        (CORE, ANSWERED, {"unanswered_ns": [1, 2, 3]}, True),
        (None, ANSWERED, {}, False),
        (PORTAL, ANSWERED, {"others": {IP4: "isp2"}}, True),
        (PORTAL, SILENT, {"others": {IP4: "isp2"}}, False),
        (CORE, ANSWERED, {"others": {IP4: "isp2"}, "proven_ns": 1}, False),
        (None, ANSWERED, {"others": {IP4: "isp2"}, "proven_ns": 1}, False),
        (echoes("gateway"), ANSWERED, {"others": {IP4: "isp2"}}, True),
    ],
    ids=[
        "the gateway",
        "no proof yet",
        "silence needs none",
        "proved",
        "the reflector is silent",
        "and is gone",
        "not measured any more",
        "the people reach it",
        "they do not",
        "by the other line",
        "not measured, by the other line",
        "the gateway of both",
    ],
)
def test_an_answer_counts_for_the_line_that_it_came_by(
    track: object, sign: Reachability, change: Shown, *, is_own: bool
) -> None:
    at = asked_link(**change)
    point = None if track is None else at.probes.point_of(track)  # type: ignore[arg-type]
    assert egress.is_attributable(at, point, sign) is is_own
    served = asked_link(SERVED, **change)
    assert egress.is_attributable(served, point, sign), "whatever answers is what the site has"
    unasked = asked_link(is_asked=False, **change)
    assert egress.is_attributable(unasked, point, sign) is (is_own or "others" not in change)


@pytest.mark.parametrize(
    ("segment", "router", "core"),
    [
        (Segment.LAN, False, False),
        (Segment.ACCESS, False, False),
        (Segment.CARRIER, True, False),
        (Segment.TRANSIT, True, True),
        (None, False, False),
    ],
)
def test_answers_from_nearer_than_an_outage_need_no_proof_of_the_line(
    segment: Segment | None, *, router: bool, core: bool
) -> None:
    at = asked_link(proven_ns=ago(9.0))
    at.link.silence = held(**OUT, segment=segment, onset_ns=ago(5.0))
    for track, is_before in ((ROUTER, router), (CORE, core)):
        point = at.probes.point_of(track)
        assert egress.is_attributable(at, point, ANSWERED) is is_before
        at.link.egress.answered_ns = 0
        egress.note_other_line(at.link, point, NOW_NS, ANSWERED)
        assert at.link.egress.answered_ns == (0 if is_before else NOW_NS)


def test_the_other_lines_state_is_noted_while_it_is_used() -> None:
    at = asked_link()
    point, gateway = at.probes.point_of(CORE), at.probes.point_of(echoes("gateway"))
    link, identity = at.link, at.link.egress

    def noted() -> tuple[int, int, int]:
        return identity.answered_ns, identity.other_answered_ns, identity.other_silent_ns

    egress.note_other_line(link, point, 5, ANSWERED)
    egress.note_other_line(link, point, 4, ANSWERED)
    egress.note_other_line(link, point, 6, SILENT)
    egress.note_other_line(link, gateway, 9, ANSWERED)
    egress.note_other_line(link, None, 9, ANSWERED)
    assert noted() == (5, 0, 0)
    identity.others[IP4] = "isp2"
    egress.note_other_line(link, point, 8, ANSWERED)
    egress.note_other_line(link, point, 7, ANSWERED)
    egress.note_other_line(link, point, 12, SILENT)
    egress.note_other_line(link, point, 11, SILENT)
    egress.note_other_line(link, point, 99, Reachability.UNMEASURED)
    egress.note_other_line(link, gateway, 99, SILENT)
    assert noted() == (8, 8, 12)


@pytest.mark.parametrize(("early_ns", "is_alive"), [(0, True), (1, False)])
def test_the_other_line_is_alive_until_it_was_silent_for_half_a_minute(
    early_ns: int, *, is_alive: bool
) -> None:
    identity = EgressIdentity(other_answered_ns=ago(30.0, early_ns), other_silent_ns=NOW_NS)
    assert identity.is_other_line_alive is is_alive


@pytest.mark.parametrize(
    ("change", "wait_s"),
    [({}, 1.0), ({"others": {IP4: "isp2"}, "proven_ns": 1}, 10.0), ({"proven_ns": 1}, None)],
    ids=["no proof yet", "by the other line", "proved"],
)
def test_the_reflector_is_asked_again_until_it_answers(change: Shown, wait_s: float | None) -> None:
    at = asked_link(asked_ns=NOW_NS, **change)
    at.memory.now_ns = NOW_NS + round((wait_s or 60.0) * NS_PER_S) - 1
    assert egress.probes_for_proof(at) == ()
    at.memory.now_ns += 1
    asked = egress.probes_for_proof(at)
    assert {(probe.kind, probe.target) for probe in asked} == (
        set() if wait_s is None else {(EGRESS, "far")}
    )
    if wait_s is not None:
        assert at.link.egress.asked_ns == at.memory.now_ns
    at = asked_link(is_asked=False, **change)
    assert egress.probes_for_proof(at) == ()


def test_the_reflector_is_asked_in_the_families_that_the_link_has() -> None:
    at = asked_link()
    assert [probe.family for probe in egress.ask(at)] == [IP4, IP6]
    at.link.facts = LinkFacts(present=True, carrier=True, has_address6=True, has_route6=True)
    assert [probe.family for probe in egress.ask(at)] == [IP6]


def test_unanswered_runs_since_an_outage_began_are_dropped() -> None:
    at = asked_link(unanswered_ns=[1, 2, 3])
    egress.forgive_unanswered(at.link, 2)
    assert at.link.egress.unanswered_ns == [1]


def test_an_outage_is_held_while_traffic_uses_another_line() -> None:
    at = asked_link(others={IP4: "isp2"})
    assert not egress.is_held(at.link)
    at.link.silence = held(**OUT)
    assert egress.is_held(at.link)
    at.link.egress.others.clear()
    assert not egress.is_held(at.link)
    at.link.silence = FaultSlot()
    assert not egress.is_held(at.link)


def test_lookups_are_attributed_like_pages() -> None:
    at = asked_link(others={IP4: "isp2"})
    point = at.probes.point_of(lookups("zone"))
    assert not egress.is_attributable(at, point, ANSWERED), "no service of the site"
