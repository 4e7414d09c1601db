"""How interfaces, rounds and time change the state of a link."""

import pytest
from msgspec import structs

from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    ago,
    answering,
    echoes,
    held,
    judged_link,
    lookups,
    round_of,
    silent,
)
from tests.agent.judge.simulated_site import FACTS_OK
from thongsuot_agent.judge import links
from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.events import LinkEvent, LinkFacts
from thongsuot_agent.judge.keys import SubjectKey
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import FaultSlot, FlapState, IssuedVerdict, Round, Track
from thongsuot_agent.judge.observations import Observation
from thongsuot_agent.judge.symptoms.interface import (
    ADDRESS_CONFLICT,
    CABLE_UNPLUGGED,
    NO_ADDRESS,
    NO_ROUTE,
    NO_ROUTE4,
    SESSION_LOST,
)
from thongsuot_agent.judge.symptoms.silence import ACCESS_SILENT, CARRIER_SILENT
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict

BARE = structs.replace(
    FACTS_OK, has_address4=False, has_address6=False, has_route4=False, has_route6=False
)
OUT_OF_CABLE = structs.replace(FACTS_OK, carrier=False)
NO_ROUTES = structs.replace(FACTS_OK, has_route4=False, has_route6=False)


def change(at: LinkContext, facts: LinkFacts, at_ns: int = NOW_NS) -> Diagnosis | None:
    links.update_interface_facts(at, LinkEvent(boottime_ns=at_ns, link="fixed", facts=facts))
    return at.link.facts_slot.fault


def in_round() -> LinkContext:
    at = judged_link()
    at.link.round = Round(opened_ns=1, due_ns=2, is_burst=True)
    return at


@pytest.mark.parametrize("is_known", [True, False])
def test_without_carrier_a_link_is_down_at_once_and_its_other_faults_are_dropped(
    *, is_known: bool
) -> None:
    at = in_round()
    at.link.slow, at.link.known = held(Symptom.ACCESS_SLOW), is_known
    assert change(at, OUT_OF_CABLE, ago(1.0)) == CABLE_UNPLUGGED
    assert at.link.facts_slot.onset_ns == ago(1.0)
    assert at.link.known
    assert at.link.slow.fault is None
    assert at.link.round is None
    assert at.link.flap_state.starts == [ago(1.0)]
    assert at.link.valid_from_ns == ago(1.0)


def test_the_same_fault_reported_again_keeps_its_beginning() -> None:
    at = judged_link()
    change(at, OUT_OF_CABLE, ago(9.0))
    change(at, structs.replace(OUT_OF_CABLE, has_address6=False), ago(1.0))
    assert at.link.facts_slot.onset_ns == ago(9.0)


def test_runs_count_from_the_last_change_of_what_the_interface_can_send() -> None:
    at = judged_link()
    change(at, FACTS_OK, ago(9.0))
    assert at.link.valid_from_ns == ago(9.0)
    change(at, structs.replace(FACTS_OK, gateways=()), ago(8.0))
    assert at.link.valid_from_ns == ago(9.0), "nothing of that"
    change(at, structs.replace(FACTS_OK, has_route6=False), ago(7.0))
    assert at.link.valid_from_ns == ago(7.0)


@pytest.mark.parametrize(
    ("facts", "heard_ns", "had_ipv4", "grace_s", "told"),
    [
        (BARE, 1, False, 5.0, NO_ADDRESS),
        (NO_ROUTES, 1, False, 5.0, NO_ROUTE),
        (BARE, None, False, 30.0, NO_ADDRESS),
        (BARE, None, True, 5.0, NO_ADDRESS),
        (structs.replace(FACTS_OK, has_route4=False), 1, True, 5.0, NO_ROUTE4),
        (structs.replace(FACTS_OK, address_conflict=True), 1, False, 5.0, ADDRESS_CONFLICT),
    ],
    ids=[
        "no address",
        "no route",
        "none since the agent started",
        "none, and it had one",
        "half of it",
        "an address used twice",
    ],
)
def test_an_interface_fault_is_reported_after_its_grace(
    facts: LinkFacts, heard_ns: int | None, grace_s: float, told: Diagnosis, *, had_ipv4: bool
) -> None:
    for early_ns, expected in ((0, told), (-1, None)):
        at = judged_link()
        at.link.heard_ns, at.link.had_ipv4 = heard_ns, had_ipv4
        moment_ns = ago(grace_s, early_ns)
        assert change(at, facts, moment_ns) == expected
        if expected is not None:
            assert at.link.facts_slot.onset_ns == moment_ns
            assert bool(at.link.flap_state.starts) is (told.state is State.DOWN)


def test_an_interface_that_recovers_is_proved_by_a_burst() -> None:
    at = judged_link()
    change(at, OUT_OF_CABLE, ago(9.0))
    at.link.heard_ns = ago(20.0)
    assert change(at, FACTS_OK, ago(1.0)) is None
    assert at.link.silence == FaultSlot(fault=CABLE_UNPLUGGED, onset_ns=ago(9.0))
    assert at.link.heard_ns == ago(1.0), "until then the interface said how the link was"
    assert at.link.burst_ns == NOW_NS
    assert at.link.had_ipv4


