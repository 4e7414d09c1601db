"""Loss that echoes show: when it is told, of whom, and what it has to wait for."""

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
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.loss_memory import CarriedTest, LossTest
from thongsuot_agent.judge.memory import FaultSlot, Track, Traffic
from thongsuot_agent.judge.symptoms.loss import judge_loss
from thongsuot_agent.judge.symptoms.own_queue import CAUSE_UNKNOWN
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

ACCESS = fault(Symptom.ACCESS_LOSS, Segment.ACCESS)
LAN = fault(Symptom.LAN_LOSS, Segment.LAN)
TRANSIT = fault(Symptom.TRANSIT_LOSS, Segment.TRANSIT)
ALIVE: Shown = {"answered_ns": ago(1.0), "recent": 0b1_0000_0000}
GATEWAY: Shown = ALIVE | {"raw_sent": 400}


def lossy(target: str, **shown: object) -> Track:
    loses: Shown = {"sent": 150, "lost": 15, "silent_ns": ago(5.0)}
    return echoes(target, **ALIVE | loses | shown)


def clean(target: str, **shown: object) -> Track:
    return echoes(target, **ALIVE | {"sent": 600} | shown)


def losing(*beside: Track, **test: object) -> LinkContext:
    """Return a line that loses a tenth from its first router on."""
    hosts = [lossy(target) for target in ("access-fixed", "core-fixed", "zone", "far")]
    return in_test([echoes("gateway", **GATEWAY), *hosts, *beside], **test)


def losing_far(*beside: Track, **test: object) -> LinkContext:
    """Return a line beyond whose carrier a tenth is lost."""
    hosts = [clean("access-fixed"), clean("core-fixed"), lossy("zone"), lossy("far")]
    return in_test([echoes("gateway", **GATEWAY), *hosts, *beside], **test)


def in_test(tracks: list[Track], **test: object) -> LinkContext:
    at = judged_link(*tracks)
    sure: Shown = {"cusum_up": 10.0, "first_ns": ago(60.0), "losses": 40}
    at.link.loss_test = LossTest(**sure | test)
    return at


def told(at: LinkContext) -> Diagnosis | None:
    judge_loss(at)
    return at.link.loss_fault.fault


def test_a_loss_that_is_sure_is_reported_with_its_beginning_and_counted_again() -> None:
    at = losing()
    at.link.carried_test = CarriedTest(cusum_up=3.0)
    assert told(at) == ACCESS
    slot = at.link.loss_fault
    assert (slot.onset_ns, slot.first_ns) == (ago(60.0), NOW_NS)
    assert (at.link.loss_test.cusum_up, at.link.loss_test.first_ns) == (0.0, None)
    assert at.link.carried_test == CarriedTest()
    assert all(track.sent == 0 for track in at.link.tracks.values())


@pytest.mark.parametrize(
    ("test", "is_told"),
    [({}, True), ({"cusum_up": 9.99}, False), ({"cusum_up": 0.0, "first_ns": None}, False)],
)
def test_a_loss_is_reported_once_the_sum_suffices(test: Shown, *, is_told: bool) -> None:
    assert (told(losing(**test)) == ACCESS) is is_told


def test_no_loss_is_reported_of_a_line_that_is_out() -> None:
    at = losing()
    at.link.silence = held(Symptom.ACCESS_SILENT, state=State.DOWN)
    assert told(at) is None
    at.link.silence = held(Symptom.INTERNATIONAL_TRANSIT_SILENT)
    assert told(at) == ACCESS


def test_drops_of_a_queue_without_a_known_owner_are_not_reported() -> None:
    at = losing()
    at.link.slow = FaultSlot(fault=CAUSE_UNKNOWN)
    assert told(at) is None
    at.link.slow = held(Symptom.CARRIER_SLOW, Segment.CARRIER)
    assert told(at) == ACCESS


