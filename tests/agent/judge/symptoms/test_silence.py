"""Silence: who has to be silent, where the line is then broken, and what has to be waited for."""

import pytest

from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    ago,
    answering,
    echoes,
    judged_link,
    lookups,
    pages,
    round_of,
    silent,
)
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import FaultSlot, Track
from thongsuot_agent.judge.observations import Observation
from thongsuot_agent.judge.symptoms import silence
from thongsuot_agent.judge.symptoms.partial import FOREIGN_SILENT
from thongsuot_agent.judge.symptoms.silence import (
    ACCESS_SILENT,
    CARRIER_SILENT,
    GATEWAY_SILENT,
    TRANSIT_SILENT,
    detect_silence,
    is_beyond_loss,
    is_refuted_by_late_answers,
    is_silence_over,
)

FACTS = LinkFacts(
    present=True,
    carrier=True,
    has_address4=True,
    has_route4=True,
    gateways=("192.168.1.1",),
)


def quiet(target: str, runs: int = 4, **shown: object) -> Track:
    """Return echoes that have been lost for ten seconds, to somebody who answered before."""
    of_silence: Shown = {
        "silences": runs,
        "silent_ns": ago(1.0),
        "silent_since_ns": ago(10.0),
        "silent_heard_ns": NOW_NS,
        "answered_ns": ago(15.0),
    }
    return echoes(target, **of_silence | shown)


def alive(target: str, **shown: object) -> Track:
    of_life: Shown = {"answered_ns": ago(0.5), "answered_since_ns": ago(99.0)}
    return echoes(target, **of_life | shown)


def named(at: LinkContext, *seen: Observation) -> Diagnosis | None:
    suspicion = detect_silence(at, round_of(*seen))
    return None if suspicion is None else suspicion.fault


ANCHORS = ("access-fixed", "core-fixed", "zone", "exchange", "abroad", "far")


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        (("gateway",), ACCESS_SILENT),
        (("gateway", "access-fixed"), CARRIER_SILENT),
        (("gateway", "access-fixed", "core-fixed"), TRANSIT_SILENT),
        (("gateway", "access-fixed", "core-fixed", "zone", "exchange"), FOREIGN_SILENT),
        (("gateway", *ANCHORS), None),
        ((), GATEWAY_SILENT),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_broken_rung_follows_the_highest_one_that_answers(
    answers: tuple[str, ...], fault: Diagnosis | None
) -> None:
    at = judged_link()
    seen = [
        answering(at, alive(target)) if target in answers else silent(at, quiet(target))
        for target in ("gateway", *ANCHORS)
    ]
    assert named(at, *seen) == fault


@pytest.mark.parametrize(
    ("silent_targets", "beside", "is_told"),
    [
        (("zone", "far"), (), True),
        (("zone",), ("far",), False),
        (("zone",), (), True),
    ],
    ids=["two of two", "one of two", "the only one"],
)
def test_two_targets_must_be_silent_unless_there_is_only_one(
    silent_targets: tuple[str, ...], beside: tuple[str, ...], *, is_told: bool
) -> None:
    at = judged_link(*(alive(target) for target in beside))
    seen = [silent(at, quiet(target)) for target in silent_targets]
    suspicion = detect_silence(at, round_of(answering(at, alive("gateway")), *seen))
    assert (suspicion is not None) is is_told


def test_beyond_a_rung_that_answers_one_silent_anchor_is_not_an_outage() -> None:
    at = judged_link()
    near = [answering(at, alive("gateway")), answering(at, alive("core-fixed"))]
    assert named(at, *near, silent(at, quiet("zone"))) is None
    assert named(at, *near, silent(at, quiet("zone")), silent(at, quiet("far"))) == TRANSIT_SILENT


CANNOT_BE_LOOKED_UP: Shown = {
    "failures": 1,
    "failed_ns": ago(1.0),
    "answered_ns": ago(2.0),
}


@pytest.mark.parametrize(
    ("track", "count"),
    [
        (alive("zone"), 2),
        (alive("zone", known_unresponsive=True), 1),
        (echoes("zone"), 1),
        (alive("gateway"), 1),
        (alive("gone"), 1),
        (pages(answered_ns=ago(1.0)), 2),
        (pages(**CANNOT_BE_LOOKED_UP), 1),
        (pages(**{**CANNOT_BE_LOOKED_UP, "answered_ns": ago(1.0)}), 2),
        (pages(**{**CANNOT_BE_LOOKED_UP, "silences": 1}), 2),
        (pages(**{**CANNOT_BE_LOOKED_UP, "failures": 0}), 2),
        (lookups("zone", failures=1, failed_ns=ago(1.0), answered_ns=ago(2.0)), 2),
    ],
    ids=[
        "an anchor",
        "known to be silent",
        "never measured",
        "in the site",
        "asked no more",
        "a page",
        "a page whose name is gone",
        "a page that fails and answered since",
        "a page that is silent",
        "a page that works again",
        "a name server that fails",
    ],
)
def test_targets_beyond_the_site_that_have_answered_are_witnesses(track: Track, count: int) -> None:
    assert silence._available(judged_link(track, alive("far"))) == count


