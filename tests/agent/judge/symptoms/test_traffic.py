"""Traffic: rates from counters, and whether the site fills its own link."""

import msgspec
import pytest

from tests.agent.judge.inventories import FIXED, two_links
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import LinkMemory, Memory, Traffic
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.traffic import (
    is_link_busy,
    knows_rate_since,
    load_of_boxes,
    may_be_full_since,
    update_box_counters,
    update_host_counters,
)
from thongsuot_schema.catalogue import host, snmp
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Finding, failed_finding, ok_finding


def link_context(contract: int | None = None) -> LinkContext:
    fixed = msgspec.structs.replace(FIXED, contract_down_bits_per_second=contract)
    site_probes = two_links(links=(fixed,))
    memory = Memory(links={"fixed": LinkMemory(name="fixed")})
    return LinkContext(memory, memory.links["fixed"], site_probes.links["fixed"], Settings())


def read(at: LinkContext, at_s: float, received: float, sent: float = 0.0) -> None:
    finding = ok_finding({host.RECEIVED: received, host.SENT: sent})
    update_host_counters(at.link, finding, round(at_s * NS_PER_S))


def test_two_readings_make_a_rate() -> None:
    at = link_context()
    read(at, 10, 0)
    read(at, 20, 10_000_000)
    assert at.link.traffic.down_bits_per_second == pytest.approx(8e6)
    assert knows_rate_since(at, 10 * NS_PER_S)
    assert not knows_rate_since(at, 11 * NS_PER_S)


def test_counters_that_went_back_make_no_rate() -> None:
    at = link_context()
    read(at, 10, 10_000_000)
    read(at, 20, 0)
    assert at.link.traffic.down_bits_per_second == 0.0


def test_readings_less_than_a_second_apart_count_as_one() -> None:
    at = link_context()
    read(at, 10, 0)
    read(at, 10.5, 10_000_000)
    assert at.link.traffic.read_ns == 10 * NS_PER_S


@pytest.mark.parametrize(
    ("contract", "bits_per_second", "busy"),
    [
        (100_000_000, 80e6, True),
        (100_000_000, 10e6, False),
        (None, 10e6, True),
        (None, 0.5e6, False),
    ],
)
def test_a_link_is_busy_near_its_contract_or_near_the_most_it_ever_carried(
    contract: int | None, bits_per_second: float, busy: bool
) -> None:
    at = link_context(contract)
    read(at, 10, 0)
    read(at, 20, bits_per_second / 8 * 10)
    assert is_link_busy(at, 21 * NS_PER_S) is busy
    assert not is_link_busy(at, 100 * NS_PER_S), "a rate of then says nothing about now"


def test_the_highest_rate_seen_on_a_link_is_its_measure() -> None:
    at = link_context()
    read(at, 10, 0)
    read(at, 20, 100_000_000)
    read(at, 30, 110_000_000)
    assert not is_link_busy(at, 31 * NS_PER_S)


def test_a_neighbour_that_never_answered_proves_nothing_by_silence() -> None:
    at = link_context()
    update_host_counters(at.link, ok_finding({host.GATEWAY_NEIGHBOUR: 0.0}), NS_PER_S)
    assert (at.link.traffic.neighbour, at.link.traffic.neighbour_proved) == (False, False)
    update_host_counters(at.link, ok_finding({host.GATEWAY_NEIGHBOUR: 1.0}), 2 * NS_PER_S)
    assert at.link.traffic.neighbour_proved


@pytest.mark.parametrize(("age_s", "is_waited_for"), [(399, True), (401, False)])
def test_a_box_that_still_answers_is_waited_for_a_limited_time(
    age_s: int, is_waited_for: bool
) -> None:
    at = link_context()
    at.memory.now_ns = 1000 * NS_PER_S
    at.link.boxes["box"] = Traffic(read_ns=at.now_ns - age_s * NS_PER_S)
    assert knows_rate_since(at, at.now_ns - NS_PER_S) is not is_waited_for
    assert knows_rate_since(at, at.now_ns - 60 * NS_PER_S), "it has been waited for long enough"


