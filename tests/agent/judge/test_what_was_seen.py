"""What a round has seen, read in one way or another: rungs, families, witnesses, the gateway."""

import pytest

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
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.memory import FaultSlot, Track
from thongsuot_agent.judge.observations import (
    Observation,
    gateway_echoes,
    gateway_lost_since,
    independent_witnesses,
    is_any_not_probed,
    is_gateway_lossy,
    is_mute,
    loss_of_the_living,
    observation_of_run,
    observe_latest,
    observe_round,
    rung_of,
)
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

IP4, IP6 = Family.IP4, Family.IP6
CLEAN, HALF_LOST, ALL_LOST = 0b1_0000_0000, 0b1_0000_1111, 0b1_1111_1111


def names(seen: list[Observation]) -> list[str]:
    return [observation.point.target for observation in seen]


def test_answered_and_silent_targets_are_distinguished_by_family_and_rung() -> None:
    at = judged_link()
    observed = round_of(
        answering(at, echoes("gateway")),
        answering(at, echoes("core-fixed", family=IP6)),
        silent(at, echoes("access-fixed")),
        silent(at, echoes("zone", family=IP6)),
        silent(at, echoes("far", known_unresponsive=True)),
    )
    assert names(observed.answered()) == ["gateway", "core-fixed"]
    assert names(observed.answered(IP4)) == ["gateway"]
    assert names(observed.silent_beyond(Segment.LAN)) == ["access-fixed", "zone"]
    assert names(observed.silent_beyond(Segment.ACCESS)) == ["zone"]
    assert names(observed.silent_beyond(Segment.LAN, IP4)) == ["access-fixed"]
    assert names(observed.silent_beyond(Segment.TRANSIT)) == []


def test_the_highest_rung_that_is_proved_is_that_of_the_farthest_answer() -> None:
    at = judged_link()
    observed = round_of(
        answering(at, echoes("core-fixed")),
        answering(at, echoes("gateway")),
        answering(at, echoes("access-fixed", family=IP6)),
        silent(at, echoes("zone")),
    )
    assert observed.top() is Segment.CARRIER
    assert observed.top(IP6) is Segment.ACCESS
    assert round_of(silent(at, echoes("zone"))).top() is None


@pytest.mark.parametrize(
    ("target", "facts", "rung"),
    [
        ("resolver", None, Segment.CARRIER),
        ("resolver", LinkFacts(present=True, carrier=True), Segment.CARRIER),
        ("resolver", LinkFacts(present=True, carrier=True, local_resolver=True), Segment.LAN),
        ("zone", LinkFacts(present=True, carrier=True, local_resolver=True), Segment.TRANSIT),
    ],
)
def test_a_box_of_the_site_that_forwards_lookups_is_in_the_lan(
    target: str, facts: LinkFacts | None, rung: Segment
) -> None:
    at = judged_link()
    at.link.facts = facts
    track = lookups(target)
    point = at.probes.point_of(track)
    assert point is not None
    assert rung_of(point, facts) is rung
    for sign in Reachability:
        seen = observation_of_run(at, point, track, sign)
        assert (seen.track, seen.point, seen.rung) == (track, point, rung)
        assert seen.answered is (sign is Reachability.ANSWERED)
        assert seen.silent is (sign is Reachability.SILENT)


def seen_at(*tracks: Track, since_s: float = 10.0, silence: FaultSlot | None = None) -> list[str]:
    """Return who is seen in a round, each with how: answered, silent or neither."""
    at = judged_link(*tracks)
    if silence is not None:
        at.link.silence = silence
    words = {(True, False): "answered", (False, True): "silent", (False, False): "neither"}
    seen = observe_round(at, ago(since_s)).seen
    return [f"{each.point.target} {words[each.answered, each.silent]}" for each in seen]


def test_a_run_that_failed_in_the_round_in_another_way_is_seen_as_neither() -> None:
    assert seen_at(lookups(failed_ns=ago(10.0))) == ["resolver neither"]
    assert seen_at(lookups(failed_ns=ago(10.0, 1))) == []
    assert seen_at(lookups()) == []


