"""The address from which the collector sees each link: links that share a line are found."""

import asyncio
from collections.abc import Iterator, Mapping

import pytest
from msgspec import structs

from tests.agent.app.lab_agent import COLLECTOR_PORT, collecting
from tests.agent.links.device import HANGS_S, on_device
from tests.agent.probes.egress.test_collector import seen
from thongsuot_agent.config.model import PushConfig
from thongsuot_agent.doctor.host import seen_addresses
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import dual_wan, needs_lab
from thongsuot_lab.topology.small import INTERNET_V4
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.result import Family

pytestmark = [pytest.mark.lab, needs_lab]

FIXED = Link(name="fixed", interface="eth0", carrier="isp1", tos=0x04)
MOBILE = structs.replace(FIXED, name="mobile", carrier="isp2", tos=0x08)
COLLECTOR = PushConfig(url=f"http://{INTERNET_V4[0]}:{COLLECTOR_PORT}", token_file="token")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with dual_wan() as running:
        yield running


async def addresses(lab: Lab) -> Mapping[str, Mapping[Family, str]]:
    def ask() -> Mapping[str, Mapping[Family, str]]:
        return on_device(
            lab,
            lambda monitor: seen_addresses(monitor.links.values(), COLLECTOR),
            (FIXED, MOBILE),
        )

    return await asyncio.to_thread(ask)


async def all_addresses(lab: Lab) -> Mapping[str, Mapping[Family, str]]:
    """Ask until each link has an answer, which may come too late on a busy machine."""
    async with asyncio.timeout(HANGS_S):
        while len(answered := await addresses(lab)) < 2:
            pass
    return answered


async def test_links_that_a_router_sends_by_one_line_come_from_one_address(lab: Lab) -> None:
    async with collecting(lab) as receiver:
        receiver.script = seen
        one_line = {Family.IP4: "198.51.100.2"}
        assert await all_addresses(lab) == {"fixed": one_line, "mobile": one_line}
        router = lab.node("router")
        router.ip(
            "rule add priority 100 iif lan tos 0x08 lookup 102",
            "route add default via 192.0.2.1 dev wan2 table 102",
        )
        apart = await all_addresses(lab)
        router.ip("rule del priority 100", "route flush table 102")
        assert apart == {"fixed": one_line, "mobile": {Family.IP4: "192.0.2.2"}}


async def test_without_a_collector_no_address_of_a_link_is_known(lab: Lab) -> None:
    assert await addresses(lab) == {}