@pytest.mark.parametrize(
    ("lookup", "alarm_ns", "expected", "policed_ns"),
    [
        ({"carried_sent": 60, "carried_lost": 12}, None, ACCESS, 0),
        ({"carried_sent": 400}, None, None, NOW_NS + ns(600.0)),
        ({"carried_sent": 8}, None, None, 0),
        ({"carried_sent": 8}, ago(120.0), None, NOW_NS + ns(600.0)),
        ({}, ago(120.0), ACCESS, 0),
        ({}, ago(119.9), None, 0),
    ],
    ids=[
        "lookups lose as well",
        "lookups lose nothing",
        "few lookups were made",
        "few were made in two minutes",
        "none was made in two minutes",
        "none was made yet",
    ],
)
def test_a_loss_is_confirmed_by_a_second_protocol_or_attributed_to_a_policer(
    lookup: Shown, alarm_ns: int | None, expected: Diagnosis | None, policed_ns: int
) -> None:
    at = losing(lookups(**ALIVE | lookup), alarm_ns=alarm_ns, ratio=0.01, raw_ratio=0.3)
    assert told(at) == expected
    assert at.link.policed_until_ns == policed_ns
    if policed_ns:
        assert at.link.loss_test.ratio == 0.3, "what silences are worth is another matter"
        assert at.link.loss_test.cusum_up == 0.0
    elif expected is None:
        assert at.link.loss_test.alarm_ns == (alarm_ns or NOW_NS), "it is waited for since"


@pytest.mark.parametrize(
    ("queued", "lookup", "expected"),
    [
        (20, {}, CAUSE_UNKNOWN),
        (19, {}, None),
        (20, {"carried_sent": 400}, None),
        (0, {"carried_sent": 60, "carried_lost": 12}, ACCESS),
    ],
    ids=["half of it", "less", "lookups lose nothing", "none of it"],
)
def test_losses_during_a_queue_may_be_caused_by_the_site(
    queued: int, lookup: Shown, expected: Diagnosis | None
) -> None:
    at = losing(lookups(**ALIVE | lookup), queued_losses=queued)
    assert told(at) == expected


def test_nothing_is_reported_of_one_host_that_loses_alone_and_the_test_starts_again() -> None:
    hosts = [clean("access-fixed"), clean("core-fixed"), lossy("zone"), clean("far")]
    at = in_test([echoes("gateway", **GATEWAY), *hosts, clean("abroad", silent_ns=ago(5.0))])
    assert told(at) is None
    assert at.link.loss_test.cusum_up == 0.0
    noisy = [track.target for track in at.link.tracks.values() if track.noisy_until_ns]
    assert noisy == ["zone"]


FELT = pages(episodes_ns=[ago(50.0), ago(40.0), ago(30.0), ago(20.0)], **ALIVE)


@pytest.mark.parametrize(
    ("asked", "lost", "is_told"),
    [(34, 0, False), (10, 0, False), (3, 0, True), (20, 1, True)],
    ids=["no other loses", "of a few echoes each", "of too few", "one loses, if less than it"],
)
def test_a_host_that_loses_half_of_its_echoes_is_known_to_be_alone_by_few_of_the_others(
    asked: int, lost: int, *, is_told: bool
) -> None:
    """By the counts of 2026-12: another carrier's core lost half, and pages of a portal failed."""
    rest: Shown = ALIVE | {"sent": 34, "silent_ns": ago(5.0), "raw_sent": asked}
    hosts = [clean("access-fixed"), clean("core-fixed"), lossy("zone", sent=23, lost=11)]
    hosts += [echoes("exchange", **rest), echoes("abroad", **rest)]
    hosts += [echoes("far", **rest | {"raw_lost": lost})]
    at = in_test([echoes("gateway", **GATEWAY), *hosts, FELT])
    assert told(at) == (TRANSIT if is_told else None)
    noisy = [track.target for track in at.link.tracks.values() if track.noisy_until_ns]
    assert noisy == ([] if is_told else ["zone"])