def box_reads(at: LinkContext, at_s: float, received: float, sent: float = 0.0) -> None:
    finding = ok_finding({snmp.RECEIVED: received, snmp.SENT: sent})
    update_box_counters(at, "box", finding, round(at_s * NS_PER_S))


def test_bytes_of_both_ways_become_bits_a_second_since_the_reading_before() -> None:
    at = link_context()
    read(at, 10, 1_000_000, 2_000_000)
    read(at, 14, 3_000_000, 6_000_000)
    traffic = at.link.traffic
    assert traffic.down_bits_per_second == pytest.approx(4e6)
    assert traffic.up_bits_per_second == pytest.approx(8e6)
    assert (traffic.from_ns, traffic.read_ns) == (10 * NS_PER_S, 14 * NS_PER_S)
    read(at, 24, 3_000_000, 6_000_000)
    assert (traffic.down_bits_per_second, traffic.up_bits_per_second) == (0.0, 0.0)
    assert traffic.down_peak == pytest.approx(0.9998 * 4e6), "what it carried is forgotten slowly"
    assert traffic.up_peak == pytest.approx(0.9998 * 8e6)


def test_one_second_suffices_for_a_rate_and_a_counter_that_fell_makes_none() -> None:
    at = link_context()
    read(at, 10, 1_000_000, 1_000_000)
    read(at, 11, 2_000_000, 1_000_000)
    assert at.link.traffic.down_bits_per_second == pytest.approx(8e6)
    for received, sent in ((1_999_999, 9_000_000), (9_000_000, 8_999_999)):
        read(at, 20 + received / 1e6, received, sent)
        assert at.link.traffic.down_bits_per_second == pytest.approx(8e6), "as before"


@pytest.mark.parametrize(("age_s", "busy"), [(40, True), (40.001, False)])
def test_a_rate_of_the_device_speaks_for_forty_seconds(age_s: float, busy: bool) -> None:
    at = link_context()
    read(at, 10, 0)
    read(at, 20, 10_000_000)
    assert is_link_busy(at, round((20 + age_s) * NS_PER_S)) is busy


@pytest.mark.parametrize("way", ["down", "up"])
@pytest.mark.parametrize(("bits_per_second", "busy"), [(70e6, True), (69.9e6, False)])
def test_seven_tenths_of_the_contract_fill_a_link_either_way(
    way: str, bits_per_second: float, busy: bool
) -> None:
    at = link_context(100_000_000)
    at.link.traffic.up_peak = 100e6  # its contract names no rate of that way
    read(at, 10, 0)
    carried = bits_per_second / 8 * 10
    read(at, 20, *((carried, 0.0) if way == "down" else (0.0, carried)))
    assert is_link_busy(at, 21 * NS_PER_S) is busy


@pytest.mark.parametrize(("age_s", "busy"), [(45, True), (45.001, False)])
def test_a_box_that_was_full_speaks_for_as_long_as_a_download_wavers(
    age_s: float, busy: bool
) -> None:
    at = link_context()
    box_reads(at, 10, 0)
    box_reads(at, 20, 10_000_000)
    box_reads(at, 30, 10_000_000)
    assert at.link.boxes["box"].full_ns == 20 * NS_PER_S
    assert is_link_busy(at, round((20 + age_s) * NS_PER_S)) is busy


@pytest.mark.parametrize(("age_s", "busy"), [(100, True), (100.001, False)])
def test_the_rate_of_a_box_speaks_for_a_hundred_seconds(age_s: float, busy: bool) -> None:
    at = link_context()
    box_reads(at, 10, 0)
    box_reads(at, 20, 10_000_000)
    at.link.boxes["box"].full_ns = None
    assert is_link_busy(at, round((20 + age_s) * NS_PER_S)) is busy


