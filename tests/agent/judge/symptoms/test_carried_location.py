"""Carried location: a LAN that loses what passes it, though a carrier behind it limits echoes."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import LinkMemory, Memory, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.carried_location import (
    DECIDE_ANYWAY_S,
    do_pages_alone_lose,
    locate_carried_loss,
)
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom

NOW_NS = ns(10_000.0)


def track(kind: str, target: str, sent: int, lost: int) -> Track:
    series = Track(kind=kind, target=target, family=Family.IP4, answered_ns=NOW_NS - 1)
    series.carried_sent, series.carried_lost = sent, lost
    return series


def link_context(*tracks: Track, is_policed: bool) -> LinkContext:
    """A link whose test began just now."""
    link = LinkMemory(name="fixed")
    for series in tracks:
        link.tracks[SeriesKey(series.kind, series.target, series.family)] = series
    link.policed_until_ns = NOW_NS + 1 if is_policed else 0
    link.carried_test.first_ns = NOW_NS - ns(20.0)
    memory = Memory(links={"fixed": link}, now_ns=NOW_NS)
    return LinkContext(memory, link, two_links().links["fixed"], Settings())


def segment_of(at: LinkContext) -> Segment | None:
    fault = locate_carried_loss(at)
    return fault.segment if fault is not None else None


@pytest.mark.parametrize(
    ("is_policed", "gateway_lost", "segment"),
    [(True, 14, Segment.LAN), (False, 14, None), (True, 2, None)],
    ids=["a LAN", "echoes from beyond tell", "a gateway that loses far less"],
)
def test_a_lan_that_loses_what_passes_it_is_found_behind_a_carrier_that_limits_echoes(
    is_policed: bool, gateway_lost: int, segment: Segment | None
) -> None:
    gateway, lookups = track("icmp", "gateway", 40, gateway_lost), track("dns", "resolver", 40, 13)
    at = link_context(gateway, lookups, is_policed=is_policed)
    assert segment_of(at) is segment


def test_a_gateway_that_was_silent_for_a_moment_is_none_that_never_answers() -> None:
    """Its latest eight echoes were lost by chance; of sixty it answered most."""
    gateway = track("icmp", "gateway", 60, 20)
    gateway.recent, gateway.known_unresponsive = 0b1_1111_1111, True
    lookups = (track("dns", "resolver", 60, 20), track("dns", "zone", 60, 20))
    at = link_context(gateway, *lookups, is_policed=False)
    at.link.carried_test.first_ns = NOW_NS - ns(DECIDE_ANYWAY_S)
    assert segment_of(at) is None


def test_one_that_answered_nothing_since_the_test_began_says_nothing_of_the_lan() -> None:
    gateway = track("icmp", "gateway", 60, 60)
    gateway.recent, gateway.known_unresponsive = 0b1_1111_1111, True
    lookups = (track("dns", "resolver", 60, 20), track("dns", "zone", 60, 20))
    at = link_context(gateway, *lookups, is_policed=False)
    at.link.carried_test.first_ns = NOW_NS - ns(DECIDE_ANYWAY_S)
    fault = locate_carried_loss(at)
    assert fault is not None
    assert fault.symptom is Symptom.ACCESS_LOSS


@pytest.mark.parametrize(("lookups_lost", "is_alone"), [(0, True), (4, False)])
def test_pages_lose_alone_where_lookups_lose_nothing(lookups_lost: int, is_alone: bool) -> None:
    pages, lookups = track("http", "motcua", 60, 9), track("dns", "resolver", 40, lookups_lost)
    assert do_pages_alone_lose(link_context(pages, lookups, is_policed=False)) is is_alone
