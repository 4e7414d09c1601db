"""What a comparison of a service over all links waits for, and what it decides."""

import pytest

from tests.agent.judge.inventories import PROBES, TARGETS, anchor
from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    ago,
    held,
    judged_link,
    pages,
)
from tests.agent.judge.test_comparisons import (
    DEAD,
    FAILS,
    SITE,
    WORKS,
    asked,
    of,
    opened,
    site,
)
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import SubjectKey
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import (
    FaultSlot,
)
from thongsuot_agent.judge.services import (
    compare_services,
    judge_services,
)
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import SiteProbes, site_probes_from
from thongsuot_agent.judge.symptoms.attribution import RELATION
from thongsuot_agent.judge.symptoms.near_flows import LARGE_PACKETS_LOST_SOMEWHERE
from thongsuot_agent.judge.verdicts import UNKNOWN
from thongsuot_schema.inventory.model import ProbeSchedule
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


def judge(at: LinkContext) -> list[tuple[str, str]]:
    return asked(judge_services(at.memory, SITE, Settings()).confirmation_probes)


def told(at: LinkContext, link: str = "fixed", name: str = "motcua") -> Diagnosis | None:
    slot = of(at, name).slots.get(link)
    return None if slot is None else slot.fault


def refused_here(**shown: object) -> LinkContext:
    """Return a site whose portal refuses over the fibre, and works over the mobile link."""
    return site(pages(**DEAD | shown), mobile=(pages(**WORKS),))


def test_a_service_unreachable_over_only_one_link_is_reported_as_a_relation_of_the_two() -> None:
    at = refused_here()
    opened(at)
    assert judge(at) == []
    assert of(at).comparison is None
    assert told(at) == RELATION
    assert told(at, "mobile") is None
    assert of(at).slots["fixed"].onset_ns == ago(5.0)
    assert set(of(at).judged) == {"fixed", "mobile"}


@pytest.mark.parametrize(
    ("open_s", "is_postponed"), [(29.9, True), (30.0, False)], ids=["in time", "for too long"]
)
def test_a_comparison_waits_half_a_minute_for_a_link_in_doubt(
    open_s: float, *, is_postponed: bool
) -> None:
    at = refused_here()
    at.memory.links["mobile"].burst_ns = NOW_NS
    comparison = opened(at, ago_s=open_s)
    judge(at)
    assert (of(at).comparison is not None) is is_postponed
    if is_postponed:
        assert comparison.waits_ns == NOW_NS + ns(1.0)
        assert comparison.due_ns == NOW_NS + ns(1.0)
        comparison.due_ns = NOW_NS + ns(7.0)
        comparison.waits_ns = 0
        judge(at)
        assert comparison.due_ns == NOW_NS + ns(7.0), "it is never due earlier"


@pytest.mark.parametrize(
    ("fixed", "mobile", "slot", "is_asked"),
    [
        (FAILS, WORKS, None, True),
        (DEAD, WORKS, None, False),
        (WORKS | {"successes": 1}, WORKS, held(), True),
        (WORKS | {"successes": 2}, WORKS, held(), False),
        (WORKS | {"successes": 1}, WORKS, FaultSlot(), False),
        (DEAD, WORKS | {"successes": 1}, None, True),
        (DEAD, DEAD, None, False),
        (DEAD, DEAD | {"failed_ns": ago(2.0)}, None, False),
        (DEAD, DEAD | {"failed_ns": ago(2.0, 1)}, None, True),
        (WORKS | {"slow_runs": 1, "value_s": 5.0}, WORKS, FaultSlot(), True),
        (WORKS, WORKS | {"successes": 1}, None, False),
    ],
    ids=[
        "one failure",
        "two failures",
        "it works again, once",
        "it works again, twice",
        "it worked all the while",
        "the witness has been asked once",
        "it fails everywhere",
        "the other was asked a second before",
        "the other was asked earlier",
        "a slow page",
        "all works, and the other was asked once",
    ],
)
def test_a_doubtful_service_is_probed_once_more_over_all_links(
    fixed: Shown, mobile: Shown, slot: FaultSlot | None, *, is_asked: bool
) -> None:
    at = site(pages(**fixed), mobile=(pages(**mobile),))
    comparison = opened(at)
    if slot is not None:
        of(at).slots["fixed"] = slot
    probes = judge(at)
    assert (probes == [("fixed", "motcua"), ("mobile", "motcua")]) is is_asked
    assert comparison.times_probed == (2 if is_asked else 1)
    assert (of(at).comparison is not None) is is_asked


