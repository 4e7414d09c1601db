"""On a metered line, echoes alone do not prove an outage."""

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
from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.memory import FaultSlot, Track
from thongsuot_agent.judge.symptoms.second_word import ASK_S, REFUTED_S, note_refuted
from thongsuot_agent.judge.symptoms.silence import TRANSIT_SILENT, detect_silence

LIVE: Shown = {"answered_ns": ago(900.0)}


def quiet(target: str, since_s: float = 5.0) -> Track:
    return echoes(
        target,
        silences=4,
        silent_ns=ago(1.0),
        silent_since_ns=ago(since_s),
        silent_heard_ns=NOW_NS,
        answered_ns=ago(since_s + 10.0),
    )


def alive(target: str) -> Track:
    return echoes(target, answered_ns=ago(0.5), answered_since_ns=ago(99.0))


def failed(heard_s: float, **shown: object) -> Track:
    of_page: Shown = {"silences": 1, "silent_ns": ago(11.0), "silent_heard_ns": ago(heard_s)}
    return pages(**LIVE | of_page | shown)


def silence_beyond_the_carrier(
    *tracks: Track, name: str = "mobile", since_s: float = 5.0, refuted_s: float | None = None
) -> Suspicion | None:
    """Return what is made of echoes that stop beyond the carrier, beside other series."""
    at = judged_link(*tracks, name=name)
    if refuted_s is not None:
        at.link.echoes_refuted_ns = ago(refuted_s)
    near = ("gateway", f"access-{name}", f"core-{name}")
    seen = [answering(at, alive(target)) for target in near]
    seen += [silent(at, quiet(target, since_s)) for target in ("exchange", "abroad", "far")]
    return detect_silence(at, round_of(*seen))


@pytest.mark.parametrize(
    ("tracks", "name", "is_ripe"),
    [
        ((pages(**LIVE),), "mobile", False),
        ((pages(**LIVE),), "fixed", True),
        ((), "mobile", True),
        ((pages(),), "mobile", True),
        ((pages(**LIVE, known_unresponsive=True),), "mobile", True),
        ((lookups("resolver", **LIVE),), "mobile", True),
        ((failed(1.0),), "mobile", True),
        ((failed(5.0),), "mobile", True),
        ((failed(5.1),), "mobile", False),
        ((failed(1.0), pages("dichvucong", **LIVE)), "mobile", True),
        ((failed(1.0, silences=0),), "mobile", False),
    ],
    ids=[
        "a page could speak",
        "where it costs nothing it is asked in each round",
        "nothing else is measured",
        "no page ever came",
        "known to be silent",
        "a name server no farther than what answers",
        "a page failed",
        "given up as the silence began",
        "given up before it",
        "one page failed and another was not asked",
        "came again since",
    ],
)
def test_on_a_metered_line_a_page_must_fail_before_echoes_prove_it_dead(
    tracks: tuple[Track, ...], name: str, *, is_ripe: bool
) -> None:
    suspicion = silence_beyond_the_carrier(*tracks, name=name)
    assert suspicion is not None
    assert (suspicion.fault, suspicion.is_ripe) == (TRANSIT_SILENT, is_ripe)


def test_a_lookup_that_fails_as_well_is_a_second_word() -> None:
    at = judged_link(pages(**LIVE), name="mobile")
    lost: Shown = {
        "silences": 2,
        "silent_ns": ago(2.0),
        "silent_since_ns": ago(4.0),
        "silent_heard_ns": NOW_NS,
    }
    seen = [answering(at, alive(target)) for target in ("gateway", "core-mobile")]
    seen += [silent(at, quiet("exchange")), silent(at, lookups("zone", **LIVE | lost))]
    suspicion = detect_silence(at, round_of(*seen))
    assert suspicion is not None
    assert suspicion.is_ripe


@pytest.mark.parametrize(
    ("since_s", "refuted_s", "is_said"),
    [
        (ASK_S - 0.1, None, True),
        (ASK_S, None, False),
        (5.0, REFUTED_S, True),
        (5.0, REFUTED_S - 0.1, False),
    ],
    ids=["in time", "no page came", "refuted long ago", "refuted of late"],
)
def test_a_fault_that_no_page_confirms_in_time_is_not_reported(
    since_s: float, refuted_s: float | None, *, is_said: bool
) -> None:
    live = pages(**LIVE)
    said = silence_beyond_the_carrier(live, since_s=since_s, refuted_s=refuted_s)
    assert (said is not None) is is_said
    # A page that fails needs no more pages.
    dead = silence_beyond_the_carrier(failed(1.0), since_s=since_s, refuted_s=refuted_s)
    assert dead is not None


@pytest.mark.parametrize(
    ("name", "pending", "held", "is_noted"),
    [
        ("mobile", TRANSIT_SILENT, None, True),
        ("fixed", TRANSIT_SILENT, None, False),
        ("mobile", None, None, False),
        ("mobile", TRANSIT_SILENT, TRANSIT_SILENT, False),
    ],
    ids=["metered", "not metered", "nothing pending", "the end of an outage"],
)
def test_a_page_that_arrives_during_a_silence_of_echoes_is_remembered(
    name: str, pending: Diagnosis | None, held: Diagnosis | None, *, is_noted: bool
) -> None:
    at = judged_link(name=name)
    at.link.silence = FaultSlot(fault=held, pending=pending, is_pending=pending is not None)
    note_refuted(at, round_of(answering(at, pages(answered_ns=ago(0.5)))))
    assert at.link.echoes_refuted_ns == (NOW_NS if is_noted else 0)


def test_an_answer_from_nearer_than_a_page_refutes_nothing() -> None:
    at = judged_link(name="mobile")
    at.link.silence = FaultSlot(pending=TRANSIT_SILENT, is_pending=True)
    note_refuted(at, round_of(answering(at, alive("exchange"))))
    assert at.link.echoes_refuted_ns == 0