@pytest.mark.parametrize(
    "finding",
    [
        ok_finding({snmp.RECEIVED: 1.0}),
        ok_finding({snmp.SENT: 1.0}),
        failed_finding(Reason.TIMED_OUT, {snmp.RECEIVED: 1.0, snmp.SENT: 1.0}),
    ],
)
def test_a_box_that_does_not_say_both_ways_is_none(finding: Finding) -> None:
    at = link_context()
    update_box_counters(at, "box", finding, NS_PER_S)
    assert at.link.boxes == {}


def test_the_utilisation_of_a_box_is_compared_with_the_contract() -> None:
    at = link_context(100_000_000)
    box_reads(at, 10, 0)
    box_reads(at, 20, 31_250_000)
    at.memory.now_ns = 120 * NS_PER_S
    (load,) = load_of_boxes(at)
    assert (load.target, load.ok, load.metric) == ("box", 1, snmp.RECEIVE_UTILISATION.name)
    assert load.value == pytest.approx(0.25)
    assert load.limit == at.settings.busy_ratio
    at.memory.now_ns += 1
    assert load_of_boxes(at) == (), "a hundred seconds later it says nothing"


@pytest.mark.parametrize(
    ("moment_s", "may"), [(10, True), (9.9, False), (17.5, True), (19.3, True), (19.4, False)]
)
def test_traffic_between_two_readings_may_have_come_after_any_moment_between_them(
    moment_s: float, may: bool
) -> None:
    at = link_context(100_000_000)
    read(at, 10, 0)
    assert not may_be_full_since(at, 10 * NS_PER_S), "of one reading nothing is known"
    read(at, 20, 90_000_000)
    assert may_be_full_since(at, round(moment_s * NS_PER_S)) is may


@pytest.mark.parametrize(("moment_s", "may"), [(17.5, True), (17.1, False)])
def test_bytes_of_an_interval_may_have_passed_in_a_fourth_of_it(moment_s: float, may: bool) -> None:
    at = link_context(100_000_000)
    read(at, 10, 0)
    read(at, 20, 21_875_000)  # 17.5 Mbit/s: 70 in a fourth of the time
    assert may_be_full_since(at, round(moment_s * NS_PER_S)) is may


def test_no_box_is_waited_for_that_was_read_since_or_for_longer_than_its_patience() -> None:
    at = link_context()
    assert knows_rate_since(at, NS_PER_S), "there is nobody to ask"
    at.memory.now_ns = 1000 * NS_PER_S
    at.link.boxes["box"] = Traffic(read_ns=at.now_ns, from_ns=990 * NS_PER_S)
    assert knows_rate_since(at, 990 * NS_PER_S)
    assert not knows_rate_since(at, 990 * NS_PER_S + 1)
    assert not knows_rate_since(at, 991 * NS_PER_S)
    at.link.boxes["box"].from_ns = 0
    assert not knows_rate_since(at, 955 * NS_PER_S)
    assert knows_rate_since(at, 955 * NS_PER_S - 1)
    at.link.boxes["box"].read_ns = 600 * NS_PER_S
    assert not knows_rate_since(at, 990 * NS_PER_S)
    at.link.boxes["box"].read_ns = 600 * NS_PER_S - 1
    assert knows_rate_since(at, 990 * NS_PER_S)


@pytest.mark.parametrize(("value", "is_there"), [(0.0, False), (0.4, False), (0.5, True)])
def test_a_gateway_on_the_link_layer_is_there_from_a_half_on(value: float, is_there: bool) -> None:
    at = link_context()
    update_host_counters(at.link, ok_finding({host.GATEWAY_NEIGHBOUR: value}), 7)
    traffic = at.link.traffic
    assert (traffic.neighbour, traffic.neighbour_ns) == (is_there, 7)
    assert traffic.neighbour_proved is is_there
    update_host_counters(at.link, ok_finding({host.GATEWAY_NEIGHBOUR: 0.0}), 8)
    assert (traffic.neighbour, traffic.neighbour_proved) == (False, is_there)
