"""What the end of a round, or of a fault, does to a link, and what it asks for meanwhile."""

import pytest
from msgspec import structs

from tests.agent.judge.inventories import ACCESS, FIXED, MOBILE, PROBES, TARGETS
from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
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
from tests.agent.judge.simulated_site import FACTS_OK
from thongsuot_agent.judge import links
from thongsuot_agent.judge.diagnosis import Suspicion
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.loss_memory import CarriedTest, LossTest
from thongsuot_agent.judge.memory import FaultSlot, Round, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_agent.judge.symptoms.interface import CABLE_UNPLUGGED
from thongsuot_agent.judge.symptoms.silence import ACCESS_SILENT
from thongsuot_schema.inventory.model import ProbeSchedule
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

NEAR = site_probes_from(
    (FIXED, MOBILE),
    (*TARGETS, *ACCESS),
    (*PROBES, ProbeSchedule(kind="fresh_echo", every_s=300.0)),
)
ALIVE: Shown = {"answered_ns": ago(0.5), "answered_since_ns": ago(99.0), "recent": 0b1_0000_0000}


def nearly_over(symptom: Symptom) -> FaultSlot:
    """Return a fault that one more round without it ends."""
    slot = held(symptom, onset_ns=ago(900.0))
    slot.is_pending, slot.rounds, slot.first_ns = True, 50, ago(500.0)
    slot.pending_onset_ns = ago(3.0)
    return slot


def losing_link() -> LinkContext:
    at = judged_link(echoes("zone", sent=9, lost=3), lookups(carried_sent=9, carried_lost=3))
    at.link.loss_test = LossTest(cusum_up=3.0)
    at.link.carried_test = CarriedTest(cusum_up=3.0)
    return at


@pytest.mark.parametrize(
    ("name", "symptom", "loss_is_forgotten", "carried_is_forgotten"),
    [
        ("slow", Symptom.ACCESS_SLOW, True, False),
        ("resolver", Symptom.RESOLVER_SILENT, False, True),
        ("silence", Symptom.ACCESS_SILENT, False, False),
    ],
)
def test_losses_caused_by_a_queue_or_a_dead_name_server_are_dropped_when_it_ends(
    name: str, symptom: Symptom, *, loss_is_forgotten: bool, carried_is_forgotten: bool
) -> None:
    at = losing_link()
    slot = nearly_over(symptom)
    setattr(at.link, name, slot)
    links._advance(at, slot, None, round_of(answering(at, echoes("far", **ALIVE))))
    assert slot.fault is None
    assert (at.link.loss_test == LossTest()) is loss_is_forgotten
    assert (at.link.carried_test == CarriedTest()) is carried_is_forgotten
    assert at.link.clear_ns == ago(3.0)
    assert at.link.clear_evidence


def test_the_onset_of_a_fault_resets_no_loss_test_and_clears_nothing() -> None:
    at = losing_link()
    suspicion = Suspicion(fault=ACCESS_SILENT, onset_ns=ago(9.0))
    at.link.silence = FaultSlot(
        is_pending=True, pending=ACCESS_SILENT, rounds=50, first_ns=0, pending_onset_ns=ago(9.0)
    )
    links._advance(at, at.link.silence, suspicion, round_of(silent(at, echoes("far"))))
    assert at.link.silence.fault == ACCESS_SILENT
    assert at.link.clear_ns == 0
    assert at.link.loss_test.cusum_up == 3.0


def test_the_first_round_of_a_suspicion_is_remembered() -> None:
    at = judged_link()
    slot = at.link.slow
    suspicion = Suspicion(fault=held(Symptom.ACCESS_SLOW).fault or ACCESS_SILENT, onset_ns=1)
    for moment in (7, 8):
        observed = round_of(answering(at, echoes("far", **ALIVE)), since_ns=moment)
        links._advance(at, slot, suspicion, observed)
        assert (slot.is_pending, slot.round_ns) == (True, 7)
    links._advance(at, slot, None, round_of(since_ns=9))
    assert (slot.is_pending, slot.round_ns) == (False, 7)


def test_the_end_of_a_silence_is_its_first_answer_and_of_another_fault_its_round() -> None:
    for name, symptom, since_ns in (
        ("silence", Symptom.ACCESS_SILENT, ago(2.0)),
        ("slow", Symptom.ACCESS_SLOW, ago(5.0)),
    ):
        at = judged_link()
        slot = held(symptom, onset_ns=ago(60.0), state=State.DOWN)
        setattr(at.link, name, slot)
        back = echoes("far", answered_ns=ago(1.0), answered_since_ns=ago(2.0), silent_ns=ago(30.0))
        links._advance(at, slot, None, round_of(answering(at, back), since_ns=ago(5.0)))
        assert slot.pending_onset_ns == since_ns


