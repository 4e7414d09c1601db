"""Blame: from shares of losses to the rung on which they begin."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.loss_memory import LossTest
from thongsuot_agent.judge.memory import LinkMemory, Memory, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.loss_location import GATEWAY_HEARD_S, locate_loss
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment

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
    """Every echo counts, though none has been answered that would end the silence."""
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
