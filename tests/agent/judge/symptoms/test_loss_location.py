"""Blame: from shares of losses to the rung on which they begin."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.loss_memory import LossTest
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.loss_location import (
    LanRatios,
    LossShare,
    _first_lossy,
    _lone_loser,
    is_losing_since,
    is_of_ip6_alone,
    is_plain,
    locate_loss,
)
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom

# As documented: the code's own figures would follow any change of them.
DECIDE_ANYWAY_S = 120.0
FELT_LOSS_RATIO = 0.045
GATEWAY_HEARD_S = 60.0
NOISY_S = 600.0


NEAR = ("gateway", "access-fixed")
CORE = ("resolver", "core-fixed")
FAR = ("zone", "exchange", "abroad", "far")


def link_context(lost: dict[str, int], *, sent: int = 400, with_access: bool = True) -> LinkContext:
    site_probes = two_links(with_access=with_access)
    link = LinkMemory(name="fixed", loss_test=LossTest(cusum_up=12.0))
    for target in (*NEAR, *CORE, *FAR):
        track = Track(kind="icmp", target=target, family=Family.IP4)
        track.sent, track.lost = sent, lost.get(target, 0)
        track.raw_sent, track.raw_lost, track.answered_ns = track.sent, track.lost, 1
        link.tracks[SeriesKey("icmp", target, Family.IP4)] = track
    memory = Memory(links={"fixed": link})
    return LinkContext(memory, link, site_probes.links["fixed"], Settings())


@pytest.mark.parametrize(
    ("lossy", "segment"),
    [
        ((*NEAR, *CORE, *FAR), Segment.LAN),
        ((*NEAR[1:], *CORE, *FAR), Segment.ACCESS),
        ((*CORE, *FAR), Segment.CARRIER),
        (FAR, Segment.TRANSIT),
    ],
)
def test_the_rung_after_the_last_clean_one_loses(lossy: tuple[str, ...], segment: Segment) -> None:
    located = locate_loss(link_context(dict.fromkeys(lossy, 8)), onset_ns=1).suspicion
    assert located is not None
    assert located.fault.segment is segment
    assert {(e.target, e.failed) for e in located.evidence} >= {(lossy[0], 8)}


def test_without_a_probe_point_on_the_first_hop_the_core_is_the_access() -> None:
    located = locate_loss(
        link_context(dict.fromkeys((*CORE, *FAR), 8), with_access=False), onset_ns=1
    ).suspicion
    assert located is not None
    assert located.fault.segment is Segment.ACCESS


def test_a_host_that_loses_alone_is_left_out_and_nobody_blamed() -> None:
    at = link_context({"zone": 40})
    located = locate_loss(at, onset_ns=1)
    assert located.is_one_host
    assert located.suspicion is None
    assert at.link.tracks[SeriesKey("icmp", "zone", Family.IP4)].noisy_until_ns > 0
    assert at.link.tracks[SeriesKey("icmp", "far", Family.IP4)].noisy_until_ns == 0


def test_a_few_echoes_of_the_gateway_do_not_prove_the_lan_clean() -> None:
    at = link_context(dict.fromkeys((*NEAR[1:], *CORE, *FAR), 8))
    at.link.tracks[SeriesKey("icmp", "gateway", Family.IP4)].raw_sent = 60
    assert locate_loss(at, onset_ns=1).suspicion is None


def test_a_gateway_that_answers_no_echoes_is_left_to_the_ladder() -> None:
    at = link_context(dict.fromkeys((*NEAR[1:], *CORE, *FAR), 8))
    gateway = at.link.tracks[SeriesKey("icmp", "gateway", Family.IP4)]
    gateway.raw_sent = gateway.raw_lost = 60
    gateway.answered_ns = None
    located = locate_loss(at, onset_ns=1).suspicion
    assert located is not None
    assert located.fault.segment is Segment.ACCESS


def test_a_gateway_that_answered_until_the_loss_and_never_since_loses_it() -> None:
    """Every echo counts, although none was answered that would end the silence."""
    at = link_context(dict.fromkeys((*NEAR[1:], *CORE, *FAR), 100))
    gateway = at.link.tracks[SeriesKey("icmp", "gateway", Family.IP4)]
    gateway.sent = gateway.lost = 0
    gateway.raw_sent = gateway.raw_lost = 8
    located = locate_loss(at, onset_ns=ns(GATEWAY_HEARD_S)).suspicion
    assert located is not None
    assert located.fault.segment is Segment.LAN


def test_the_first_hop_is_not_called_clean_by_a_share_that_chance_made_high() -> None:
    # As seen in the lab (2026-11) with 2 % on the line: by chance few of the first hop's were lost.
    at = link_context(
        {"resolver": 3, "core-fixed": 4, "zone": 2, "exchange": 3, "abroad": 3, "far": 4}
    )
    for track in at.link.tracks.values():
        track.sent = 90
    at.link.tracks[SeriesKey("icmp", "gateway", Family.IP4)].raw_sent = 251
    access = at.link.tracks[SeriesKey("icmp", "access-fixed", Family.IP4)]
    access.sent, access.lost = 260, 1
    assert locate_loss(at, onset_ns=1).suspicion is None


def track_to(at: LinkContext, target: str) -> Track:
    return at.link.tracks[SeriesKey("icmp", target, Family.IP4)]


def segment_of(at: LinkContext, onset_ns: int = 1, *, blip_ratio: float = 0.0) -> Segment | None:
    suspicion = locate_loss(at, onset_ns, blip_ratio=blip_ratio).suspicion
    return None if suspicion is None else suspicion.fault.segment


def test_a_loss_share_is_reduced_by_one_deviation_and_is_zero_without_packets() -> None:
    assert LossShare(Segment.LAN).at_least() == 0.0
    assert LossShare(Segment.LAN, sent=100, lost=9).at_least() == pytest.approx(0.06)
    assert LossShare(Segment.LAN, sent=10, lost=1).plus(5, 2) == LossShare(Segment.LAN, 15, 3)


@pytest.mark.parametrize(
    ("sent", "lost", "sign"), [(100, 2, 1), (1000, 4, -1), (0, 0, 0), (1000, 20, 1)]
)
def test_evidence_favours_the_nearer_of_two_shares(sent: int, lost: int, sign: int) -> None:
    nats = LossShare(Segment.LAN, sent, lost).nats(0.02, 0.004)
    assert (nats > 0) - (nats < 0) == sign


def test_losses_and_answers_are_weighted_by_their_probabilities() -> None:
    share = LossShare(Segment.LAN, sent=3, lost=1)
    assert share.nats(0.5, 0.25) == pytest.approx(0.6931 - 2 * 0.4055, abs=1e-3)


def test_a_host_that_alone_loses_is_left_out_for_ten_minutes() -> None:
    at = link_context({"zone": 40})
    at.memory.now_ns = 5
    locate_loss(at, onset_ns=1)
    assert track_to(at, "zone").noisy_until_ns == 5 + ns(NOISY_S)


def test_two_hosts_equally_far_out_that_both_lose_do_not_lose_alone() -> None:
    assert segment_of(link_context({"zone": 40, "far": 40})) is Segment.TRANSIT


def test_a_clean_nearer_target_does_not_clear_hosts_beyond_it() -> None:
    """Only the core's target loses; if the core did, targets beyond it would lose as well."""
    located = locate_loss(link_context({"core-fixed": 40}), onset_ns=1)
    assert located.is_one_host