def test_a_link_whose_address_conflict_ends_is_clear_at_once() -> None:
    at = judged_link()
    at.link.heard_ns = 1
    change(at, structs.replace(FACTS_OK, address_conflict=True), ago(9.0))
    assert at.link.facts_slot.fault == ADDRESS_CONFLICT
    assert change(at, FACTS_OK, ago(1.0)) is None
    assert at.link.silence.fault is None
    assert at.link.clear_ns == ago(1.0)


def test_a_point_to_point_interface_that_disappears_is_a_lost_session() -> None:
    at = judged_link()
    change(at, structs.replace(FACTS_OK, point_to_point=True), ago(9.0))
    assert change(at, LinkFacts(present=False, carrier=False), ago(8.0)) == SESSION_LOST
    assert at.link.was_point_to_point
    change(at, FACTS_OK, ago(7.0))
    assert not at.link.was_point_to_point


def close(at: LinkContext, *, is_burst: bool = True) -> None:
    at.link.round = Round(opened_ns=ago(2.0), due_ns=NOW_NS, is_burst=is_burst)
    links.close_round(at)


def lost(target: str, runs: int = 4, **shown: object) -> Track:
    of_silence: Shown = {
        "silences": runs,
        "silent_ns": ago(1.0),
        "silent_since_ns": ago(9.0),
        "silent_heard_ns": NOW_NS,
        "answered_ns": ago(15.0),
    }
    return echoes(target, **of_silence | shown)


def alive(target: str, **shown: object) -> Track:
    of_life: Shown = {"answered_ns": ago(1.0), "answered_since_ns": ago(99.0)}
    return echoes(target, **of_life | shown)


WAY = ("access-fixed", "core-fixed", "zone", "far")


def cut() -> LinkContext:
    lookup = lookups(
        silences=4, silent_ns=ago(1.0), silent_since_ns=ago(9.0), silent_heard_ns=NOW_NS
    )
    return judged_link(alive("gateway"), lookup, *(lost(target) for target in WAY))


def test_a_round_without_answers_beyond_the_gateway_is_an_outage_that_hides_other_faults() -> None:
    at = cut()
    at.link.slow, at.link.loss_fault = held(Symptom.ACCESS_SLOW), held()
    at.link.egress.unanswered_ns = [ago(20.0), ago(5.0)]
    close(at)
    assert at.link.silence.fault == ACCESS_SILENT
    assert at.link.silence.onset_ns == ago(9.0)
    assert (at.link.slow.fault, at.link.loss_fault.fault) == (None, None)
    assert at.link.egress.unanswered_ns == [ago(20.0)], "the reflector fell silent with the line"
    assert at.link.flap_state.is_silent
    close(at)
    at.link.egress.unanswered_ns = [ago(1.0)]
    close(at)
    assert at.link.egress.unanswered_ns == [ago(1.0)], "only when it begins"


def test_only_bursts_in_which_all_is_well_count_as_inconclusive() -> None:
    for is_burst, bursts in ((True, 1), (False, 0)):
        at = judged_link(*(alive(target) for target in ("gateway", *WAY)))
        at.link.flap_state = FlapState(is_silent=True, starts=[1])
        close(at, is_burst=is_burst)
        assert at.link.inconclusive_bursts == bursts
        assert not at.link.flap_state.is_silent, "it is back"
        assert at.link.round is None


@pytest.mark.parametrize(
    ("targets", "is_known"), [(("gateway", "zone"), True), (("gateway",), False)]
)
def test_a_gateway_alone_proves_no_line(targets: tuple[str, ...], *, is_known: bool) -> None:
    at = judged_link(*(alive(target, answered_since_ns=ago(50.0)) for target in targets))
    at.link.known = False
    close(at)
    assert at.link.known is is_known
    assert at.link.clear_ns == (ago(50.0) if is_known else 0)
    assert bool(at.link.clear_evidence) is is_known


def test_a_link_known_again_is_clear_since_the_first_answer_after_its_last_verdict() -> None:
    at = judged_link(alive("zone", answered_since_ns=ago(50.0), answered_ns=ago(1.5)))
    at.link.known = False
    verdict = Verdict(link="fixed", service="", state=State.UNKNOWN)
    at.memory.issued[SubjectKey("fixed", "")] = IssuedVerdict(
        verdict=verdict, onset_ns=1, decided_ns=ago(40.0)
    )
    close(at)
    assert at.link.clear_ns == ago(1.5)