def test_all_portals_count_as_one_witness_and_at_least_one_is_always_required() -> None:
    at = judged_link(*(pages(name, answered_ns=ago(1.0)) for name in ("motcua", "dichvucong")))
    assert silence._available(at) == 1
    assert silence._available(judged_link()) == 1


def test_a_silent_part_is_reported_if_the_living_parts_lose_nothing() -> None:
    def is_told(**recent: int) -> bool:
        at = judged_link()
        seen = [silent(at, quiet(target)) for target in ("abroad", "far")]
        living = ("gateway", "zone", "exchange")
        seen += [
            answering(at, alive(target, recent=recent.get(target, 0b1_0000_0000)))
            for target in living
        ]
        return named(at, *seen) == FOREIGN_SILENT

    assert is_told()
    assert is_told(zone=0b1_0000_0001), "one of 24 is chance"
    assert not is_told(zone=0b1_0000_0011)
    assert not is_told(zone=0b1_0000_0001, gateway=0b1_0000_0001)


def test_an_outage_is_not_over_while_its_silent_targets_have_not_reported() -> None:
    at = judged_link(alive("gateway"), *(quiet(target) for target in ANCHORS))
    assert is_silence_over(at), "none is held, none is pending"
    at.link.silence = FaultSlot(fault=ACCESS_SILENT, onset_ns=ago(10.0))
    assert not is_silence_over(at)
    at.link.silence = FaultSlot(is_pending=True, pending=ACCESS_SILENT, pending_onset_ns=ago(10.0))
    assert not is_silence_over(at), "it is only pending"
    at.link.silence = FaultSlot(fault=CARRIER_SILENT, onset_ns=ago(10.0))
    assert is_silence_over(at), "it is another silence by now"
    for track in at.link.tracks.values():
        track.silences, track.answered_ns = 0, ago(0.1)
    at.link.silence = FaultSlot(fault=ACCESS_SILENT, onset_ns=ago(10.0))
    assert is_silence_over(at)


@pytest.mark.parametrize(
    ("late", "silenced", "is_refuted"),
    [
        (("zone", "far"), 0.0, True),
        (("zone",), 0.0, False),
        (("zone", "gateway"), 0.0, False),
        (("zone", "gone"), 0.0, False),
        (("zone", "far"), 1e-9, False),
    ],
    ids=["two", "one", "the gateway", "asked no more", "asked before it"],
)
def test_two_late_answers_to_probes_of_its_time_refute_an_outage(
    late: tuple[str, ...], silenced: float, *, is_refuted: bool
) -> None:
    onset_ns = ago(10.0)
    moment_ns = onset_ns - ns(silenced)
    for late_ns, silent_ns in ((onset_ns, moment_ns), (moment_ns, onset_ns)):
        at = judged_link(*(quiet(target, late_ns=late_ns, silent_ns=silent_ns) for target in late))
        at.link.silence = FaultSlot(fault=ACCESS_SILENT, onset_ns=onset_ns)
        assert is_refuted_by_late_answers(at) is is_refuted
        at.link.silence = FaultSlot(fault=FOREIGN_SILENT, onset_ns=onset_ns)
        assert not is_refuted_by_late_answers(at), "no outage"


@pytest.mark.parametrize(
    ("tracks", "is_beyond"),
    [
        ([quiet("zone", 2), quiet("far", 2)], True),
        ([quiet("zone", 3), quiet("far", 1)], False),
        ([quiet("zone", 8)], False),
        ([quiet("zone", 2), quiet("gateway", 2)], False),
        ([quiet("zone", 2), quiet("gone", 2)], False),
        ([quiet("zone", 2), quiet("far", 2, known_unresponsive=True)], False),
        ([quiet("zone", 2), pages(silences=2)], False),
        ([quiet("zone", 2), lookups(silences=2)], True),
    ],
    ids=[
        "two anchors twice",
        "one of them once",
        "one anchor",
        "the gateway",
        "asked no more",
        "known to be silent",
        "a page",
        "a name server",
    ],
)
def test_two_targets_each_silent_twice_in_a_row_are_more_than_loss(
    tracks: list[Track], *, is_beyond: bool
) -> None:
    assert is_beyond_loss(judged_link(*tracks)) is is_beyond


def test_on_a_lossy_line_more_targets_must_be_silent() -> None:
    at = judged_link(quiet("zone", 2), quiet("far", 2))
    at.link.loss_test.ratio = 0.03
    assert is_beyond_loss(at), "four of them by chance: 0.03 to the fourth"
    at.link.loss_test.ratio = 0.04
    assert not is_beyond_loss(at)
    at.link.loss_test.ratio = 1.0
    assert silence._loss_ratio(at) == 0.95
    at.link.loss_test.ratio = 0.0
    assert silence._loss_ratio(at) == at.settings.loss_floor_ratio
