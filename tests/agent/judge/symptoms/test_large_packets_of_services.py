"""What pages show of a link: since when they are slow, large packets, and the evidence."""

import pytest

from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    add_link,
    ago,
    echoes,
    held,
    judged_link,
    pages,
)
from tests.agent.judge.symptoms.test_services import (
    BY_TURNS,
    EPISODES,
    PROMPT,
    SLOW_PORTAL,
    over,
    prompt_page,
    slow_page,
    told,
)
from thongsuot_agent.judge.diagnosis import Suspicion
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.failure_modes import Health
from thongsuot_agent.judge.symptoms.near_flows import (
    LARGE_PACKETS_LOST,
    LARGE_PACKETS_LOST_SOMEWHERE,
)
from thongsuot_agent.judge.symptoms.service_over_link import ServiceOverLink
from thongsuot_agent.judge.symptoms.services import (
    diagnose_service,
    large_packets,
    link_slot_for_services,
    may_be_slow,
    service_evidence,
)
from thongsuot_schema.catalogue import http
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


def suspicion_of(*tracks: Track) -> Suspicion:
    at = judged_link(*tracks)
    suspicion = diagnose_service(at, over(*tracks, link=at.link, is_slow_at_times=True), ())
    assert suspicion is not None
    return suspicion


def test_slowness_began_with_the_present_row_or_with_the_latest() -> None:
    in_a_row = slow_page(slow_episodes_ns=[ago(500.0), ago(150.0)])
    assert suspicion_of(in_a_row).onset_ns == ago(150.0)
    by_turns = slow_page(**BY_TURNS, slow_episodes_ns=EPISODES)
    assert suspicion_of(by_turns).onset_ns == ago(100.0)
    both = slow_page(family=Family.IP6, slow_since_ns=ago(222.0))
    assert suspicion_of(by_turns, both).onset_ns == ago(222.0)
    prompt = prompt_page(family=Family.IP6)
    assert suspicion_of(by_turns, prompt).onset_ns == ago(100.0)


@pytest.mark.parametrize(("slow_runs", "expected"), [(0, False), (1, True), (2, True), (3, False)])
def test_one_or_two_slow_pages_have_to_be_looked_into(slow_runs: int, *, expected: bool) -> None:
    assert may_be_slow(over(slow_page(slow_runs=slow_runs)), Settings()) is expected
    quick = slow_page(slow_runs=slow_runs, value_s=0.5)
    assert not may_be_slow(over(quick), Settings())


@pytest.mark.parametrize(
    ("shown", "health", "outcome", "failed"),
    [
        ({"failures": 2, "reason": Reason.TIMED_OUT}, Health.BAD, Outcome.FAILED, 2),
        ({"successes": 4}, Health.GOOD, Outcome.OK, 0),
        (
            {"successes": 1, "episodes_ns": [1, 2, 3], "reason": Reason.TIMED_OUT},
            Health.PARTLY,
            Outcome.FAILED,
            3,
        ),
        (
            {"failures": 4, "episodes_ns": [1, 2, 3], "reason": Reason.TIMED_OUT},
            Health.PARTLY,
            Outcome.FAILED,
            4,
        ),
        ({"successes": 9, "episodes_ns": [1, 2, 3]}, Health.GOOD, Outcome.OK, 0),
        ({"successes": 9}, Health.PARTLY, Outcome.OK, 0),
    ],
    ids=[
        "fails",
        "works",
        "comes and goes",
        "fails more often in a row",
        "came and went",
        "one address is dead",
    ],
)
def test_evidence_says_how_often_it_failed_lately(
    shown: Shown, health: Health, outcome: Outcome, failed: int
) -> None:
    track = pages(**shown)
    own, other = service_evidence([over(track, health=health), over(pages(successes=1))])
    assert (own.outcome, own.failed, own.ok) == (outcome, failed, track.successes)
    assert own.reason is (track.reason if outcome is Outcome.FAILED else None)
    assert (own.link, other.link) == ("", "mobile")
    assert own.segment is Segment.SERVICE