def asks(at: LinkContext) -> set[str]:
    return {probe.kind for probe in links.advance_rounds(at)}


def test_new_flows_are_probed_once_while_all_is_well() -> None:
    at = judged_link(echoes("core-fixed", **ALIVE), site_probes=NEAR)
    at.link.known = False
    assert asks(at) == set()
    at.link.known = True
    assert asks(at) == {"fresh_echo"}
    assert at.link.new_flows.asked_ns == NOW_NS
    at.memory.now_ns += 100_000_000_000
    assert asks(at) == set()


def test_a_due_burst_is_opened_and_probes_nobody_twice() -> None:
    at = judged_link(echoes("core-fixed", **ALIVE), site_probes=NEAR)
    at.link.facts = FACTS_OK
    at.link.burst_ns = NOW_NS + 1
    assert asks(at) == {"fresh_echo"}
    at.link.burst_ns = NOW_NS
    at.link.new_flows.asked_ns = 0
    asked = links.advance_rounds(at)
    assert {probe.kind for probe in asked} >= {"icmp", "dns", "fresh_echo"}
    assert len(set(asked)) == len(asked)
    assert at.link.round is not None
    assert at.link.burst_ns is None


def is_left_open(due_ns: int) -> bool:
    """Return whether a round that has one more answer to wait for is open after an event."""
    at = judged_link(echoes("zone", **ALIVE))
    at.link.round = Round(opened_ns=ago(2.0), due_ns=due_ns, is_burst=False)
    links.advance_rounds(at)
    return at.link.round is not None


def test_a_round_that_is_complete_is_closed() -> None:
    assert is_left_open(NOW_NS + 1)
    assert not is_left_open(NOW_NS)


def closed(at: LinkContext, *, is_burst: bool = True) -> LinkContext:
    at.link.round = Round(opened_ns=ago(2.0), due_ns=NOW_NS, is_burst=is_burst)
    links.close_round(at)
    return at


def slow_echo(target: str) -> Track:
    return echoes(target, value_s=0.9, value_ns=ago(0.5), usual_s=0.02, learned=9, **ALIVE)


def test_slow_echoes_and_dead_name_servers_are_judged_where_no_outage_is_suspected() -> None:
    dead = lookups(
        silences=2,
        silent_ns=ago(1.0),
        silent_since_ns=ago(9.0),
        silent_heard_ns=NOW_NS,
        failures=2,
        failed_ns=ago(1.0),
        failed_since_ns=ago(9.0),
    )
    near = [slow_echo(target) for target in ("access-fixed", "core-fixed", "zone", "far")]
    at = closed(judged_link(echoes("gateway", **ALIVE), dead, *near))
    assert at.link.slow.is_pending
    assert at.link.resolver.is_pending or at.link.resolver.fault is None
    at = judged_link(echoes("gateway", **ALIVE), dead, echoes("zone", **ALIVE))
    assert closed(at).link.resolver.is_pending
    assert at.link.inconclusive_bursts == 0, "something was found"


def test_while_an_outage_is_suspected_no_other_fault_is_examined() -> None:
    mute: Shown = {
        "silences": 2,
        "silent_ns": ago(1.0),
        "silent_since_ns": ago(1.5),
        "silent_heard_ns": NOW_NS,
        "answered_ns": ago(15.0),
        "failures": 2,
        "failed_ns": ago(1.0),
        "failed_since_ns": ago(1.5),
    }
    gone = [echoes(target, **mute) for target in ("access-fixed", "core-fixed", "zone", "far")]
    patient = Settings(silence=structs.replace(Settings().silence, confirm_s=4.0))
    at = judged_link(echoes("gateway", **ALIVE), lookups(**mute), *gone, settings=patient)
    at.link.known = False
    at.link.resolver = FaultSlot(is_pending=True, pending=ACCESS_SILENT)
    closed(at)
    assert at.link.silence.is_pending
    assert at.link.resolver.is_pending, "it is neither found again nor found to be over"
    assert not at.link.known
    assert not any(track.known_unresponsive for track in at.link.tracks.values())
    assert at.link.inconclusive_bursts == 0


@pytest.mark.parametrize(
    ("change", "is_noted"),
    [
        ({}, True),
        ({"slow": FaultSlot(is_pending=True)}, False),
        ({"resolver": FaultSlot(is_pending=True)}, False),
        ({"silence": held(Symptom.TRANSIT_SILENT)}, False),
        ({"slow": held(Symptom.ACCESS_SLOW)}, True),
    ],
)
def test_unresponsive_targets_are_marked_only_while_nothing_is_pending(
    change: Shown, *, is_noted: bool
) -> None:
    at = judged_link()
    for name, slot in change.items():
        setattr(at.link, name, slot)
    mute, fails = echoes("zone", silences=3), lookups(failures=1, reason=Reason.NAME_NOT_FOUND)
    observed = round_of(
        answering(at, echoes("far", **ALIVE)), silent(at, mute), answering(at, fails)
    )
    links._note_known_unresponsive(at, observed)
    assert mute.known_unresponsive is is_noted
    is_open = any(slot.is_pending for slot in change.values())
    assert fails.known_failing is not is_open


