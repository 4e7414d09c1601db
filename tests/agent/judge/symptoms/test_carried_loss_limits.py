"""The limits of the test of what a link carries: what counts, when it is sure, and who is named."""

import pytest

from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    ago,
    echoes,
    fault,
    held,
    judged_link,
    lookups,
    pages,
)
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.loss_memory import CarriedTest
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Track, Traffic
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.symptoms.carried_loss import (
    count_gateway_echo,
    count_run,
    judge_carried_loss,
    needs_samples,
)
from thongsuot_agent.judge.symptoms.carried_samples import RETRANSMITTED, evidence_nats
from thongsuot_agent.judge.symptoms.near_flows import NEW_FLOWS_LOST
from thongsuot_schema.result import Family, Finding, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

ANSWERED, SILENT = Reachability.ANSWERED, Reachability.SILENT
OK = ok_finding({})
ALIVE: Shown = {"answered_ns": ago(1.0)}
OF_LOOKUP = evidence_nats(2, 0, 0.05, 0.004)
OF_LOST_LOOKUP = evidence_nats(4, 1, 0.05, 0.004)
OF_PAGE = evidence_nats(12, 0, 0.05, 0.01)


def count(
    at: LinkContext, track: Track, finding: Finding = OK, sign: Reachability = ANSWERED
) -> None:
    point = at.probes.point_of(track)
    assert point is not None
    count_run(at, point, track, finding, sign)


def lose_one(at: LinkContext, track: Track) -> None:
    track.silences = 1
    count(at, track)
    track.silences = 0


def test_a_lost_question_begins_the_test_and_answers_use_its_evidence_up() -> None:
    track = lookups(**ALIVE)
    at = judged_link(track)
    count(at, track)
    assert at.link.carried_test == CarriedTest(), "nothing was lost yet"
    assert track.carried_sent == 0, "what was clean before the test is no part of it"
    lose_one(at, track)
    test = at.link.carried_test
    assert (test.first_ns, test.lossy_runs, test.lost_ns) == (NOW_NS, 1, NOW_NS)
    assert test.cusum_up == pytest.approx(OF_LOST_LOOKUP)
    assert (track.carried_sent, track.carried_lost) == (4, 1)
    at.memory.now_ns += 5
    lose_one(at, track)
    assert (test.first_ns, test.lossy_runs, test.lost_ns) == (NOW_NS, 2, NOW_NS + 5)
    count(at, track)
    assert test.cusum_up == pytest.approx(2 * OF_LOST_LOOKUP + OF_LOOKUP)
    test.cusum_up = -OF_LOOKUP / 2
    count(at, track)
    assert at.link.carried_test == CarriedTest()
    assert (track.carried_sent, track.carried_lost) == (0, 0)


@pytest.mark.parametrize("what", ["an echo was lost", "a loss is told"])
def test_while_echoes_ask_for_it_what_is_carried_is_counted_though_nothing_was_lost(
    what: str,
) -> None:
    track = lookups(**ALIVE)
    at = judged_link(track)
    if what == "an echo was lost":
        at.link.loss_test.cusum_up = 0.1
    else:
        at.link.loss_fault = held()
    count(at, track)
    count(at, track)
    assert track.carried_sent == 4


def test_a_new_test_counts_its_runs_again() -> None:
    track = lookups(**ALIVE)
    at = judged_link(track)
    at.link.loss_test.cusum_up = 1.0
    at.link.carried_test = CarriedTest(lossy_runs=7, first_ns=3)
    lose_one(at, track)
    assert (at.link.carried_test.lossy_runs, at.link.carried_test.first_ns) == (1, NOW_NS)


def test_a_page_counts_by_its_number_of_segments() -> None:
    page = pages(**ALIVE)
    at = judged_link(page)
    count(at, page, ok_finding({}, evidence={RETRANSMITTED: "2"}))
    assert at.link.carried_test.cusum_up == pytest.approx(evidence_nats(12, 2, 0.05, 0.01))
    count(at, page)
    expected = evidence_nats(12, 2, 0.05, 0.01) + OF_PAGE
    assert at.link.carried_test.cusum_up == pytest.approx(expected)


def test_a_reported_loss_ends_by_evidence_that_losses_use_up() -> None:
    track = lookups(**ALIVE)
    at = judged_link(track)
    at.link.carried_fault = held()
    for number in (1, 2):
        at.memory.now_ns = NOW_NS + number
        count(at, track)
        assert at.link.carried_test.first_ns == NOW_NS + 1
        assert at.link.carried_test.cusum_down == pytest.approx(-number * OF_LOOKUP)
    lose_one(at, track)
    assert at.link.carried_test.cusum_down == 0.0
    assert at.link.carried_test.cusum_up == 0.0