def test_loss_beyond_the_carrier_is_reported_only_if_pages_show_it() -> None:
    at = losing_far()
    assert told(at) is None
    assert at.link.loss_test.far_alarm_ns == NOW_NS
    at.link.loss_test.far_alarm_ns = 7
    assert told(at) is None
    assert at.link.loss_test.far_alarm_ns == 7, "since it first was"
    at = losing_far(FELT)
    assert told(at) == TRANSIT
    assert at.link.loss_test.far_alarm_ns is None


def test_pages_that_fail_bear_it_out_though_lookups_lose_nothing() -> None:
    at = losing_far(FELT, lookups("zone", **ALIVE | {"carried_sent": 400}))
    assert told(at) == TRANSIT


def test_loss_of_ipv6_alone_has_to_be_felt_as_well() -> None:
    hosts = [clean(target) for target in ("access-fixed", "core-fixed", "zone", "far")]
    hosts += [lossy(target, family=Family.IP6) for target in ("access-fixed", "core-fixed", "zone")]
    for track in hosts:
        if track.family is Family.IP6:
            track.sent, track.lost = 600, 240
    lookup = lookups(**ALIVE | {"carried_sent": 60, "carried_lost": 12})
    at = in_test([echoes("gateway", **GATEWAY), *hosts, lookup])
    assert told(at) is None
    assert at.link.loss_test.far_alarm_ns == NOW_NS
    at = in_test([echoes("gateway", **GATEWAY), *hosts, lookup, FELT])
    assert told(at) is not None


@pytest.mark.parametrize(
    ("told_s", "losses", "silent_s", "expected"),
    [
        (3600.0, 40, 5.0, ACCESS),
        (3599.9, 40, 5.0, CAUSE_UNKNOWN),
        (3600.0, 5, 5.0, CAUSE_UNKNOWN),
        (3600.0, 40, 31.0, CAUSE_UNKNOWN),
    ],
    ids=["it stays", "the site may pause still", "lost while it queued", "it is over"],
)
def test_a_lasting_loss_without_a_queue_is_reported_with_its_owner(
    told_s: float, losses: int, silent_s: float, expected: Diagnosis
) -> None:
    at = losing(
        lookups(**ALIVE | {"carried_sent": 60, "carried_lost": 12}), losses=losses, cusum_up=0.0
    )
    for track in at.link.tracks.values():
        if track.lost:
            track.silent_ns = ago(silent_s)
    at.link.loss_fault = FaultSlot(fault=CAUSE_UNKNOWN, onset_ns=ago(3650.0), first_ns=ago(told_s))
    assert told(at) == expected
    if expected == ACCESS:
        assert at.link.loss_fault.onset_ns == ago(3650.0)


@pytest.mark.parametrize(
    ("told_s", "silent_s", "delay_s", "is_over"),
    [
        (90.0, 91.0, 0.0, True),
        (89.9, 91.0, 0.0, False),
        (90.0, 89.0, 0.0, False),
        (90.0, 91.0, 0.02, False),
    ],
    ids=["nothing for long", "told of late", "lost again", "it queues still"],
)
def test_a_loss_caused_by_a_queue_ends_with_the_queue(
    told_s: float, silent_s: float, delay_s: float, *, is_over: bool
) -> None:
    """Once, a transfer of ten minutes was reported as a queue for up to an hour."""
    at = losing(cusum_up=0.0)
    for track in at.link.tracks.values():
        track.silent_ns = ago(silent_s) if track.lost else None
        track.learned, track.usual_s, track.value_ns = 9, 0.02, ago(1.0)
        track.value_s = 0.02 + delay_s
    at.link.loss_fault = FaultSlot(fault=CAUSE_UNKNOWN, first_ns=ago(told_s))
    at.link.loss_test.is_of_queue = True
    assert told(at) == (None if is_over else CAUSE_UNKNOWN)