def test_a_series_that_answered_after_its_silence_is_not_silent() -> None:
    fell_silent: Shown = {"silent_ns": ago(9.0), "silent_heard_ns": ago(8.0)}
    assert seen_at(echoes("zone", silences=1, **fell_silent)) == ["zone silent"]
    assert seen_at(echoes("zone", silences=0, **fell_silent)) == []
    both = echoes("zone", silences=1, answered_ns=ago(9.5), **fell_silent)
    assert seen_at(both) == ["zone answered"]


def test_a_series_no_longer_measured_hides_no_other() -> None:
    gone = echoes("gone", answered_ns=ago(1.0))
    assert seen_at(gone, echoes("zone", answered_ns=ago(1.0))) == ["zone answered"]


def test_a_page_counts_since_a_doubt_began_and_no_earlier_than_the_round_without_one() -> None:
    page = pages(answered_ns=ago(12.0))
    assert seen_at(page) == []
    doubt = FaultSlot(is_pending=True, round_ns=ago(12.0))
    assert seen_at(page, silence=doubt) == ["motcua answered"]
    assert seen_at(page, silence=FaultSlot(is_pending=False, round_ns=ago(12.0))) == []
    later = FaultSlot(is_pending=True, round_ns=ago(2.0))
    assert seen_at(pages(answered_ns=ago(10.0)), silence=later) == ["motcua answered"]
    assert seen_at(pages(), silence=FaultSlot(is_pending=True, round_ns=0)) == []
    out = held(Symptom.ACCESS_SILENT, state=State.DOWN)
    out.is_pending, out.round_ns = True, ago(12.0)
    assert seen_at(page, silence=out) == []


def test_the_latest_result_of_each_series_is_an_answer_since_a_moment_or_a_silence() -> None:
    at = judged_link(
        echoes("zone", answered_ns=ago(10.0)),
        echoes("far", answered_ns=ago(10.0, 1)),
        echoes("exchange", answered_ns=ago(1.0), silences=1),
        echoes("gone", silences=1),
        echoes("abroad"),
    )
    seen = observe_latest(at, ago(10.0)).seen
    assert [(each.point.target, each.answered, each.silent) for each in seen] == [
        ("zone", True, False),
        ("exchange", False, True),
    ]


ALIVE: Shown = {"answered_ns": ago(50.0)}


@pytest.mark.parametrize(
    ("track", "is_missing"),
    [
        (echoes("zone", **ALIVE), True),
        (lookups("zone", **ALIVE), True),
        (pages(**ALIVE), False),
        (echoes("zone"), False),
        (echoes("zone", silences=1, **ALIVE), False),
        (echoes("zone", known_unresponsive=True, **ALIVE), False),
        (echoes("zone", unmeasured_ns=ago(50.0), **ALIVE), False),
        (echoes("zone", unmeasured_ns=ago(50.0, 1), **ALIVE), True),
        (echoes("core-fixed", **ALIVE), False),
        (echoes("exchange", **ALIVE), False),
        (echoes("gone", **ALIVE), False),
    ],
    ids=[
        "an anchor",
        "a name server",
        "a page",
        "never answered",
        "silent",
        "known to be mute",
        "could not be asked",
        "was asked since",
        "no farther",
        "heard",
        "not measured any more",
    ],
)
def test_a_series_that_answered_last_and_was_not_probed_in_the_round_is_missing(
    track: Track, *, is_missing: bool
) -> None:
    at = judged_link(track)
    observed = round_of(silent(at, echoes("exchange")))
    at.link.tracks = {**at.link.tracks}
    assert is_any_not_probed(at, observed, Segment.CARRIER) is is_missing


def test_a_series_missing_in_one_family_is_not_missing_in_the_other() -> None:
    at = judged_link(echoes("zone", family=IP6, **ALIVE))
    observed = round_of(silent(at, echoes("zone")), silent(at, echoes("far")))
    assert not is_any_not_probed(at, observed, Segment.CARRIER), "it was heard, by IPv4"
    assert is_any_not_probed(at, observed, Segment.CARRIER, IP6)
    assert not is_any_not_probed(at, observed, Segment.CARRIER, IP4)
    assert not is_any_not_probed(at, observed, Segment.TRANSIT, IP6)


