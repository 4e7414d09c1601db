"""Loss: what an echo counts for, when the sums are full, and what dense probing may cost."""

from math import log

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import PointKey, SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext, ns
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, Track
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.loss import (
    count_echo_run,
    dense_probes,
    judge_loss,
    loss_ratio,
    restart_loss_test,
)
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Result, Series, failed_finding, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

# As documented: the code's own figures would follow any change of them.
CLEAR_NATS = 9.2
POLICED_S = 600.0
ALIVE_S = 30.0
OVER_S = 90.0
PLAIN_RATIO = 0.15
RATIO_WINDOW_ECHOES = 50
RAW_WINDOW_ECHOES = 200


NOW_NS = 5_000 * NS_PER_S
ANSWERED, SILENT = Reachability.ANSWERED, Reachability.SILENT
LOSES = Diagnosis(state=State.DEGRADED, segment=Segment.ACCESS, symptom=Symptom.ACCESS_LOSS)
OF_ONE_LOSS = log(0.02 / 0.004)
OF_ONE_ANSWER = log(0.98 / 0.996)
TARGETS = ("gateway", "access-fixed", "core-fixed", "zone", "far")


def link_context(link: str = "fixed") -> LinkContext:
    memory_of_link = LinkMemory(name=link)
    for target in TARGETS:
        track = Track(kind="icmp", target=target, family=Family.IP4)
        track.answered_ns = NOW_NS - NS_PER_S
        memory_of_link.tracks[SeriesKey("icmp", target, Family.IP4)] = track
    memory = Memory(now_ns=NOW_NS, links={link: memory_of_link})
    return LinkContext(memory, memory_of_link, two_links().links[link], Settings())


def track_to(at: LinkContext, target: str = "zone") -> Track:
    return at.link.tracks[SeriesKey("icmp", target, Family.IP4)]


def count(
    at: LinkContext, reachability: Reachability, *, target: str = "zone", at_ns: int = NOW_NS
) -> None:
    """Let an echo end now that was sent at a moment."""
    series = Series(kind="icmp", revision=1, link="fixed", target=target, family=Family.IP4)
    finding = (
        ok_finding({icmp.RTT: 0.01, icmp.LOSS: 0.0})
        if reachability is ANSWERED
        else failed_finding(Reason.TIMED_OUT, {icmp.LOSS: 1.0})
    )
    point = at.probes.points[PointKey("icmp", target)]
    result = Result(series=series, boottime_ns=at_ns, finding=finding)
    count_echo_run(at, point, track_to(at, target), result, reachability)


def lose(at: LinkContext, *, target: str = "zone", lost_ns: int = NOW_NS - 5) -> None:
    """Let an answer end a loss."""
    track = track_to(at, target)
    track.silences, track.silent_since_ns, track.silent_ns = 1, lost_ns, lost_ns
    count(at, ANSWERED, target=target)
    track.silences = 0


def test_the_first_loss_begins_the_test_and_is_counted_alone() -> None:
    at = link_context()
    for target in ("zone", "far", "zone"):
        count(at, ANSWERED, target=target)
    assert (track_to(at).sent, track_to(at, "far").sent) == (2, 1)
    lose(at)
    loss = at.link.loss_test
    assert (track_to(at).sent, track_to(at).lost, track_to(at, "far").sent) == (1, 1, 0)
    assert loss.cusum_up == pytest.approx(OF_ONE_LOSS)
    assert loss.first_ns == NOW_NS - 5
    assert (loss.losses, loss.queued_losses) == (1, 0)
    assert loss.ratio == pytest.approx(1 / RATIO_WINDOW_ECHOES)


def test_nothing_is_counted_for_half_a_second_after_a_loss() -> None:
    at = link_context()
    lose(at)
    at.memory.now_ns += ns(at.settings.loss_blip_s) - 1
    count(at, ANSWERED, target="far")
    assert track_to(at, "far").sent == 0
    at.memory.now_ns += 1
    count(at, ANSWERED, target="far")
    assert track_to(at, "far").sent == 1
    assert at.link.loss_test.cusum_up == pytest.approx(OF_ONE_LOSS + OF_ONE_ANSWER)