def test_evidence_says_by_which_status_how_many_of_the_failures_were_answered() -> None:
    track = pages(
        failures=17,
        reason=Reason.TIMED_OUT,
        statuses={500: 2, 503: 12},
        other_reason=Reason.TIMED_OUT,
    )
    shown = service_evidence([over(track, health=Health.BAD)])
    status = http.STATUS.name
    assert [(each.failed, each.reason, each.metric, each.value) for each in shown] == [
        (12, Reason.STATUS_UNEXPECTED, status, 503.0),
        (2, Reason.STATUS_UNEXPECTED, status, 500.0),
        (3, Reason.TIMED_OUT, "", None),
    ]


def test_evidence_of_repeated_episodes_states_no_status() -> None:
    track = pages(
        failures=1, episodes_ns=[1, 2, 3], reason=Reason.STATUS_UNEXPECTED, statuses={503: 1}
    )
    (shown,) = service_evidence([over(track, health=Health.PARTLY)])
    assert (shown.failed, shown.value) == (3, None)


def test_evidence_of_both_families_begins_with_ipv4() -> None:
    both = over(pages(family=Family.IP6), pages())
    assert [entry.family for entry in service_evidence([both])] == [Family.IP4, Family.IP6]


STALLS: Shown = {
    "failures": 2,
    "failed_ns": ago(1.0),
    "failed_since_ns": ago(20.0),
    "reason": Reason.TLS_TIMED_OUT,
}
BAD_WITH_SMALL = over(pages(**STALLS | {"reason": Reason.TIMED_OUT}), health=Health.BAD)


def stalling(family: Family = Family.IP4) -> ServiceOverLink:
    return over(pages(family=family, **STALLS), health=Health.BAD)


def passing(family: Family = Family.IP4, **shown: object) -> ServiceOverLink:
    return over(pages(family=family, **PROMPT | shown))


def answering(reason: Reason) -> ServiceOverLink:
    return over(pages(**STALLS | {"reason": reason}), health=Health.BAD)


Elsewhere = list[ServiceOverLink]


@pytest.mark.parametrize(
    ("here", "elsewhere", "is_lost"),
    [
        ([stalling(), stalling()], ([], []), True),
        ([stalling()], ([],), False),
        ([stalling()], ([passing()],), True),
        ([stalling()], ([passing(slow_runs=1)],), False),
        ([stalling(), passing()], ([], []), False),
        ([stalling(), passing()], ([passing()], []), False),
        ([stalling(), stalling()], ([stalling()], []), False),
        ([stalling(), stalling(), stalling()], ([stalling()], [], []), True),
        ([BAD_WITH_SMALL, BAD_WITH_SMALL], ([], []), False),
        ([stalling(), BAD_WITH_SMALL], ([passing()], []), True),
        ([stalling(), answering(Reason.CONNECTION_RESET)], ([passing()], []), False),
        ([stalling(), answering(Reason.CONNECTION_REFUSED)], ([passing()], [passing()]), False),
        ([stalling(), stalling(), answering(Reason.CONNECTION_RESET)], ([], [], []), True),
        ([stalling(Family.IP6)], ([passing(Family.IP6)],), True),
        ([stalling(Family.IP6)], ([passing(Family.IP4)],), False),
        ([stalling(), stalling(Family.IP6)], ([], []), False),
        ([passing(Family.IP6), stalling()], ([], [passing()]), True),
    ],
    ids=[
        "two stall",
        "one stalls",
        "one stalls that works over another link",
        "one stalls that is slow over another link",
        "another works",
        "another works, and the one over another link",
        "one of two stalls over another link as well",
        "one of three does",
        "connections do not even open",
        "one stalls, one does not open",
        "one stalls, one is reset",
        "one stalls, one is refused over this link alone",
        "two stall, one is reset",
        "in the other family",
        "it works over another link in the other family",
        "one in each family",
        "another works in the other family",
    ],
)
def test_large_packets_are_lost_where_pages_stall_that_come_over_other_links_or_two_do(
    here: list[ServiceOverLink], elsewhere: tuple[Elsewhere, ...], *, is_lost: bool
) -> None:
    at = judged_link()
    names = [str(place) for place in range(len(here))]
    found = large_packets(at, here, dict(zip(names, elsewhere, strict=True)))
    assert (found is not None) is is_lost