def test_a_series_is_mute_if_it_is_known_for_it_and_answered_none_of_its_latest_runs() -> None:
    assert is_mute(echoes("zone", known_unresponsive=True, recent=ALL_LOST))
    assert not is_mute(echoes("zone", known_unresponsive=True, recent=HALF_LOST))
    assert not is_mute(echoes("zone", recent=ALL_LOST))


@pytest.mark.parametrize(
    ("recent", "is_lossy"),
    [
        (CLEAN, False),
        (0b1_0000_0001, False),
        (0b1_0000_0011, True),
        (0b1_1, False),
        (0b1_11, True),
    ],
    ids=["none", "one of eight", "two of eight", "the only one", "both"],
)
def test_a_gateway_is_lossy_that_lost_two_of_its_latest_echoes(
    recent: int, *, is_lossy: bool
) -> None:
    assert is_gateway_lossy(judged_link(echoes("gateway", recent=recent))) is is_lossy
    assert not is_gateway_lossy(judged_link(echoes("zone", recent=recent)))


@pytest.mark.parametrize(("lost", "is_lossy"), [(0b1_0000_0011, False), (0b1_0000_0111, True)])
def test_a_fifth_of_both_families_together_has_to_be_lost(lost: int, *, is_lossy: bool) -> None:
    at = judged_link(
        echoes("gateway", recent=lost), echoes("gateway", family=IP6, recent=0b1_000_0000)
    )
    assert gateway_echoes(at) == (lost.bit_count() - 1, 15)
    assert is_gateway_lossy(at) is is_lossy


def test_a_gateway_that_never_answers_echoes_loses_none() -> None:
    mute: Shown = {"known_unresponsive": True, "recent": ALL_LOST, "silent_ns": NOW_NS}
    at = judged_link(echoes("gateway", **mute), echoes("gone", recent=ALL_LOST))
    assert gateway_echoes(at) == (0, 0)
    assert not gateway_lost_since(at, 0)
    some = echoes("gateway", **mute | {"recent": HALF_LOST})
    assert gateway_echoes(judged_link(some)) == (4, 8)


@pytest.mark.parametrize(
    ("target", "silent_ns", "is_lost"),
    [
        ("gateway", ago(5.0), True),
        ("gateway", ago(5.0, 1), False),
        ("gateway", None, False),
        ("zone", ago(5.0), False),
        ("gone", ago(5.0), False),
    ],
)
def test_an_echo_to_the_gateway_is_lost_that_was_sent_since_a_moment(
    target: str, silent_ns: int | None, *, is_lost: bool
) -> None:
    at = judged_link(echoes(target, silent_ns=silent_ns))
    assert gateway_lost_since(at, ago(5.0)) is is_lost


def test_anchors_are_witnesses_each_and_services_are_one_together() -> None:
    at = judged_link()
    observed = [
        answering(at, track)
        for track in (echoes("zone"), lookups("zone"), pages(), pages("dichvucong"))
    ]
    assert independent_witnesses(observed) == {"zone", ""}


@pytest.mark.parametrize(
    ("beside", "ratio"),
    [
        (echoes("gateway", recent=HALF_LOST), 4.5 / 9.0),
        (lookups(recent=HALF_LOST), 4.5 / 9.0),
        (pages(recent=HALF_LOST), 0.0),
        (echoes("gateway", recent=HALF_LOST, known_unresponsive=True), 0.0),
        (echoes("gateway", recent=CLEAN), 0.0),
    ],
    ids=["an echo", "a lookup", "a page", "known to be mute", "which lost none"],
)
def test_losses_of_living_targets_explain_as_much_of_a_silence(beside: Track, ratio: float) -> None:
    at = judged_link()
    mute = silent(at, echoes("zone", recent=ALL_LOST))
    alive = answering(at, beside)
    own = answering(at, echoes("far", recent=HALF_LOST))
    observed = round_of(mute, own, alive)
    assert loss_of_the_living(observed, [mute, own]) == pytest.approx(ratio)
    assert loss_of_the_living(round_of(mute), []) == 0.0, "who is silent does not live"
