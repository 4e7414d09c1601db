"""What lookups and pages say of loss: questions sent again, segments that the kernel sent again."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext, ns
from thongsuot_agent.judge.loss_memory import CarriedTest
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, Track
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.carried_loss import (
    LOSSY_RESOLVER,
    count_run,
    judge_carried_loss,
)
from thongsuot_agent.judge.symptoms.carried_probes import lookups_to_make
from thongsuot_agent.judge.symptoms.carried_samples import (
    RETRANSMITTED,
    CarriedPackets,
    evidence_nats,
    sample_of,
)
from thongsuot_schema.catalogue import dns, http
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, QualityFlag, failed_finding, ok_finding

# As documented: the code's own figures would follow any change of them.
ALARM_NATS = 10.0
MIN_LOSSY_RUNS = 4
MIN_SPAN_S = 10.0
ASK_EVERY_S = 2.0
DEGRADED_RATIO = 0.05
LOOKUPS_HEALTHY_RATIO = 0.004
LOST_AT_ONCE = 3
QUESTIONS = 2
SEGMENTS = 12


OK = ok_finding({})
ANSWERED, SILENT = Reachability.ANSWERED, Reachability.SILENT


def page(again: str) -> Finding:
    return ok_finding({}, evidence={RETRANSMITTED: again})


@pytest.mark.parametrize(
    ("kind", "silences", "finding", "sign", "sample"),
    [
        ("dns", 0, OK, ANSWERED, CarriedPackets(QUESTIONS, 0)),
        ("dns", 1, OK, ANSWERED, CarriedPackets(2 * QUESTIONS, 1)),
        ("dns", 9, OK, ANSWERED, CarriedPackets((LOST_AT_ONCE + 1) * QUESTIONS, LOST_AT_ONCE)),
        (
            "dns",
            0,
            failed_finding(Reason.NAME_SERVER_REFUSED),
            ANSWERED,
            CarriedPackets(QUESTIONS, 1),
        ),
        ("dns", 0, failed_finding(Reason.NAME_SERVER_TIMED_OUT), SILENT, None),
        ("http", 0, OK, ANSWERED, CarriedPackets(SEGMENTS, 0)),
        ("http", 0, page("2"), ANSWERED, CarriedPackets(SEGMENTS, 2)),
        ("http", 0, page(str(SEGMENTS)), ANSWERED, CarriedPackets(SEGMENTS, SEGMENTS // 2)),
        ("http", 0, page("9"), ANSWERED, CarriedPackets(SEGMENTS, 6)),
        ("http", 0, page("not a number"), ANSWERED, CarriedPackets(SEGMENTS, 0)),
        ("http", 0, failed_finding(Reason.STATUS_UNEXPECTED), ANSWERED, None),
        ("http", 0, failed_finding(Reason.TIMED_OUT), SILENT, None),
        ("icmp", 0, OK, ANSWERED, None),
    ],
)
def test_a_carried_packet_is_lost_if_it_had_to_be_sent_again(
    kind: str, silences: int, finding: Finding, sign: Reachability, sample: CarriedPackets | None
) -> None:
    track = Track(kind=kind, target="zone", family=Family.IP4, silences=silences)
    assert sample_of(track, finding, sign) == sample


@pytest.mark.parametrize(
    ("tls_s", "is_sample"), [(1.6, False), (0.02, True)], ids=["late", "lost and sent again"]
)
def test_a_retransmission_because_of_a_late_answer_is_not_a_loss(
    tls_s: float, *, is_sample: bool
) -> None:
    """After a loss, one packet takes twice its time; on a slow path, every step takes longer."""
    values = {http.CONNECT: 1.62, http.TLS: tls_s, http.FIRST_BYTE: tls_s}
    finding = ok_finding(values, evidence={RETRANSMITTED: "1"})
    sample = sample_of(Track(kind="http", target="one", family=Family.IP4), finding, ANSWERED)
    assert (sample == CarriedPackets(SEGMENTS, 1)) is is_sample


NOW_NS = 10_000 * NS_PER_S


def link_context(*tracks: Track, link: str = "fixed") -> LinkContext:
    memory_of_link = LinkMemory(name=link)
    for track in tracks:
        memory_of_link.tracks[SeriesKey(track.kind, track.target, track.family)] = track
    memory = Memory(links={link: memory_of_link}, now_ns=NOW_NS)
    return LinkContext(memory, memory_of_link, two_links().links[link], Settings())


def lookup(target: str, *, sent: int = 0, lost: int = 0) -> Track:
    track = Track(kind="dns", target=target, family=Family.IP4, answered_ns=NOW_NS - 1)
    track.carried_sent, track.carried_lost = sent, lost
    return track


@pytest.mark.parametrize(
    ("link", "every_s"), [("fixed", ASK_EVERY_S), ("mobile", 3 * ASK_EVERY_S)], ids=["", "metered"]
)
def test_a_doubt_about_lookups_asks_for_more_of_them_and_not_too_many(
    link: str, every_s: float
) -> None:
    at = link_context(lookup("resolver"), link=link)
    at.link.carried_test.cusum_up = 1.0
    assert lookups_to_make(at) == (), "nobody probes densely"
    at.link.loss_test.is_dense_probing = True
    (asked,) = lookups_to_make(at)
    assert (asked.kind, asked.link, asked.target) == ("dns", link, "resolver")
    at.memory.now_ns = NOW_NS + ns(every_s) - 1
    assert lookups_to_make(at) == ()
    at.memory.now_ns += 1
    assert len(lookups_to_make(at)) == 1


def test_a_loss_ended_at_the_first_of_the_runs_that_prove_its_end() -> None:
    track = lookup("resolver")
    at = link_context(track)
    at.link.carried_fault = FaultSlot(fault=LOSSY_RESOLVER)
    point = at.probes.point_of(track)
    assert point is not None
    count_run(at, point, track, OK, ANSWERED)
    at.memory.now_ns += NS_PER_S
    count_run(at, point, track, OK, ANSWERED)
    assert at.link.carried_test.first_ns == NOW_NS
    while at.link.carried_fault.fault is not None:
        at.memory.now_ns += NS_PER_S
        count_run(at, point, track, OK, ANSWERED)
        judge_carried_loss(at)
    assert at.link.clear_ns == NOW_NS


@pytest.mark.parametrize(("short", "is_told"), [(0, True), (1, False)])
def test_a_name_server_needs_enough_lost_queries_before_it_is_named(
    short: int, is_told: bool
) -> None:
    sent = 60
    enough = next(
        lost
        for lost in range(sent)
        if evidence_nats(sent, lost, DEGRADED_RATIO, LOOKUPS_HEALTHY_RATIO) >= ALARM_NATS / 2
    )
    at = link_context(lookup("resolver", sent=sent, lost=enough - short), lookup("zone", sent=sent))
    at.link.carried_test = CarriedTest(
        cusum_up=ALARM_NATS,
        first_ns=NOW_NS - ns(MIN_SPAN_S),
        lost_ns=NOW_NS,
        lossy_runs=MIN_LOSSY_RUNS,
    )
    judge_carried_loss(at)
    assert at.link.carried_fault.fault == (LOSSY_RESOLVER if is_told else None)


def test_a_page_that_a_busy_device_made_late_is_not_a_witness_of_what_was_sent_again() -> None:
    """The device's kernel also reads answers late and retransmits packets that were not lost."""
    track = Track(kind="http", target="one", family=Family.IP4)
    evidence = {"retransmitted_segments": "3"}
    page = ok_finding({http.TOTAL: 0.4}, evidence=evidence)
    late = ok_finding({http.TOTAL: 0.4}, evidence=evidence, doubts=(QualityFlag.TIMER_LATE,))
    assert sample_of(track, page, ANSWERED) is not None
    assert sample_of(track, late, ANSWERED) is None


@pytest.mark.parametrize(
    ("took_s", "usual_s", "is_late"),
    [
        (0.5, 0.1, True),
        (0.499, 0.1, False),
        (0.75, 0.25, True),
        (0.74, 0.25, False),
        (0.5, None, True),
        (None, 0.0, False),
    ],
)
def test_a_name_server_that_answers_late_has_lost_nothing_before(
    took_s: float | None, usual_s: float | None, *, is_late: bool
) -> None:
    """Beyond half a second and three times the usual, earlier answers may have come too late."""
    track = Track(kind="dns", target="zone", family=Family.IP4, silences=2, usual_s=usual_s)
    found = ok_finding({} if took_s is None else {dns.LOOKUP: took_s})
    lost = 0 if is_late else 2
    assert sample_of(track, found, ANSWERED) == CarriedPackets(QUESTIONS * (lost + 1), lost)