@pytest.mark.parametrize(
    ("mobile", "is_asked"),
    [
        ({"failed_ns": ago(2.0, 1)}, True),
        ({"failed_ns": ago(2.0)}, False),
        ({"failed_ns": ago(3.0), "unmeasured_ns": ago(2.0)}, False),
        ({"failed_ns": ago(3.0), "unmeasured_ns": ago(2.0, 1)}, True),
    ],
    ids=[
        "failed before",
        "failed since",
        "requested since, without a result",
        "requested before, without a result",
    ],
)
def test_a_line_whose_own_fault_has_just_ended_is_asked_before_the_portal_is_named(
    mobile: Shown, *, is_asked: bool
) -> None:
    """Its failure of before shows nothing; without it, one carrier alone would accuse a portal."""
    at = site(pages(**DEAD), mobile=(pages(**DEAD | mobile),))
    at.memory.links["mobile"].clear_ns = ago(2.0)
    comparison = opened(at)
    assert (judge(at) == [("fixed", "motcua"), ("mobile", "motcua")]) is is_asked
    assert comparison.times_probed == (2 if is_asked else 1)
    assert (told(at) is None) is is_asked


def test_a_line_that_reached_the_portal_before_its_own_fault_is_not_asked_once_more() -> None:
    at = site(pages(**WORKS), mobile=(pages(**WORKS | {"worked_ns": ago(3.0)}),))
    at.memory.links["mobile"].clear_ns = ago(2.0)
    opened(at)
    assert judge(at) == []


@pytest.mark.parametrize(("times", "is_asked"), [(4, True), (5, False)])
def test_a_doubtful_service_is_asked_five_times_at_most(times: int, *, is_asked: bool) -> None:
    at = site(pages(**FAILS))
    opened(at).times_probed = times
    assert (judge(at) != []) is is_asked


STALLED: Shown = DEAD | {"reason": Reason.TLS_TIMED_OUT}


@pytest.mark.parametrize(
    ("shown", "open_s", "awaited", "is_postponed"),
    [
        (STALLED, 5.0, True, True),
        (STALLED, 5.0, False, False),
        (STALLED, 30.0, True, False),
        (DEAD, 5.0, True, False),
    ],
    ids=["others are asked", "others have answered", "for too long", "it refuses"],
)
def test_a_comparison_that_needs_other_services_waits_for_their_answers(
    shown: Shown, open_s: float, *, awaited: bool, is_postponed: bool
) -> None:
    at = site(pages(**shown), pages("dichvucong", **STALLED))
    opened(at, ago_s=open_s)
    other = opened(at, "dichvucong", awaited=awaited)
    other.due_ns = NOW_NS + 1
    if not awaited:
        other.waits_ns = NOW_NS + 1
    judge(at)
    assert (of(at).comparison is not None) is is_postponed


def test_an_overdue_comparison_of_another_service_is_not_waited_for() -> None:
    at = site(pages(**STALLED), pages("dichvucong", **STALLED))
    opened(at)
    opened(at, "dichvucong", awaited=True)
    judge(at)
    assert of(at).comparison is None


def test_a_service_recovered_when_it_first_worked_after_its_fault() -> None:
    for since_ns, onset_ns in ((ago(20.0), ago(20.0)), (ago(40.0), NOW_NS)):
        at = site(pages(**WORKS | {"worked_since_ns": since_ns}))
        of(at).slots["fixed"] = held(onset_ns=ago(30.0))
        opened(at)
        judge(at)
        assert of(at).slots["fixed"].fault is None
        assert of(at).slots["fixed"].onset_ns == onset_ns
    at = site(pages(**WORKS | {"worked_since_ns": ago(30.0)}))
    of(at).slots["fixed"] = held(onset_ns=ago(30.0))
    opened(at)
    judge(at)
    assert of(at).slots["fixed"].onset_ns == ago(30.0)


def test_an_undecided_comparison_keeps_an_earlier_relation() -> None:
    """The service fails over the only link, and nothing proves the way."""
    for before, after in (
        (None, Symptom.SERVICE_REFUSED),
        (UNKNOWN, Symptom.SERVICE_REFUSED),
        (RELATION, RELATION.symptom),
    ):
        at = judged_link(pages(**DEAD))
        of(at).slots["fixed"] = FaultSlot(fault=before, onset_ns=7)
        opened(at)
        judge(at)
        now = told(at)
        assert now is not None
        assert now.symptom is after


def test_a_service_not_measured_or_still_in_doubt_keeps_its_verdict() -> None:
    for tracks in ((), (pages(**FAILS),)):
        at = judged_link(*tracks)
        of(at).slots["fixed"] = FaultSlot(fault=RELATION, onset_ns=7)
        opened(at).times_probed = 5
        judge(at)
        assert told(at) == RELATION


