"""On which rung the loss of lookups and pages begins."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext, ns
from thongsuot_agent.judge.loss_memory import CarriedTest
from thongsuot_agent.judge.memory import LinkMemory, Memory, ServiceAddress, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.carried_location import (
    carrying,
    do_pages_alone_lose,
    is_lossy,
    locate_carried_loss,
)
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment

# As documented: the code's own figures would follow any change of them.
DECIDE_ANYWAY_S = 120.0


NOW_NS = 5_000 * NS_PER_S


def carried(
    kind: str, target: str, sent: int, lost: int, *, family: Family = Family.IP4, network: int = 1
) -> Track:
    track = Track(kind=kind, target=target, family=family, answered_ns=NOW_NS - 1)
    track.carried_sent, track.carried_lost = sent, lost
    if kind == "http":
        track.addresses = {f"192.0.{network}.1": ServiceAddress()}
    return track


def link_context(*tracks: Track, age_s: float = 0.0, gateway: int = 200) -> LinkContext:
    link = LinkMemory(name="fixed")
    link.carried_test = CarriedTest(first_ns=NOW_NS - ns(age_s))
    clean = Track(kind="icmp", target="gateway", family=Family.IP4, answered_ns=NOW_NS - 1)
    clean.carried_sent = gateway
    for track in (*tracks, clean):
        link.tracks[SeriesKey(track.kind, track.target, track.family)] = track
    memory = Memory(links={"fixed": link}, now_ns=NOW_NS)
    return LinkContext(memory, link, two_links().links["fixed"], Settings())


def located(*tracks: Track, age_s: float = 0.0, gateway: int = 200) -> Segment | None:
    fault = locate_carried_loss(link_context(*tracks, age_s=age_s, gateway=gateway))
    return None if fault is None else fault.segment


NEAR = carried("dns", "resolver", 100, 10)
NEAR_CLEAN = carried("dns", "resolver", 200, 0)
FAR = carried("dns", "zone", 100, 10)
PAGES = (carried("http", "motcua", 100, 9), carried("http", "dichvucong", 100, 9, network=2))


@pytest.mark.parametrize(
    ("kind", "sent", "lost", "lossy"),
    [
        ("dns", 10, 1, True),
        ("dns", 40, 1, True),
        ("dns", 41, 1, False),
        ("dns", 10, 0, False),
        ("http", 10, 1, False),
        ("http", 10, 2, True),
        ("http", 80, 2, True),
        ("http", 81, 2, False),
    ],
)
def test_a_series_is_lossy_from_half_of_the_degraded_loss_ratio(
    kind: str, sent: int, lost: int, *, lossy: bool
) -> None:
    assert is_lossy(carried(kind, "zone", sent, lost)) is lossy


def test_loss_of_all_begins_on_the_access_and_loss_of_distant_targets_beyond_the_carrier() -> None:
    assert located(NEAR, *PAGES) is Segment.ACCESS
    assert located(NEAR_CLEAN, *PAGES) is Segment.TRANSIT
    assert located(FAR, *PAGES) is Segment.ACCESS, "nobody nearer is asked"


def test_one_witness_or_two_services_of_one_network_do_not_locate_a_loss() -> None:
    assert located(NEAR_CLEAN, PAGES[0]) is None
    same = [carried("http", name, 100, 9) for name in ("motcua", "dichvucong")]
    assert located(NEAR_CLEAN, *same) is None
    one = carried("http", "motcua", 60, 12)
    other = carried("http", "dichvucong", 60, 0, network=2)
    assert located(carried("dns", "zone", 10, 1), one, other, age_s=300.0) is None, (
        "another page as far out loses nothing"
    )


def test_the_families_of_a_service_are_one_witness() -> None:
    families = [
        carried("http", "motcua", 100, 13, family=family, network=network)
        for network, family in enumerate((Family.IP4, Family.IP6))
    ]
    other = carried("http", "dichvucong", 36, 0, network=7)
    assert located(NEAR_CLEAN, *families, other) is None
    # Nor if another service shares the network of one of them.
    beside = carried("http", "tracuu", 100, 13, network=1)
    assert located(NEAR_CLEAN, *families, beside) is None
    assert located(NEAR_CLEAN, *families, PAGES[1]) is Segment.TRANSIT


def test_a_bad_answer_of_a_name_server_was_carried_well() -> None:
    refusing = carried("dns", "resolver", 100, 50)
    refusing.reason = Reason.NAME_SERVER_REFUSED
    assert located(refusing, *PAGES) is Segment.ACCESS
    assert located(refusing, PAGES[0]) is None


def test_a_rung_that_is_neither_lossy_nor_clean_is_waited_for_two_minutes() -> None:
    doubtful = carried("dns", "resolver", 40, 0)
    assert located(doubtful, *PAGES) is None
    assert located(doubtful, *PAGES, age_s=DECIDE_ANYWAY_S - 0.001) is None
    assert located(doubtful, *PAGES, age_s=DECIDE_ANYWAY_S) is Segment.TRANSIT


@pytest.mark.parametrize(
    ("gateway", "age_s", "segment"),
    [
        (25, 0.0, Segment.ACCESS),
        (24, 0.0, None),
        (0, DECIDE_ANYWAY_S - 0.001, None),
        (0, DECIDE_ANYWAY_S, Segment.ACCESS),
    ],
)
def test_a_gateway_is_waited_for_until_it_is_proved_clean_or_never_will_be(
    gateway: int, age_s: float, segment: Segment | None
) -> None:
    assert located(NEAR, *PAGES, gateway=gateway, age_s=age_s) is segment


def test_a_gateway_that_lost_echoes_lately_leaves_it_open_for_two_minutes() -> None:
    for age_s, segment in ((DECIDE_ANYWAY_S - 0.001, None), (DECIDE_ANYWAY_S, Segment.ACCESS)):
        at = link_context(NEAR, *PAGES, age_s=age_s)
        at.link.tracks[SeriesKey("icmp", "gateway", Family.IP4)].recent = 0b1_0000_0011
        fault = locate_carried_loss(at)
        assert (None if fault is None else fault.segment) is segment


@pytest.mark.parametrize(("until_ns", "segment"), [(NOW_NS + 1, Segment.LAN), (NOW_NS, None)])
def test_behind_a_policer_a_gateway_that_loses_as_much_is_the_one(
    until_ns: int, segment: Segment | None
) -> None:
    at = link_context(NEAR, *PAGES)
    at.link.policed_until_ns = until_ns
    gateway = at.link.tracks[SeriesKey("icmp", "gateway", Family.IP4)]
    gateway.carried_sent, gateway.carried_lost = 60, 6
    fault = locate_carried_loss(at)
    assert (None if fault is None else fault.segment) is segment
    gateway.carried_sent, gateway.carried_lost = 60, 1
    assert locate_carried_loss(at) is None


def test_a_gateway_that_never_answers_is_not_a_witness_of_the_lan() -> None:
    at = link_context(NEAR, *PAGES, age_s=DECIDE_ANYWAY_S)
    gateway = at.link.tracks[SeriesKey("icmp", "gateway", Family.IP4)]
    gateway.carried_sent = gateway.carried_lost = 50
    gateway.known_unresponsive, gateway.recent = True, 0b1_1111_1111
    fault = locate_carried_loss(at)
    assert fault is not None
    assert fault.segment is Segment.ACCESS
    gateway.carried_lost = 49
    assert locate_carried_loss(at) is None, "it answered some"


def test_targets_on_a_rung_or_beyond_it_that_usually_answer_are_witnesses_for_it() -> None:
    at = link_context(NEAR, FAR, *PAGES)

    def passing(segment: Segment) -> set[str]:
        return {track.target for _, track in carrying(at, segment)}

    everyone = {"resolver", "zone", "motcua", "dichvucong"}
    assert passing(Segment.ACCESS) == passing(Segment.CARRIER) == everyone
    assert passing(Segment.TRANSIT) == everyone - {"resolver"}
    silent = at.link.tracks[SeriesKey("dns", "zone", Family.IP4)]
    silent.known_unresponsive = True
    assert passing(Segment.ACCESS) == everyone - {"zone"}
    silent.known_unresponsive, silent.answered_ns = False, None
    assert passing(Segment.ACCESS) == everyone - {"zone"}
    silent.answered_ns = NOW_NS


@pytest.mark.parametrize(("sent", "lost", "alone"), [(40, 0, True), (40, 2, False), (0, 0, False)])
def test_pages_alone_lose_where_lookups_were_proved_to_come_through(
    sent: int, lost: int, *, alone: bool
) -> None:
    assert do_pages_alone_lose(link_context(carried("dns", "zone", sent, lost), *PAGES)) is alone


def test_a_second_witness_that_lost_only_one_segment_does_not_count() -> None:
    assert located(FAR, carried("http", "motcua", 12, 1)) is None
    assert located(FAR, carried("http", "motcua", 12, 2)) is Segment.ACCESS


@pytest.mark.parametrize(("sent", "segment"), [(112, Segment.TRANSIT), (111, None)])
def test_a_rung_carries_well_on_odds_of_a_hundred_to_one(
    sent: int, segment: Segment | None
) -> None:
    assert located(carried("dns", "resolver", sent, 0), *PAGES) is segment