def test_the_only_target_is_never_the_one_host_that_loses_alone() -> None:
    at = link_context({"access-fixed": 20})
    for target in (*CORE, *FAR):
        del at.link.tracks[SeriesKey("icmp", target, Family.IP4)]
    located = locate_loss(at, onset_ns=1)
    assert not located.is_one_host


def test_a_queue_that_delays_on_a_nearer_rung_drops_there() -> None:
    at = link_context(dict.fromkeys(FAR, 8))
    for segment, blamed in (
        (Segment.CARRIER, Segment.CARRIER),
        (Segment.TRANSIT, Segment.TRANSIT),
        (None, Segment.TRANSIT),
    ):
        slow = Diagnosis(state=State.DEGRADED, segment=segment, symptom=Symptom.ACCESS_SLOW)
        at.link.slow = FaultSlot(fault=slow)
        assert segment_of(at) is blamed


def test_after_two_minutes_the_likelier_of_two_segments_beyond_the_site_is_taken() -> None:
    at = link_context(dict.fromkeys((*CORE, *FAR), 8))
    access = track_to(at, "access-fixed")
    access.sent, access.lost = 60, 0
    assert segment_of(at, 0) is None, "the first hop is as good as clean, but not surely"
    at.memory.now_ns = ns(DECIDE_ANYWAY_S) - 1
    assert segment_of(at, 0) is None
    at.memory.now_ns += 1
    for track in at.link.tracks.values():
        track.answered_ns = at.now_ns
    assert segment_of(at, 0) is Segment.CARRIER
    access.sent, access.lost = 60, 1
    assert segment_of(at, 0) is Segment.ACCESS