@pytest.mark.parametrize(("apart_s", "lost"), [(0.499, 0), (0.5, 1)])
def test_losses_of_one_moment_are_one_whenever_they_become_known(apart_s: float, lost: int) -> None:
    at = link_context()
    lose(at)
    at.memory.now_ns += ns(3.0)
    lose(at, target="far", lost_ns=NOW_NS - 5 + ns(apart_s))
    assert track_to(at, "far").lost == lost


def begun(at: LinkContext) -> int | None:
    return at.link.loss_test.first_ns


def test_a_healthy_row_ends_and_restarts_the_test() -> None:
    at = link_context()
    lose(at)
    at.memory.now_ns += ns(1.0)
    at.link.loss_test.cusum_up = -OF_ONE_ANSWER + 1e-9
    count(at, ANSWERED)
    assert begun(at) == NOW_NS - 5
    count(at, ANSWERED)
    assert at.link.loss_test.cusum_up == 0.0
    assert begun(at) is None
    assert track_to(at).sent == 0


def test_during_a_reported_loss_answers_count_towards_its_end_and_losses_against_it() -> None:
    at = link_context()
    at.link.loss_fault = FaultSlot(fault=LOSES)
    count(at, ANSWERED, at_ns=NOW_NS - 9)
    loss = at.link.loss_test
    assert loss.cusum_down == pytest.approx(-OF_ONE_ANSWER)
    assert loss.first_ns == NOW_NS - 9
    count(at, ANSWERED)
    assert loss.cusum_down == pytest.approx(-2 * OF_ONE_ANSWER)
    assert (loss.first_ns, loss.cusum_up) == (NOW_NS - 9, 0.0)
    lose(at)
    assert loss.cusum_down == 0.0
    assert track_to(at).sent == 4, "nothing is counted anew while it is told"


@pytest.mark.parametrize(
    ("field", "early_ns", "sent"),
    [("noisy", 0, 1), ("noisy", 1, 0), ("policed", 0, 1), ("policed", 1, 0)],
)
def test_echoes_to_noisy_targets_or_during_policing_are_not_counted(
    field: str, early_ns: int, sent: int
) -> None:
    at = link_context()
    if field == "noisy":
        track_to(at).noisy_until_ns = NOW_NS + early_ns
    else:
        at.link.policed_until_ns = NOW_NS + early_ns
    count(at, ANSWERED)
    assert track_to(at).sent == sent


@pytest.mark.parametrize(("answered_ns", "losses"), [(NOW_NS - 4, 1), (NOW_NS - 5, 0)])
def test_an_echo_is_lost_at_once_where_a_later_one_was_answered(
    answered_ns: int, losses: int
) -> None:
    at = link_context()
    track_to(at).answered_ns = answered_ns
    count(at, SILENT, at_ns=NOW_NS - 5)
    assert at.link.loss_test.losses == losses
    assert track_to(at).lost == losses


def test_raw_counts_include_every_echo_to_the_gateway_and_to_targets_that_answered() -> None:
    at = link_context()
    for reachability in (ANSWERED, SILENT, SILENT, Reachability.UNMEASURED):
        count(at, reachability, target="gateway")
    assert (track_to(at, "gateway").raw_sent, track_to(at, "gateway").raw_lost) == (3, 2)
    track_to(at).answered_ns = None
    count(at, SILENT)
    assert (track_to(at).raw_sent, track_to(at).raw_lost) == (0, 0), "it has never answered"
    track_to(at).answered_ns = NOW_NS
    count(at, SILENT)
    assert (track_to(at).raw_sent, track_to(at).raw_lost) == (1, 1)


@pytest.mark.parametrize(("age_s", "is_counted"), [(ALIVE_S, True), (ALIVE_S + 0.001, False)])
def test_the_raw_share_is_of_those_that_answered_lately(age_s: float, *, is_counted: bool) -> None:
    at = link_context()
    track_to(at).answered_ns = NOW_NS - ns(age_s)
    count(at, SILENT)
    loss = at.link.loss_test
    assert loss.raw_ratio == pytest.approx(1 / RAW_WINDOW_ECHOES if is_counted else 0.0)
    assert loss.raw_ns == (NOW_NS if is_counted else 0)
    before = loss.raw_ratio
    count(at, Reachability.UNMEASURED)
    assert loss.raw_ratio == before
    at.link.silence.fault = LOSES
    track_to(at).answered_ns = NOW_NS
    count(at, SILENT)
    assert loss.raw_ratio == before, "of a silence it is no share"