@pytest.mark.parametrize(
    ("beside", "is_noted"),
    [
        ([], True),
        ([echoes("exchange", silences=1, silent_ns=ago(9.0), answered_ns=ago(20.0))], False),
        (
            [echoes("exchange", silences=1, silent_ns=ago(9.0), known_unresponsive=True)],
            True,
        ),
    ],
    ids=["all were heard", "another silent one was not", "one that is always silent was not"],
)
def test_a_target_silent_while_others_equally_far_answer_is_marked_unresponsive(
    beside: list[Track], *, is_noted: bool
) -> None:
    at = judged_link(alive("gateway"), alive("access-fixed"), alive("far"), lost("zone"), *beside)
    at.link.facts = FACTS_OK
    fails = lookups(failures=2, failed_ns=ago(1.0), answered_ns=ago(1.0))
    at.link.tracks[next(iter(at.link.tracks))] = fails
    close(at)
    zone = next(track for track in at.link.tracks.values() if track.target == "zone")
    assert zone.known_unresponsive is is_noted
    assert fails.known_failing is is_noted


def test_a_silent_target_beyond_every_answering_one_is_not_marked_unresponsive() -> None:
    at = judged_link(alive("gateway"), alive("access-fixed"), lost("zone"))
    close(at)
    zone = next(track for track in at.link.tracks.values() if track.target == "zone")
    assert not zone.known_unresponsive


def seen(at: LinkContext, *, is_answered: bool) -> tuple[Observation, ...]:
    one = answering(at, alive("zone")) if is_answered else silent(at, lost("zone"))
    return (one,)


def suspicion(**shown: object) -> Suspicion:
    of_outage: Shown = {"fault": ACCESS_SILENT, "onset_ns": ago(9.0), "nats": 13.8}
    return Suspicion(**of_outage | shown)


@pytest.mark.parametrize(
    ("shown", "starts"),
    [
        ({}, [ago(9.0)]),
        ({"nats": 13.79}, []),
        ({"nats": None}, []),
        ({"is_ripe": False}, []),
        ({"is_sure": False}, []),
        ({"fault": held().fault}, []),
    ],
    ids=["sure", "weak", "without strength", "not ripe", "one protocol", "no outage"],
)
def test_a_silence_counts_towards_flapping_once_it_is_proved(
    shown: Shown, starts: list[int]
) -> None:
    at = judged_link()
    links._track_flapping(at, suspicion(**shown), round_of(*seen(at, is_answered=False)))
    assert at.link.flap_state.starts == starts


def test_flapping_has_the_segment_of_the_believed_fault() -> None:
    for silence, before, expected in (
        (FaultSlot(fault=CARRIER_SILENT), None, Segment.CARRIER),
        (FaultSlot(), CARRIER_SILENT, Segment.CARRIER),
        (held(Symptom.IPV6_DOWN, Segment.LAN), None, Segment.ACCESS),
    ):
        at = judged_link()
        at.link.silence, at.link.flap_state.fault = silence, before
        links._track_flapping(at, suspicion(), round_of(*seen(at, is_answered=False)))
        found = at.link.flap_state.fault
        assert found is not None
        assert found.segment is expected


@pytest.mark.parametrize("is_answered", [True, False])
def test_the_first_answer_ends_the_silence_of_a_link(*, is_answered: bool) -> None:
    at = judged_link()
    at.link.flap_state = FlapState(is_silent=True, starts=[1])
    links._track_flapping(at, None, round_of(*seen(at, is_answered=is_answered)))
    assert at.link.flap_state.is_silent is not is_answered


def test_an_outage_refuted_by_late_answers_is_removed() -> None:
    at = judged_link(*(lost(target, late_ns=ago(1.0)) for target in ("zone", "far")))
    at.link.silence = FaultSlot(fault=ACCESS_SILENT, onset_ns=ago(9.0))
    at.link.flap_state = FlapState(is_silent=True, starts=[ago(9.0)])
    links.advance_rounds(at)
    assert at.link.silence.fault is None
    assert at.link.clear_ns == NOW_NS
    assert at.link.flap_state.starts == []


def test_new_flows_are_asked_once_while_all_is_well_and_nothing_while_the_line_is_anothers() -> (
    None
):
    at = judged_link()
    at.link.facts_slot = FaultSlot(fault=CABLE_UNPLUGGED)
    at.link.burst_ns = NOW_NS
    assert links.advance_rounds(at) == ()
    assert at.link.round is None
    at.link.facts_slot, at.link.facts = FaultSlot(), FACTS_OK
    at.link.burst_ns = NOW_NS + 1
    assert links.advance_rounds(at) == ()
    at.link.burst_ns = NOW_NS
    assert links.advance_rounds(at) != ()
    assert at.link.round is not None


def test_an_interface_fault_found_by_elapsed_time_is_reported_once() -> None:
    at = in_round()
    at.link.facts = OUT_OF_CABLE
    links.apply_elapsed_time(at)
    assert at.link.facts_slot.fault == CABLE_UNPLUGGED
    assert at.link.facts_slot.onset_ns == NOW_NS
    assert at.link.round is None
    at.link.round = Round(opened_ns=1, due_ns=2, is_burst=True)
    links.apply_elapsed_time(at)
    assert at.link.round is not None, "it is no news"