def test_no_target_is_marked_unresponsive_while_no_other_answers() -> None:
    at = judged_link()
    mute = echoes("gateway", silences=3)
    links._note_known_unresponsive(at, round_of(silent(at, mute)))
    assert not mute.known_unresponsive


@pytest.mark.parametrize(
    ("track", "hides"),
    [
        (echoes("exchange", silences=1), True),
        (lookups("zone", silences=1), True),
        (pages(silences=1), False),
        (echoes("exchange"), False),
        (echoes("exchange", silences=1, known_unresponsive=True), False),
        (
            echoes(
                "exchange",
                silences=1,
                silent_ns=1,
                unmeasured_ns=2,
                unmeasured_reason=Reason.NO_ROUTE,
            ),
            False,
        ),
        (echoes("far", silences=1), False),
        (echoes("far", family=Family.IP6, silences=1), True),
        (echoes("gone", silences=1), False),
    ],
    ids=[
        "an anchor",
        "a name server",
        "a page",
        "who is not silent",
        "who is known for it",
        "who cannot be asked",
        "who was heard",
        "who was heard in another family",
        "who is measured no more",
    ],
)
def test_a_target_whose_last_run_was_silent_and_not_probed_since_may_be_part_of_an_outage(
    track: Track, *, hides: bool
) -> None:
    at = judged_link(track)
    at.link.facts = FACTS_OK
    far = SeriesKey("icmp", "far", Family.IP4)
    observed = round_of(silent(at, at.link.tracks.get(far, echoes("far"))))
    assert links._is_any_silent_not_probed(at, observed) is hides


def test_the_verdict_of_an_outage_that_can_no_longer_be_observed_stays() -> None:
    at = judged_link()
    at.link.heard_ns = ago(900.0)
    at.link.silence = held(Symptom.ACCESS_SILENT, state=State.DOWN)
    at.link.egress.others[Family.IP4] = "isp2"
    links.apply_elapsed_time(at)
    assert at.link.silence.fault is not None
    at.link.egress.others.clear()
    links.apply_elapsed_time(at)
    assert not at.link.known
    assert at.link.silence.fault is None


def test_a_dead_interface_probes_nothing_and_keeps_its_round() -> None:
    at = judged_link(echoes("zone", **ALIVE))
    at.link.facts_slot = FaultSlot(fault=CABLE_UNPLUGGED)
    at.link.round = Round(opened_ns=ago(2.0), due_ns=NOW_NS, is_burst=True)
    assert links.advance_rounds(at) == ()
    assert at.link.round is not None


@pytest.mark.parametrize(("segment", "is_kept"), [(Segment.ACCESS, False), (None, True)])
def test_an_outage_drops_the_other_faults_of_a_link_and_a_lesser_fault_keeps_them(
    segment: Segment | None, *, is_kept: bool
) -> None:
    mute: Shown = {
        "silences": 5,
        "silent_ns": ago(1.0),
        "silent_since_ns": ago(9.0),
        "silent_heard_ns": NOW_NS,
        "answered_ns": ago(15.0),
    }
    gone = [echoes(target, **mute) for target in ("access-fixed", "core-fixed", "zone", "far")]
    lost = [] if segment is None else [*gone, lookups(**mute)]
    at = judged_link(echoes("gateway", **ALIVE), *lost)
    slots = ("resolver", "large_packets", "blocked_services", "carried_fault", "loss_fault")
    for name in slots:
        setattr(at.link, name, held(Symptom.RESOLVER_SILENT))
    closed(at)
    assert [getattr(at.link, name).fault is not None for name in slots] == [is_kept] * len(slots)


def test_while_a_part_of_the_world_is_silent_the_rest_is_judged() -> None:
    mute: Shown = {
        "silences": 2,
        "silent_ns": ago(1.0),
        "silent_since_ns": ago(9.0),
        "silent_heard_ns": NOW_NS,
        "answered_ns": ago(15.0),
    }
    near = [echoes(target, **ALIVE) for target in ("gateway", "core-fixed", "zone", "exchange")]
    abroad = [echoes(target, **mute) for target in ("abroad", "far")]
    at = judged_link(lookups(**ALIVE), *near, *abroad)
    at.link.resolver = FaultSlot(is_pending=True, pending=ACCESS_SILENT)
    closed(at)
    assert at.link.silence.is_pending or at.link.silence.fault is not None
    assert not at.link.resolver.is_pending, "its name server answers"