def test_a_located_loss_of_large_packets_stays_located() -> None:
    at = judged_link()
    both: dict[str, Elsewhere] = {"a": [], "b": []}
    assert large_packets(at, [stalling(), stalling()], both) == LARGE_PACKETS_LOST_SOMEWHERE
    at.link.large_packets = FaultSlot(fault=LARGE_PACKETS_LOST)
    assert large_packets(at, [stalling(), stalling()], both) == LARGE_PACKETS_LOST


@pytest.mark.parametrize(
    ("tracks", "is_lost"),
    [
        ([echoes("zone", recent=0b1_0000_0000)], True),
        ([echoes("zone", recent=0b1_0000_0001)], False),
        ([echoes(target, recent=0b1_0000_0000) for target in ("far", "abroad")], True),
        (
            [
                echoes("zone", recent=0b1_0000_0001),
                *(echoes(target, recent=0b1_0000_0000) for target in ("far", "abroad")),
            ],
            True,
        ),
        (
            [echoes("zone", recent=0b1_0000_0001), echoes("far", recent=0b1_0000_0000)],
            False,
        ),
        ([echoes("gateway", recent=0b1_1111_1111)], True),
        ([echoes("gone", recent=0b1_1111_1111)], True),
        ([echoes("zone", recent=0b1_1111_1111, known_unresponsive=True)], True),
        ([pages("dichvucong", recent=0b1_1111_1111)], True),
    ],
    ids=[
        "none lost",
        "one of eight",
        "none of sixteen",
        "one of 24",
        "one of sixteen",
        "the gateway's",
        "asked no more",
        "known to be silent",
        "pages",
    ],
)
def test_where_small_packets_are_lost_as_well_it_is_loss(
    tracks: list[Track], *, is_lost: bool
) -> None:
    at = judged_link(*tracks)
    found = large_packets(at, [stalling(), stalling()], {"a": [], "b": []})
    assert (found is not None) is is_lost
    at.link.slow = held(Symptom.ACCESS_SLOW)
    assert large_packets(at, [stalling(), stalling()], {"a": [], "b": []}) is None, "a queue"


def test_a_link_that_is_out_gives_its_services_its_fault_and_a_usable_one_does_not() -> None:
    link = LinkMemory(name="fixed", facts_ns=7)
    unknown = link_slot_for_services(link)
    assert unknown is not None
    assert unknown.fault is not None
    assert unknown.fault.symptom is Symptom.NOT_YET_MEASURED
    assert unknown.onset_ns == 7
    link.known = True
    assert link_slot_for_services(link) is None
    link.silence = held(Symptom.ACCESS_SILENT, Segment.ACCESS, State.DOWN)
    out = link_slot_for_services(link)
    assert out is not None
    assert out.fault == link.silence.fault


@pytest.mark.parametrize(("silent_s", "is_reached"), [(30.0, True), (30.000001, False)])
def test_a_target_reached_over_another_line_of_the_router_is_reached(
    silent_s: float, *, is_reached: bool
) -> None:
    link = LinkMemory(name="fixed", known=True)
    link.egress.others[Family.IP4] = "isp2"
    link.egress.since_ns = ago(99.0)
    link.egress.other_answered_ns, link.egress.other_silent_ns = ago(silent_s), NOW_NS
    slot = link_slot_for_services(link)
    assert (slot is None) is is_reached
    if slot is not None:
        assert slot.onset_ns == ago(99.0)


def test_services_over_another_link_are_compared_as_that_link_shows_them() -> None:
    at = judged_link(slow_page())
    add_link(at.memory, "mobile", ())
    assert told(at, over(*at.link.tracks.values(), link=at.link)) == SLOW_PORTAL
