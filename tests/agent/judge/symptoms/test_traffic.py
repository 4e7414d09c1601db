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
    update_host_counters,
)
from thongsuot_schema.catalogue import host
from thongsuot_schema.result import ok_finding


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


def test_readings_too_close_together_are_one() -> None:
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


def test_what_a_link_has_carried_before_is_its_measure() -> None:
    at = link_context()
    read(at, 10, 0)
    read(at, 20, 100_000_000)
    read(at, 30, 110_000_000)
    assert not is_link_busy(at, 31 * NS_PER_S)


def test_a_neighbour_that_never_answered_proves_nothing_by_its_absence() -> None:
    at = link_context()
    update_host_counters(at.link, ok_finding({host.GATEWAY_NEIGHBOUR: 0.0}), NS_PER_S)
    assert (at.link.traffic.neighbour, at.link.traffic.neighbour_proved) == (False, False)
    update_host_counters(at.link, ok_finding({host.GATEWAY_NEIGHBOUR: 1.0}), 2 * NS_PER_S)
    assert at.link.traffic.neighbour_proved


@pytest.mark.parametrize(("age_s", "is_waited_for"), [(399, True), (401, False)])
def test_a_box_that_still_answers_is_waited_for(age_s: int, is_waited_for: bool) -> None:
    at = link_context()
    at.memory.now_ns = 1000 * NS_PER_S
    at.link.boxes["box"] = Traffic(read_ns=at.now_ns - age_s * NS_PER_S)
    assert knows_rate_since(at, at.now_ns - NS_PER_S) is not is_waited_for
    assert knows_rate_since(at, at.now_ns - 60 * NS_PER_S), "it has been waited for long enough"