def test_unusable_links_are_neither_probed_nor_judged() -> None:
    for change in ("unknown", "out", "not measured there"):
        at = refused_here()
        mobile = at.memory.links["mobile"]
        if change == "unknown":
            mobile.known = False
        elif change == "out":
            mobile.silence = held(state=State.DOWN)
        else:
            del at.memory.links["mobile"]
        opened(at)
        judge(at)
        told_here = told(at)
        assert told_here is not None
        assert told_here.symptom is Symptom.SERVICE_REFUSED
        assert "mobile" not in of(at).slots


def test_while_a_service_is_watched_another_one_is_probed_as_often() -> None:
    at = site(pages(**WORKS), pages("dichvucong", **WORKS))
    of(at).watch.until_ns = NOW_NS + 1
    of(at, "dichvucong")
    assert judge(at) == [("fixed", "motcua"), ("fixed", "dichvucong")]
    of(at).watch.until_ns = NOW_NS
    assert judge(at) == [], "the watch is over"


def test_the_service_probed_beside_a_watched_one_is_neither_compared_nor_unknown_there() -> None:
    for case in ("alone", "compared", "never asked"):
        tracks = [pages(**WORKS)]
        if case == "compared":
            tracks.append(pages("dichvucong", **WORKS))
        at = site(*tracks)
        of(at).watch.until_ns = NOW_NS + 1
        if case == "compared":
            comparison = opened(at, "dichvucong", awaited=True)
            comparison.due_ns = NOW_NS + 1
        elif case == "never asked":
            of(at, "dichvucong")
        assert judge(at) == [("fixed", "motcua")], case


def test_verdicts_on_services_are_given_even_when_nothing_is_compared() -> None:
    at = site(pages(**WORKS))
    of(at).slots["fixed"] = FaultSlot(onset_ns=7)
    changes = judge_services(at.memory, SITE, Settings()).changes
    assert {(change.verdict.link, change.verdict.state) for change in changes} >= {
        ("fixed", State.UP)
    }
    assert SubjectKey("fixed", "motcua") in at.memory.issued


def stalled_everywhere(*, is_whole: bool = False) -> LinkContext:
    second = WORKS if is_whole else STALLED
    at = judged_link(pages(**STALLED), pages("dichvucong", **second | {}))
    opened(at)
    return at


def test_a_loss_of_large_packets_begins_when_pages_began_to_stall() -> None:
    at = stalled_everywhere()
    first = at.link.tracks[next(iter(at.link.tracks))]
    first.failed_since_ns = ago(44.0)
    judge(at)
    assert at.link.large_packets.fault == LARGE_PACKETS_LOST_SOMEWHERE
    assert at.link.large_packets.onset_ns == ago(44.0)
    assert len(at.link.large_packets.evidence) == 2


@pytest.mark.parametrize("is_whole", [True, False])
def test_large_packets_pass_again_when_a_page_comes(*, is_whole: bool) -> None:
    second = WORKS if is_whole else DEAD
    at = judged_link(pages(**DEAD), pages("dichvucong", **second))
    at.link.large_packets = held(Symptom.LARGE_PACKETS_LOST)
    opened(at)
    judge(at)
    assert (at.link.large_packets.fault is None) is is_whole
    assert at.link.clear_ns == (NOW_NS if is_whole else 0)


def test_a_reported_loss_of_large_packets_is_not_reported_again() -> None:
    at = stalled_everywhere()
    told_before = FaultSlot(fault=LARGE_PACKETS_LOST_SOMEWHERE, onset_ns=7)
    at.link.large_packets = told_before
    judge(at)
    assert at.link.large_packets.onset_ns == 7


def with_near_flows() -> SiteProbes:
    near = ProbeSchedule(kind="fresh_echo", every_s=60.0)
    return site_probes_from(
        tuple(SITE.inventory.links),
        (*TARGETS, anchor("access-fixed", Segment.ACCESS, links=("fixed",))),
        (*PROBES, near),
    )


@pytest.mark.parametrize(("shown", "is_asked"), [(FAILS, True), (WORKS, False)])
def test_new_flows_near_the_site_are_opened_while_a_service_fails(
    shown: Shown, *, is_asked: bool
) -> None:
    probes = with_near_flows()
    at = judged_link(pages(**shown), site_probes=probes)
    of(at)
    found = compare_services(at.memory, probes, Settings(), only_faulty=False)
    assert any(probe.kind == "fresh_echo" for probe in found) is is_asked


def test_a_service_is_asked_in_every_family_that_can_be_probed() -> None:
    at = site(pages(**FAILS), pages(family=Family.IP6, **WORKS))
    of(at)
    found = compare_services(at.memory, SITE, Settings(), only_faulty=False)
    assert [probe.family for probe in found] == [Family.IP4, Family.IP6]