@pytest.mark.parametrize(
    ("slot", "is_counted"),
    [
        ("silence", False),
        ("slow", False),
        ("resolver", False),
        ("facts_slot", False),
        ("large_packets", False),
        ("blocked_services", True),
        ("loss_fault", True),
    ],
)
def test_losses_explained_by_another_fault_are_not_counted(slot: str, *, is_counted: bool) -> None:
    track = lookups(**ALIVE)
    at = judged_link(track)
    setattr(at.link, slot, held())
    lose_one(at, track)
    assert bool(track.carried_lost) is is_counted


@pytest.mark.parametrize("why", ["silent", "flapping", "full", "queued", "of the site"])
def test_losses_by_an_outage_a_queue_or_a_box_of_the_site_are_not_counted(why: str) -> None:
    track = lookups(**ALIVE)
    at = judged_link(track)
    if why == "silent":
        at.link.flap_state.is_silent = True
    elif why == "flapping":
        at.link.flap_state.active = True
    elif why == "full":
        at.link.traffic = Traffic(read_ns=NOW_NS, down_bits_per_second=9e6, down_peak=9e6)
    elif why == "queued":
        at = judged_link(
            track, echoes("zone", value_s=0.05, usual_s=0.02, value_ns=NOW_NS, learned=9)
        )
    else:
        at.link.facts = LinkFacts(present=True, carrier=True, local_resolver=True)
    lose_one(at, track)
    assert track.carried_sent == 0
    assert at.link.carried_test == CarriedTest()


@pytest.mark.parametrize(("sent", "kept"), [(598, 600), (599, 300)])
def test_counts_above_six_hundred_packets_are_halved(sent: int, kept: int) -> None:
    for track in (lookups(**ALIVE), echoes("gateway")):
        track.carried_sent, track.carried_lost = sent, 40
        if track.kind == "dns":
            at = judged_link(track)
            at.link.loss_test.cusum_up = 1.0
            count(at, track)
        else:
            count_gateway_echo(track, ANSWERED)
            count_gateway_echo(track, ANSWERED)
        assert track.carried_sent == kept
        assert track.carried_lost == (40 if kept == 600 else 20)


@pytest.mark.parametrize(
    ("sign", "counted"),
    [
        (ANSWERED, (1, 0)),
        (SILENT, (1, 1)),
        (Reachability.INCONCLUSIVE, (0, 0)),
        (Reachability.UNMEASURED, (0, 0)),
    ],
)
def test_each_echo_to_the_gateway_counts_that_was_answered_or_not(
    sign: Reachability, counted: tuple[int, int]
) -> None:
    track = echoes("gateway")
    count_gateway_echo(track, sign)
    assert (track.carried_sent, track.carried_lost) == counted


@pytest.mark.parametrize(
    ("ratio", "raw_ratio", "share"),
    [(0.0, 0.0, 0.02), (0.4, 0.0, 0.1), (0.1, 0.4, 0.1), (8.0, 0.0, 0.9)],
)
def test_answered_lookups_weigh_against_a_loss_by_the_loss_ratio_of_its_echoes(
    ratio: float, raw_ratio: float, share: float
) -> None:
    track = lookups(**ALIVE)
    at = judged_link(track)
    count(at, track)
    assert at.link.carried_test.acquittal == 0.0, "no loss is told"
    at.link.loss_fault = held()
    at.link.loss_test.ratio, at.link.loss_test.raw_ratio = ratio, raw_ratio
    count(at, track)
    assert at.link.carried_test.acquittal == pytest.approx(-evidence_nats(2, 0, share, 0.004))
    page = pages(**ALIVE)
    before = at.link.carried_test.acquittal
    count(at, page)
    assert at.link.carried_test.acquittal == before, "pages do not"
    lose_one(at, track)
    lost = evidence_nats(4, 1, share, 0.004)
    assert at.link.carried_test.acquittal == pytest.approx(max(0.0, before - lost))


@pytest.mark.parametrize(
    ("told", "up", "down", "expected"),
    [
        (False, 0.0, 0.0, False),
        (False, 0.1, 0.0, True),
        (True, 9.0, 1.83, False),
        (True, 0.0, 1.85, True),
    ],
)
def test_more_lookups_help_while_a_loss_is_in_doubt_or_its_end_is_in_sight(
    up: float, down: float, *, told: bool, expected: bool
) -> None:
    link = LinkMemory(name="fixed", carried_fault=held() if told else FaultSlot())
    link.carried_test = CarriedTest(cusum_up=up, cusum_down=down)
    assert needs_samples(link) is expected