@pytest.mark.parametrize(("short", "is_over"), [(0.0, True), (0.001, False)])
def test_a_loss_ends_once_the_evidence_for_health_suffices(short: float, *, is_over: bool) -> None:
    at = link_context()
    at.link.loss_fault = FaultSlot(fault=LOSES)
    at.link.loss_test.cusum_down = at.settings.loss_clear_nats - short
    at.link.loss_test.first_ns = 77
    judge_loss(at)
    assert (at.link.loss_fault.fault is None) is is_over
    assert at.link.clear_ns == (77 if is_over else 0)


@pytest.mark.parametrize(
    ("acquittal", "ratio", "is_over", "is_policed"),
    [
        (CLEAR_NATS, 0.0, True, False),
        (CLEAR_NATS, 0.02, True, True),
        (CLEAR_NATS, 0.0199, True, False),
        (CLEAR_NATS - 0.001, 0.02, False, False),
    ],
)
def test_a_loss_of_echoes_that_lookups_do_not_share_is_taken_back_as_a_policers(
    acquittal: float, ratio: float, *, is_over: bool, is_policed: bool
) -> None:
    at = link_context()
    at.link.loss_fault = FaultSlot(fault=LOSES)
    at.link.carried_test.acquittal, at.link.loss_test.ratio = acquittal, ratio
    judge_loss(at)
    assert (at.link.loss_fault.fault is None) is is_over
    assert at.link.policed_until_ns == (NOW_NS + ns(POLICED_S) if is_policed else 0)
    assert at.link.carried_test.acquittal == (0.0 if is_over else acquittal)


@pytest.mark.parametrize(
    ("link", "age_s", "is_over"),
    [
        ("fixed", OVER_S, False),
        ("fixed", OVER_S + 0.001, True),
        ("mobile", 3 * OVER_S, False),
        ("mobile", 3 * OVER_S + 0.001, True),
    ],
)
def test_a_sum_that_alarmed_is_dropped_if_nothing_was_lost_for_ninety_seconds(
    link: str, age_s: float, *, is_over: bool
) -> None:
    at = link_context(link)
    at.link.loss_test.cusum_up = at.settings.loss_alarm_nats
    for track in at.link.tracks.values():
        track.sent, track.silent_ns = 100, NOW_NS - ns(age_s)
    judge_loss(at)
    assert (at.link.loss_test.cusum_up == 0.0) is is_over


@pytest.mark.parametrize(
    ("ratio", "raw", "raw_age_s", "sent", "lost", "known"),
    [
        (0.0, 0.0, 0.0, 0, 0, 0.0),
        (0.03, 0.0, 0.0, 100, 1, 0.03),
        (0.03, 0.0, 0.0, 100, 5, 0.05),
        (0.0, PLAIN_RATIO, ALIVE_S, 100, 1, PLAIN_RATIO),
        (0.0, PLAIN_RATIO, ALIVE_S + 0.001, 100, 1, 0.01),
        (0.0, PLAIN_RATIO - 0.001, 0.0, 100, 1, 0.01),
    ],
)
def test_the_loss_ratio_of_a_link_is_the_highest_of_all_known_ones(
    ratio: float, raw: float, raw_age_s: float, sent: int, lost: int, known: float
) -> None:
    at = link_context()
    loss = at.link.loss_test
    loss.ratio, loss.raw_ratio, loss.raw_ns = ratio, raw, NOW_NS - ns(raw_age_s)
    at.link.heard_ns = NOW_NS
    track_to(at).sent, track_to(at).lost = sent, lost
    assert loss_ratio(at.link) == pytest.approx(known)


