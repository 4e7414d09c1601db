"""Which part of the path is named for a loss: flows, large packets, a name server or the line."""

import pytest

from tests.agent.judge.inventories import ACCESS, FIXED, MOBILE, PROBES, TARGETS
from tests.agent.judge.link_cases import Shown, ago, echoes, judged_link, lookups, pages
from tests.agent.judge.symptoms.test_carried_loss_limits import ALIVE, SURE
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.loss_memory import CarriedTest
from thongsuot_agent.judge.memory import LinkMemory, ServiceAddress, Track
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_agent.judge.symptoms.carried_loss import LOSSY_RESOLVER, _lossy_part, needs_samples
from thongsuot_agent.judge.symptoms.near_flows import (
    LARGE_PACKETS_LOST_SOMEWHERE,
    NEW_FLOWS_LOST,
    are_new_echoes_lost,
)
from thongsuot_agent.judge.symptoms.new_flows import are_new_flows_lost
from thongsuot_schema.inventory.model import ProbeSchedule
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment

# As documented: the code's own figures would follow any change of them.
CLEAR_HOPE = 0.2
CLEAR_NATS = 9.2


CLEAN = 0b1_0000_0000
OF_LOSS: Shown = {"carried_sent": 60, "carried_lost": 12, **ALIVE}
NEAR = site_probes_from(
    (FIXED, MOBILE),
    (*TARGETS, *ACCESS),
    (*PROBES, ProbeSchedule(kind="fresh_echo", every_s=300.0)),
)


def link_with(*tracks: Track, answering: str = "", first_s: float = 10.0) -> LinkContext:
    """Return a link with a clean LAN whose test is sure, near which somebody answers new flows."""
    gateway = echoes("gateway", carried_sent=200, recent=CLEAN, **ALIVE)
    at = judged_link(gateway, *tracks, site_probes=NEAR)
    at.link.carried_test = CarriedTest(**SURE | {"first_ns": ago(first_s)})
    if answering:
        at.link.new_flows.answering.add(answering)
    return at


def portal(name: str, address: str, *, felt_s: float = 1.0) -> Track:
    """Return a portal whose pages lose segments, and of which four failed some seconds ago."""
    episodes = [ago(felt_s + number / 10.0) for number in range(4)]
    return pages(name, addresses={address: ServiceAddress()}, episodes_ns=episodes, **OF_LOSS)


def server(**shown: object) -> tuple[Track, ...]:
    """Return a name server that loses a fifth of its questions, beside one that loses none."""
    return lookups(**OF_LOSS | shown), lookups("zone", carried_sent=200, **ALIVE)


def losing_pages(answering: str = "", *, felt_s: float = 1.0) -> LinkContext:
    return link_with(
        portal("motcua", "192.0.2.1", felt_s=felt_s),
        portal("dichvucong", "198.51.100.1", felt_s=felt_s),
        lookups(carried_sent=200, **ALIVE),
        lookups("zone", carried_sent=200, **ALIVE),
        answering=answering,
    )


def test_lost_new_flows_are_not_held_against_a_name_server() -> None:
    fell_silent: Shown = {"silent_ns": ago(1.0), "silences": 1}
    at = link_with(
        *server(recent=0b1_0000_0011, **fell_silent),
        pages(**fell_silent),
        echoes("zone", recent=CLEAN, **ALIVE),
    )
    assert are_new_flows_lost(at)
    assert not are_new_echoes_lost(at)
    assert _lossy_part(at) == NEW_FLOWS_LOST


@pytest.mark.parametrize(
    ("answering", "first_s", "expected"),
    [
        ("core-fixed", 10.0, None),
        ("core-fixed", 120.0, LOSSY_RESOLVER),
        ("gateway", 10.0, LOSSY_RESOLVER),
        ("", 10.0, LOSSY_RESOLVER),
    ],
    ids=["may be asked", "did not say for long", "in the site", "nobody answers any"],
)
def test_a_name_server_is_named_after_new_flows_near_it_had_time_to_fail(
    answering: str, first_s: float, expected: Diagnosis | None
) -> None:
    at = link_with(*server(), answering=answering, first_s=first_s)
    assert _lossy_part(at) == expected


def test_a_line_that_loses_everything_is_named_without_waiting_for_new_flows() -> None:
    for answering in ("core-fixed", "gateway"):
        at = link_with(
            lookups(**OF_LOSS),
            lookups("zone", **OF_LOSS),
            lookups(family=Family.IP6, **OF_LOSS),
            answering=answering,
        )
        told = _lossy_part(at)
        assert told is not None
        assert told.segment is Segment.ACCESS


def test_loss_of_pages_alone_is_distant_or_of_large_packets() -> None:
    told = _lossy_part(losing_pages())
    assert told is not None
    assert told.segment is Segment.TRANSIT
    # A gateway that answers new flows, and never one of full size: the LAN may lose those.
    assert _lossy_part(losing_pages("gateway")) == LARGE_PACKETS_LOST_SOMEWHERE


def test_pages_that_failed_before_the_loss_do_not_show_it() -> None:
    assert _lossy_part(losing_pages(felt_s=9.6)) is not None
    assert _lossy_part(losing_pages(felt_s=10.1)) is None


def test_loss_in_the_lan_is_not_taken_for_a_loss_of_large_packets() -> None:
    at = losing_pages("gateway")
    at.link.policed_until_ns = at.now_ns + 1
    for track in at.link.tracks.values():
        if track.target == "gateway":
            track.carried_lost = 40
    told = _lossy_part(at)
    assert told is not None
    assert told.segment is Segment.LAN


def test_more_lookups_do_not_help_until_a_fifth_of_the_evidence_is_there() -> None:
    link = LinkMemory(name="fixed")
    link.carried_fault.fault = LOSSY_RESOLVER
    link.carried_test.cusum_down = CLEAR_NATS * CLEAR_HOPE
    assert not needs_samples(link)
    link.carried_test.cusum_down += 1e-9
    assert needs_samples(link)