SURE: Shown = {
    "cusum_up": 10.0,
    "first_ns": ago(10.0),
    "lost_ns": ago(30.0),
    "lossy_runs": 4,
}


def losing(**shown: object) -> LinkContext:
    """Return a link whose lookups and pages have lost for long, beyond a clean LAN."""
    at = judged_link(
        lookups("resolver", carried_sent=60, carried_lost=12, **ALIVE),
        lookups("zone", carried_sent=60, carried_lost=12, **ALIVE),
        lookups("resolver", family=Family.IP6, carried_sent=60, carried_lost=12, **ALIVE),
        echoes("gateway", carried_sent=200, recent=0b1_0000_0000, **ALIVE),
    )
    at.link.carried_test = CarriedTest(**SURE | shown)
    return at


def said(at: LinkContext) -> Diagnosis | None:
    judge_carried_loss(at)
    return at.link.carried_fault.fault


@pytest.mark.parametrize(
    ("shown", "is_told"),
    [
        ({}, True),
        ({"cusum_up": 9.99}, False),
        ({"first_ns": ago(10.0, -1)}, False),
        ({"first_ns": None}, False),
        ({"lost_ns": ago(30.0, 1)}, False),
        ({"lossy_runs": 3}, False),
    ],
    ids=[
        "sure",
        "not so sure",
        "for less than ten seconds",
        "just begun",
        "nothing lost for half a minute",
        "three runs lost something",
    ],
)
def test_a_loss_of_what_is_carried_is_reported_when_it_is_sure(
    shown: Shown, *, is_told: bool
) -> None:
    at = losing(**shown)
    assert (said(at) is not None) is is_told
    if is_told:
        assert said(at) == fault(Symptom.ACCESS_LOSS, Segment.ACCESS)
        assert at.link.carried_fault.onset_ns == ago(10.0)
        assert at.link.carried_test == CarriedTest(), "how much is lost from now on"
        shares = {(entry.ok, entry.failed) for entry in at.link.carried_fault.evidence}
        assert shares == {(48, 12)}


def test_a_loss_of_what_is_carried_is_not_reported_beside_an_equal_or_worse_fault() -> None:
    for slot, other in (
        ("silence", held(Symptom.ACCESS_SILENT, state=State.DOWN)),
        ("loss_fault", held()),
        ("resolver", held(Symptom.RESOLVER_SILENT)),
    ):
        at = losing()
        setattr(at.link, slot, other)
        assert said(at) is None, slot
    at = losing()
    at.link.silence = held(Symptom.INTERNATIONAL_TRANSIT_SILENT)
    assert said(at) is not None, "no outage"


@pytest.mark.parametrize(
    ("ratio", "raw_ratio", "policed_ns", "is_told"),
    [
        (0.0199, 0.0199, 0, True),
        (0.02, 0.0, 0, False),
        (0.0, 0.02, 0, False),
        (0.5, 0.5, NOW_NS + 1, True),
        (0.5, 0.5, NOW_NS, False),
    ],
)
def test_a_loss_also_shown_by_echoes_is_reported_from_those_unless_they_are_policed(
    ratio: float, raw_ratio: float, policed_ns: int, *, is_told: bool
) -> None:
    at = losing()
    at.link.loss_test.ratio, at.link.loss_test.raw_ratio = ratio, raw_ratio
    at.link.policed_until_ns = policed_ns
    assert (said(at) is not None) is is_told


@pytest.mark.parametrize(("down", "is_over"), [(9.2, True), (9.19, False)])
def test_a_reported_loss_ends_once_the_evidence_against_it_suffices(
    down: float, *, is_over: bool
) -> None:
    for first_ns, since_ns in ((ago(50.0), ago(50.0)), (None, NOW_NS)):
        at = losing(cusum_down=down, first_ns=first_ns)
        at.link.carried_fault = held()
        assert (said(at) is None) is is_over
        assert at.link.clear_ns == (since_ns if is_over else 0)
        assert (at.link.carried_test == CarriedTest()) is is_over


def test_a_located_table_that_drops_new_flows_is_reported() -> None:
    at = losing()
    at.link.carried_fault = FaultSlot(fault=NEW_FLOWS_LOST)
    assert said(at) == NEW_FLOWS_LOST
    at.link.carried_fault = held()
    assert said(at) == fault(), "what is no table's stays"