def test_a_gateway_that_lost_some_of_its_latest_echoes_is_waited_for_two_minutes() -> None:
    at = link_context(dict.fromkeys((*NEAR[1:], *CORE, *FAR), 8))
    gateway = track_to(at, "gateway")
    gateway.recent = 0b1_0000_0011
    at.memory.now_ns = ns(DECIDE_ANYWAY_S) - 1
    gateway.answered_ns = at.now_ns
    assert segment_of(at, 0) is None
    at.memory.now_ns += 1
    assert segment_of(at, 0) is Segment.ACCESS
    gateway.recent = 0b1_0000_0001
    assert segment_of(at, 1) is Segment.ACCESS, "one of eight is chance"


@pytest.mark.parametrize(("early_ns", "segment"), [(0, None), (1, Segment.ACCESS)])
def test_a_gateway_that_answered_a_minute_before_the_loss_counts_as_answering(
    early_ns: int, segment: Segment | None
) -> None:
    at = link_context(dict.fromkeys((*NEAR[1:], *CORE, *FAR), 8))
    gateway = track_to(at, "gateway")
    gateway.raw_sent, gateway.raw_lost, gateway.answered_ns = 60, 0, 1000 - early_ns
    assert segment_of(at, 1000 + ns(GATEWAY_HEARD_S)) is segment


def test_a_lan_whose_blips_lose_as_much_is_the_one_that_loses() -> None:
    at = link_context(dict.fromkeys((*NEAR[1:], *CORE, *FAR), 8))
    gateway = track_to(at, "gateway")
    gateway.raw_sent, gateway.raw_lost = 30, 3
    assert segment_of(at) is Segment.LAN
    gateway.raw_sent, gateway.raw_lost = 200, 1
    assert segment_of(at) is None, "neither clean nor lossy"
    for target in (*NEAR[1:], *CORE, *FAR):
        track_to(at, target).raw_lost = 100
    assert segment_of(at, blip_ratio=0.3) is Segment.ACCESS, "it would have lost far more"


def test_loss_beyond_the_site_needs_two_hosts_unless_there_is_only_one() -> None:
    at = link_context({})
    assert not is_losing_since(at, 0 + 1)
    track_to(at, "zone").silent_ns = 100
    assert not is_losing_since(at, 100), "one of many"
    track_to(at, "gateway").silent_ns = 100
    assert not is_losing_since(at, 100), "the gateway is the site's"
    track_to(at, "far").silent_ns = 100
    assert is_losing_since(at, 100)
    assert not is_losing_since(at, 101)
    track_to(at, "far").known_unresponsive = True
    assert not is_losing_since(at, 100), "who is silent for ever"
    track_to(at, "far").known_unresponsive = False
    track_to(at, "far").noisy_until_ns = at.now_ns + 1
    assert not is_losing_since(at, 100), "who loses alone"
    track_to(at, "far").noisy_until_ns = at.now_ns
    assert is_losing_since(at, 100)
    for track in at.link.tracks.values():
        track.sent = 0
    assert not is_losing_since(at, 100), "nobody was asked"
    track_to(at, "zone").sent = 1
    assert is_losing_since(at, 100), "the only one that was"


@pytest.mark.parametrize(
    ("ip6", "ip4", "alone"),
    [
        ((100, 10), (400, 0), True),
        ((100, 10), (400, 30), False),
        ((100, 0), (400, 0), False),
        ((100, 1), (400, 0), True),
        ((100, 10), (20, 0), False),
    ],
    ids=["IPv6 loses", "both lose", "neither", "one lost", "too few of IPv4"],
)
def test_a_loss_is_of_ipv6_alone_where_enough_of_ipv4_came_back(
    ip6: tuple[int, int], ip4: tuple[int, int], alone: bool
) -> None:
    at = link_context({})
    at.link.tracks.clear()
    for family, (sent, lost) in ((Family.IP6, ip6), (Family.IP4, ip4)):
        track = Track(kind="icmp", target="zone", family=family, sent=sent, lost=lost)
        at.link.tracks[SeriesKey("icmp", "zone", family)] = track
        inside = Track(kind="icmp", target="gateway", family=family, sent=900, lost=90)
        at.link.tracks[SeriesKey("icmp", "gateway", family)] = inside
    assert is_of_ip6_alone(at) is alone


@pytest.mark.parametrize(("lost", "plain"), [(9, True), (8, False)])
def test_heavy_loss_beyond_the_carrier_shows_in_every_page(lost: int, plain: bool) -> None:
    fault = Diagnosis(state=State.DEGRADED, segment=Segment.TRANSIT, symptom=Symptom.TRANSIT_LOSS)

    def evidence(segment: Segment, sent: int, lost: int) -> Evidence:
        return Evidence(
            kind="icmp", segment=segment, outcome=Outcome.OK, ok=sent - lost, failed=lost
        )

    far = (evidence(Segment.TRANSIT, 120, lost), evidence(Segment.TRANSIT, 80, 0))
    near = evidence(Segment.ACCESS, 100, 100)
    assert FELT_LOSS_RATIO * 200 == 9
    suspicion = Suspicion(fault=fault, onset_ns=1, evidence=(*far, near))
    assert is_plain(suspicion) is plain
    assert not is_plain(Suspicion(fault=fault, onset_ns=1, evidence=()))