def test_the_drops_of_a_load_that_the_counters_show_are_no_loss_of_the_lan() -> None:
    """Once, the commune was notified, and the fault stayed open for an hour after the transfer."""
    at = losing()
    at.link.slow = held(Symptom.LAN_CONGESTED, Segment.LAN)
    at.link.traffic = Traffic(read_ns=ago(1.0), up_bits_per_second=9e7, up_peak=1e8)
    assert told(at) is None
    assert at.link.loss_test.cusum_up == 0.0
    at = losing()
    at.link.slow = held(Symptom.LAN_CONGESTED, Segment.LAN)
    assert told(at) == LAN
    assert at.link.loss_test.is_of_queue


@pytest.mark.parametrize(("is_of_queue", "expected"), [(True, None), (False, LAN)])
def test_a_loss_of_the_lan_is_over_with_the_queue_that_dropped(
    expected: Diagnosis | None, *, is_of_queue: bool
) -> None:
    at = losing(cusum_up=0.0, is_of_queue=is_of_queue)
    for track in at.link.tracks.values():
        track.silent_ns = ago(91.0) if track.lost else None
    at.link.loss_fault = FaultSlot(fault=LAN, first_ns=ago(90.0))
    assert told(at) == expected


def test_in_a_lasting_loss_only_packets_lost_without_a_queue_count() -> None:
    for queued, expected in ((0, ACCESS), (35, CAUSE_UNKNOWN)):
        at = losing(
            lookups(**ALIVE | {"carried_sent": 60, "carried_lost": 12}),
            queued_losses=queued,
            cusum_up=0.0,
        )
        at.link.loss_fault = FaultSlot(fault=CAUSE_UNKNOWN, first_ns=ago(3600.0))
        assert told(at) == expected


def test_a_fault_reported_by_name_is_not_reported_again() -> None:
    at = losing(losses=40, cusum_up=0.0)
    at.link.loss_fault = held(Symptom.CARRIER_LOSS, Segment.CARRIER)
    assert told(at) == fault(Symptom.CARRIER_LOSS, Segment.CARRIER)


BLIPS = [ago(120.0), ago(90.0), ago(60.0), ago(30.0)]


@pytest.mark.parametrize(("first_ns", "onset_s"), [(ago(60.0), 120.0), (None, 120.0)])
def test_a_line_that_blips_again_and_again_loses_since_the_first_blip(
    first_ns: int | None, onset_s: float
) -> None:
    at = losing(cusum_up=0.0, first_ns=first_ns, blips_ns=BLIPS)
    assert told(at) == ACCESS
    assert at.link.loss_fault.onset_ns == ago(onset_s)
    at = losing(cusum_up=10.0, blips_ns=BLIPS[:3])
    assert told(at) == ACCESS
    assert at.link.loss_fault.onset_ns == ago(60.0), "three blips are none of the line"


def test_a_blip_at_the_start_of_the_count_does_not_require_total_loss() -> None:
    begun = lossy("core-fixed", sent=1, lost=1)
    some = lookups(**ALIVE | {"carried_sent": 30, "carried_lost": 2})
    at = in_test(
        [echoes("gateway", **GATEWAY), begun, some], cusum_up=0.0, ratio=0.05, blips_ns=BLIPS
    )
    assert told(at) == ACCESS


def test_lookups_that_lose_far_less_than_limited_echoes_do_not_confirm_them() -> None:
    limited = {"ratio": 0.3, "raw_ratio": 0.3}
    of_upload = lookups(**ALIVE | {"carried_sent": 100, "carried_lost": 3})
    at = losing(of_upload, **limited)
    assert told(at) is None
    assert at.link.policed_until_ns > NOW_NS
    as_much = lookups(**ALIVE | {"carried_sent": 100, "carried_lost": 25})
    assert told(losing(as_much, **limited)) == ACCESS