def test_a_test_that_starts_again_knows_of_no_loss_and_of_no_alarm() -> None:
    at = link_context()
    loss = at.link.loss_test
    loss.cusum_up = loss.cusum_down = 5.0
    for moment in ("first_ns", "alarm_ns", "far_alarm_ns"):
        setattr(loss, moment, 5)
    loss.losses = loss.queued_losses = 5
    for track in at.link.tracks.values():
        track.sent = track.lost = track.raw_sent = track.raw_lost = 5
    restart_loss_test(at.link)
    assert (loss.cusum_up, loss.cusum_down, loss.losses, loss.queued_losses) == (0.0, 0.0, 0, 0)
    assert {loss.first_ns, loss.alarm_ns, loss.far_alarm_ns} == {None}
    for track in at.link.tracks.values():
        assert (track.sent, track.lost, track.raw_sent, track.raw_lost) == (0, 0, 0, 0)


def asked(at: LinkContext) -> set[str]:
    return {probe.target for probe in dense_probes(at)}


def test_without_doubt_no_target_is_probed_densely() -> None:
    at = link_context()
    assert asked(at) == set()
    assert at.link.loss_test.credit_s == at.settings.dense_probing_s
    at.link.loss_test.cusum_up = 1.0
    at.link.silence.fault = Diagnosis(
        state=State.DOWN, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SILENT
    )
    assert asked(at) == set(), "an outage hides it"


@pytest.mark.parametrize(("link", "every_s"), [("fixed", 1.0), ("mobile", 3.0)])
def test_all_are_asked_every_second_and_the_near_ones_thrice_as_often(
    link: str, every_s: float
) -> None:
    at = link_context(link)
    at.link.loss_test.cusum_up = 1.0
    known = {target for target in TARGETS if PointKey("icmp", target) in at.probes.points}
    assert asked(at) == known
    assert at.link.loss_test.credit_s == at.settings.dense_probing_s - every_s
    at.memory.now_ns = NOW_NS + ns(every_s / 3) - 1
    assert asked(at) == set()
    at.memory.now_ns = NOW_NS + ns(every_s / 3)
    assert asked(at) == known & {"gateway", "access-fixed"}
    at.memory.now_ns = NOW_NS + ns(every_s)
    assert asked(at) == known


def test_targets_that_never_answered_or_are_known_unresponsive_are_not_probed_densely() -> None:
    at = link_context()
    at.link.loss_test.cusum_up = 1.0
    track_to(at, "far").answered_ns = None
    track_to(at, "zone").known_unresponsive = True
    assert asked(at) == {"gateway", "access-fixed", "core-fixed"}


@pytest.mark.parametrize(("credit_s", "is_asked"), [(1.0, True), (0.999, False)])
def test_dense_probing_is_paid_from_a_credit(credit_s: float, *, is_asked: bool) -> None:
    at = link_context()
    at.link.loss_test.cusum_up = 1.0
    at.link.loss_test.credit_s, at.link.loss_test.credit_ns = credit_s, NOW_NS
    assert bool(asked(at)) is is_asked


@pytest.mark.parametrize(("link", "earned_s"), [("fixed", 10.0), ("mobile", 10.0 / 3)])
def test_dense_probing_earns_credit_at_a_tenth_of_the_time_up_to_its_limit(
    link: str, earned_s: float
) -> None:
    at = link_context(link)
    loss = at.link.loss_test
    loss.credit_s, loss.credit_ns = 0.0, NOW_NS - ns(100.0)
    asked(at)
    assert loss.credit_s == pytest.approx(earned_s)
    loss.credit_s, loss.credit_ns = at.settings.dense_probing_s - 1.0, NOW_NS - ns(900.0)
    asked(at)
    assert loss.credit_s == at.settings.dense_probing_s


@pytest.mark.parametrize(("share", "is_dense"), [(0.21, True), (0.19, False)])
def test_the_end_of_a_loss_is_looked_for_densely_once_there_is_hope(
    share: float, *, is_dense: bool
) -> None:
    at = link_context()
    at.link.loss_fault = FaultSlot(fault=LOSES)
    at.link.loss_test.cusum_up = 5.0
    at.link.loss_test.cusum_down = share * at.settings.loss_clear_nats
    asked(at)
    assert at.link.loss_test.is_dense_probing is is_dense
