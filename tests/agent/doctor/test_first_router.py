"""By which router a link leaves, proved by a packet as ``thongsuot-agent links`` shows it."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.links.device import on_device
from tests.agent.links.test_selector import GATEWAYS, manage, settings_text, specs
from thongsuot_agent.doctor.first_router import explain_first_router
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, shared_lan
from thongsuot_schema.inventory.link_selection import FIRST_NUMBER
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.result import Family

pytestmark = [pytest.mark.lab, needs_lab]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with shared_lan() as running:
        yield running


def show(lab: Lab, config: Path, *options: str) -> tuple[int, str]:
    """Run ``thongsuot-agent links`` on the device."""
    program = str(Path(sys.executable).with_name("thongsuot-agent"))
    command = [program, "links", *options, "--config", str(config)]
    done = lab.node("device").run(command, check=False)
    return done.returncode, done.stdout


def test_each_links_router_is_proved_and_a_missing_rule_is_wrong(lab: Lab, tmp_path: Path) -> None:
    manage(lab, tmp_path, "apply", specs())
    config = tmp_path / "agent.toml"
    code, text = show(lab, config)
    assert code == 0, text
    for gateway in GATEWAYS.values():
        assert f"proved  a packet that may pass one router was answered by {gateway}" in text
    links = json.loads(show(lab, config, "--json")[1])["links"]
    families = [family for link in links for family in link["families"] if family["has_route"]]
    assert {family["gateway"] for family in families} >= set(GATEWAYS.values())
    assert all(family["is_proved"] for family in families)
    manage(lab, tmp_path, "remove", specs())
    config.write_text(settings_text(specs()), encoding="utf-8")
    code, text = show(lab, config)
    assert code == 1
    assert "thongsuot-agent routes apply" in text


def test_a_way_that_leads_elsewhere_than_it_says_is_found_out(lab: Lab) -> None:
    """Proxy ARP: a box answers for another's address, although the routing tables are right."""
    links = (Link(name="link2", interface="eth0", gateways=("192.168.1.2",)),)
    device, number = lab.node("device"), FIRST_NUMBER + 1
    hardware = lab.node("ont").run(["cat", "/sys/class/net/lan/address"]).stdout.strip()
    device.ip(
        f"rule add priority {number} fwmark {number} lookup {number}",
        f"route add default via 192.168.1.2 dev eth0 table {number}",
        f"neigh replace 192.168.1.2 lladdr {hardware} nud permanent dev eth0",
    )

    async def look(monitor: LinkMonitor) -> tuple[bool | None, str]:
        assert not monitor.links["link2"].state.unrouted
        return await explain_first_router(monitor.links["link2"], Family.IP4)

    proof, sentence = on_device(lab, look, links)
    assert proof is False
    assert "192.168.1.1, not by 192.168.1.2" in sentence
    device.ip(f"rule del priority {number}", "neigh flush dev eth0 nud permanent")


def test_a_second_router_that_no_link_uses_is_proposed(lab: Lab, tmp_path: Path) -> None:
    device = lab.node("device")
    device.ip("route add default via 192.168.1.2 dev eth0 metric 900")
    _, text = show(lab, tmp_path / "none.toml")
    assert 'gateways = ["192.168.1.1"]' in text
    assert 'gateways = ["192.168.1.2"]' in text
    manage(lab, tmp_path, "show", specs())
    _, text = show(lab, tmp_path / "agent.toml")
    assert "[[links]]" not in text
    device.ip("route del default via 192.168.1.2 dev eth0 metric 900")
