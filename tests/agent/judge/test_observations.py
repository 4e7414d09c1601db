"""What a round has seen: who answered in it, whose silence counts, and from when."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.links import is_round_due
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, Round, Track
from thongsuot_agent.judge.observations import observe_latest, observe_round
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.silence import detect_silence
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

# As documented: the code's own figures would follow any change of them.
IN_FLIGHT_NS = 2_100_000_000


SINCE_NS = 500 * NS_PER_S
OUT = Diagnosis(state=State.DOWN, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SILENT)


def link_context(*tracks: Track, is_out: bool = False) -> LinkContext:
    link = LinkMemory(name="fixed")
    for track in tracks:
        link.tracks[SeriesKey(track.kind, track.target, track.family)] = track
    if is_out:
        link.silence = FaultSlot(fault=OUT)
    memory = Memory(links={"fixed": link}, now_ns=SINCE_NS + NS_PER_S)
    return LinkContext(memory, link, two_links().links["fixed"], Settings())


def answered(kind: str, target: str, at_ns: int) -> Track:
    return Track(kind=kind, target=target, family=Family.IP4, answered_ns=at_ns)


def silent(kind: str, target: str, at_ns: int, *, heard_ns: int = SINCE_NS) -> Track:
    return Track(
        kind=kind,
        target=target,
        family=Family.IP4,
        silent_ns=at_ns,
        silences=1,
        silent_heard_ns=heard_ns,
    )


def round_of(*tracks: Track, is_out: bool = False) -> list[tuple[bool, bool]]:
    """Return of each series in a round whether it answered and whether it was silent."""
    observations = observe_round(link_context(*tracks, is_out=is_out), SINCE_NS)
    return [(seen.answered, seen.silent) for seen in observations.seen]


@pytest.mark.parametrize(("at_ns", "seen"), [(SINCE_NS, [(True, False)]), (SINCE_NS - 1, [])])
def test_answers_count_if_their_run_began_in_the_round(
    at_ns: int, seen: list[tuple[bool, bool]]
) -> None:
    assert round_of(answered("icmp", "far", at_ns)) == seen


@pytest.mark.parametrize(
    ("began_ns", "heard_ns", "is_out", "counts"),
    [
        (SINCE_NS - IN_FLIGHT_NS, SINCE_NS, False, True),
        (SINCE_NS - IN_FLIGHT_NS - 1, SINCE_NS, False, False),
        (SINCE_NS, SINCE_NS - 1, False, False),
        (SINCE_NS, SINCE_NS, True, True),
        (SINCE_NS - 1, SINCE_NS, True, False),
    ],
)
def test_silences_count_if_known_in_the_round_or_during_an_outage_if_begun_in_it(
    began_ns: int, heard_ns: int, is_out: bool, counts: bool
) -> None:
    track = silent("icmp", "far", began_ns, heard_ns=heard_ns)
    assert round_of(track, is_out=is_out) == ([(False, True)] if counts else [])


@pytest.mark.parametrize(
    ("kind", "began_ns", "is_out", "counts"),
    [
        ("http", SINCE_NS - 20, False, True),
        ("http", SINCE_NS - 21, False, False),
        ("icmp", SINCE_NS - 20, False, False),
        ("http", SINCE_NS - 20, True, False),
    ],
)
def test_pages_count_if_requested_since_a_suspected_silence_was_first_seen(
    kind: str, began_ns: int, is_out: bool, counts: bool
) -> None:
    at = link_context(answered(kind, "motcua" if kind == "http" else "far", began_ns))
    fault = OUT if is_out else None
    at.link.silence = FaultSlot(fault=fault, is_pending=True, round_ns=SINCE_NS - 20)
    assert [seen.answered for seen in observe_round(at, SINCE_NS).seen] == [True] * counts


def test_a_page_that_failed_after_it_answered_is_no_answer_to_a_silence() -> None:
    page = answered("http", "motcua", SINCE_NS - 10)
    page.silences, page.silent_ns, page.silent_heard_ns = 1, SINCE_NS - 5, SINCE_NS - 1
    at = link_context(page)
    at.link.silence = FaultSlot(is_pending=True, round_ns=SINCE_NS - 20)
    assert not any(seen.answered for seen in observe_round(at, SINCE_NS).seen)


@pytest.mark.parametrize(
    ("proved_ns", "is_out", "speaks"),
    [(SINCE_NS - 21, False, True), (SINCE_NS - 20, False, False), (SINCE_NS - 21, True, False)],
)
def test_a_page_given_up_before_the_round_counts_as_silent_until_something_answers(
    proved_ns: int, is_out: bool, speaks: bool
) -> None:
    request = silent("http", "motcua", SINCE_NS - 20, heard_ns=SINCE_NS - 10)
    proof = answered("icmp", "far", proved_ns)
    assert round_of(request, proof, is_out=is_out) == ([(False, True)] if speaks else [])


def test_an_answer_of_the_gateway_does_not_refute_a_silent_page() -> None:
    request = silent("http", "motcua", SINCE_NS - 20, heard_ns=SINCE_NS - 10)
    assert (False, True) in round_of(request, answered("icmp", "gateway", SINCE_NS - 1))


def test_the_latest_result_of_each_series_is_a_silence_or_a_recent_answer() -> None:
    tracks = [
        answered("icmp", "far", SINCE_NS),
        answered("icmp", "zone", SINCE_NS - 1),
        silent("icmp", "exchange", 1, heard_ns=1),
        answered("icmp", "not measured any more", SINCE_NS),
    ]
    observations = observe_latest(link_context(*tracks), SINCE_NS)
    seen = [(item.track.target, item.answered, item.silent) for item in observations.seen]
    assert seen == [("far", True, False), ("exchange", False, True)]


def test_a_round_is_due_when_it_is_complete_and_a_burst_when_its_moment_has_come() -> None:
    at = link_context()
    assert not is_round_due(at)
    at.link.burst_ns = at.now_ns + 1
    assert not is_round_due(at)
    at.link.burst_ns = at.now_ns
    assert is_round_due(at), "though no round is open"
    at.link.burst_ns = None
    far = SeriesKey("icmp", "far", Family.IP4)
    at.link.round = Round(opened_ns=at.now_ns, due_ns=at.now_ns + 1, is_burst=True, awaited={far})
    assert not is_round_due(at)
    at.link.round.awaited.clear()
    assert is_round_due(at)


def test_a_silence_is_not_ripe_while_somebody_who_lived_was_not_asked() -> None:
    mute = [silent("icmp", name, SINCE_NS) for name in ("zone", "exchange")]
    alive = answered("icmp", "far", SINCE_NS - 100)
    at = link_context(*mute, alive)
    suspicion = detect_silence(at, observe_round(at, SINCE_NS))
    assert suspicion is not None
    assert not suspicion.is_ripe
    at = link_context(*mute)
    suspicion = detect_silence(at, observe_round(at, SINCE_NS))
    assert suspicion is not None
    assert suspicion.is_ripe