@pytest.mark.parametrize(
    ("shares", "alone"),
    [
        ({"near": (400, 0), "far": (100, 20)}, "far"),
        ({"near": (400, 0), "zone": (100, 5), "far": (100, 20)}, None),
        ({"near": (400, 40), "far": (400, 80)}, None),
        ({"zone": (400, 0), "far": (100, 20)}, "far"),
        ({"far": (100, 20)}, None),
    ],
    ids=[
        "nobody so far out, and a nearer one is clean",
        "another so far out loses, and a nearer one is clean",
        "the nearer one loses",
        "another so far out is clean",
        "too few",
    ],
)
def test_a_lone_losing_host_is_compared_with_equally_far_ones_or_else_with_all(
    shares: dict[str, tuple[int, int]], alone: str | None
) -> None:
    rungs = {"near": Segment.CARRIER, "zone": Segment.TRANSIT, "far": Segment.TRANSIT}
    seen = {name: LossShare(rungs[name]).plus(*counts) for name, counts in shares.items()}
    assert _lone_loser(seen, seen, Settings()) == alone


LAN, ACCESS, CORE_RUNG = Segment.LAN, Segment.ACCESS, Segment.CARRIER


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({LAN: (15, 2)}, LAN),
        ({LAN: (16, 2)}, None),
        ({LAN: (28, 0), ACCESS: (100, 20)}, ACCESS),
        ({LAN: (27, 0), ACCESS: (100, 20)}, None),
        ({LAN: (300, 0), ACCESS: (7, 1)}, ACCESS),
        ({LAN: (300, 0), ACCESS: (8, 1)}, None),
        ({LAN: (300, 0), ACCESS: (28, 0), CORE_RUNG: (100, 20)}, CORE_RUNG),
        ({LAN: (300, 0), ACCESS: (27, 0), CORE_RUNG: (100, 20)}, None),
    ],
    ids=[
        "a LAN on odds of 20",
        "on less",
        "a LAN is clean on odds of 100",
        "on less it is not",
        "a line on odds of 4",
        "on less",
        "a line is clean on odds of 100",
        "on less it is not",
    ],
)
def test_a_rung_is_called_lossy_or_clean_by_its_odds(
    counts: dict[Segment, tuple[int, int]], expected: Segment | None
) -> None:
    shares = [LossShare(rung).plus(*pair) for rung, pair in counts.items()]
    assert _first_lossy(shares, Settings(), LanRatios(), is_enough=False) is expected


def test_a_loss_is_located_beyond_nearer_targets_only_once_they_were_counted() -> None:
    at = link_context({"abroad": 1}, sent=0)
    at.link.tracks[SeriesKey("icmp", "abroad", Family.IP4)].sent = 1
    late_ns = ns(DECIDE_ANYWAY_S + 1)
    at.memory.now_ns = late_ns
    for track in at.link.tracks.values():
        track.answered_ns = late_ns
    assert segment_of(at) is None
    for target in (*NEAR, *CORE):
        track_to(at, target).sent = 1
    track_to(at, "gateway").raw_sent = 400
    assert segment_of(at) is Segment.TRANSIT


def test_nearer_targets_that_do_not_answer_at_all_are_not_awaited() -> None:
    at = link_context(dict.fromkeys(FAR, 8))
    at.memory.now_ns = ns(DECIDE_ANYWAY_S + 1)
    for target in (*NEAR, *CORE):
        track = track_to(at, target)
        track.sent = track.lost = track.raw_sent = track.raw_lost = 0
        track.answered_ns = None
    assert segment_of(at) is Segment.ACCESS


@pytest.mark.parametrize(
    ("sent", "lost", "segment"),
    [(200, 0, Segment.ACCESS), (200, 1, Segment.ACCESS), (518, 5, None)],
)
def test_blips_acquit_a_lan_only_by_what_all_lost_in_the_whole_test(
    sent: int, lost: int, segment: Segment | None
) -> None:
    at = link_context(dict.fromkeys((*NEAR[1:], *CORE, *FAR), 4), sent=200)
    for track in at.link.tracks.values():
        track.raw_sent, track.raw_lost = 200, 60 if sent == 200 else 2
    gateway = track_to(at, "gateway")
    gateway.raw_sent, gateway.raw_lost = sent, lost
    assert segment_of(at, blip_ratio=0.2) is segment
