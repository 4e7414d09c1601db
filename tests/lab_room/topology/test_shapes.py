"""Shapes of sites: as data, and by packets whose line a packet leaves by."""

import socket
import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest

from tests.lab_room.prober import QUICK_S, WAIT_AT_MOST_S
from thongsuot_lab import inventory
from thongsuot_lab.errors import TopologyError
from thongsuot_lab.lab import Lab
from thongsuot_lab.matrix.all_rows import SHAPE_ROWS
from thongsuot_lab.node import RunningNode
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology import serialization
from thongsuot_lab.topology.shapes import SHAPES, shaped_city
from thongsuot_schema.inventory.link_selection import selection_mistakes

POLL_S = 0.05
EVERY_SHAPE = shaped_city(list(SHAPES))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_links_of_a_shape_are_what_an_agent_may_be_told(shape: str) -> None:
    links = inventory.links_of(EVERY_SHAPE, f"shape-{shape}")
    assert links
    assert list(selection_mistakes(links, ("links",))) == []


def test_a_city_of_shapes_travels_to_another_process_as_it_is() -> None:
    assert serialization.from_json(serialization.to_json(EVERY_SHAPE)) == EVERY_SHAPE


def test_a_missing_shape_is_reported_with_the_existing_ones() -> None:
    with pytest.raises(TopologyError, match="no shape z; known: a, b, c"):
        shaped_city(["a", "z"])


def test_every_shape_has_rows_and_every_line_is_cut_and_dies_in_its_core() -> None:
    rows = {row.name for row in SHAPE_ROWS}
    assert len(rows) == len(SHAPE_ROWS)
    assert {row.shape for row in SHAPE_ROWS} == set(SHAPES)
    # Two of the three lines of this shape are those of another.
    new: dict[str, tuple[str, ...]] = {"h": ("government",), "moved": ()}
    for site in EVERY_SHAPE.sites:
        for link in new.get(site.shape, [uplink.name for uplink in site.uplinks]):
            assert {f"{site.shape}:{link}-line-cut", f"{site.shape}:{link}-core-dead"} <= rows


def is_reached(
    node: RunningNode,
    address: str,
    *,
    source: str = "",
    tos: int = 0,
    interface: str = "",
    patience_s: float = QUICK_S,
) -> bool:
    """Return whether a portal or an anchor answers a connection, if only by refusing it."""
    with node.socket(socket.AF_INET, socket.SOCK_STREAM) as opened:
        opened.settimeout(patience_s)
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
        if source:
            opened.bind((source, 0))
        try:
            if interface:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
            opened.connect((address, 80))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return True


SELECTED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "d": ({"source": "192.168.1.10"}, {"source": "192.168.1.11"}),
    "d-tos": ({"tos": 0x04}, {"tos": 0x08}),
}


@pytest.mark.lab
@needs_lab
def test_by_packets_each_link_leaves_by_its_own_line_and_by_no_other() -> None:
    topology = shaped_city(["d", "d-tos", "h"])
    portal = topology.addresses_of("portal.dichvucong")[0]
    with Lab(topology) as lab:
        for shape, (first, second) in SELECTED.items():
            device, site = lab.node(f"shape-{shape}.device"), f"shape-{shape}"
            assert is_reached(device, portal, **first, patience_s=WAIT_AT_MOST_S)
            assert is_reached(device, portal, **second, patience_s=WAIT_AT_MOST_S)
            lab.fault("line-core-down", site=site, link="fixed")
            assert not is_reached(device, portal, **first)
            assert is_reached(device, portal, **second, patience_s=WAIT_AT_MOST_S)
            lab.heal("line-core-down", site=site, link="fixed")
        device = lab.node("shape-h.device")
        inside = topology.addresses_of("tslcd.anchor")[0]
        assert is_reached(device, inside, interface="gov0", patience_s=WAIT_AT_MOST_S)
        assert not is_reached(device, portal, interface="gov0")
        assert not is_reached(device, inside, interface="fix0")


def has_interface(node: RunningNode, name: str) -> bool:
    return name in node.run(["ip", "-brief", "link"]).stdout


def wait_until(done: Callable[[], bool]) -> None:
    limit_s = time.monotonic() + WAIT_AT_MOST_S
    while not done():
        assert time.monotonic() < limit_s
        time.sleep(POLL_S)


@pytest.mark.lab
@needs_lab
def test_by_packets_a_vlan_leads_to_its_own_box_and_loses_its_signal_with_the_port() -> None:
    topology = shaped_city(["e"])
    portal = topology.addresses_of("portal.dichvucong")[0]
    with Lab(topology) as lab:
        device = lab.node("shape-e.device")
        for vlan in ("eth0.10", "eth0.20"):
            assert is_reached(device, portal, interface=vlan, patience_s=WAIT_AT_MOST_S)
        lab.cut("shape-e.ont--song-hong.access")
        assert not is_reached(device, portal, interface="eth0.10")
        assert is_reached(device, portal, interface="eth0.20", patience_s=WAIT_AT_MOST_S)
        lab.cut("shape-e.device--shape-e.switch")
        wait_until(lambda: device.run(["ip", "-brief", "link"]).stdout.count("LOWER_UP") == 1)


@pytest.mark.lab
@needs_lab
def test_by_packets_a_session_goes_with_its_line_and_comes_back_while_the_port_has_its_signal() -> (
    None
):
    topology = shaped_city(["g"])
    portal = topology.addresses_of("portal.dichvucong")[0]
    with Lab(topology) as lab:
        device = lab.node("shape-g.device")
        wait_until(lambda: has_interface(device, "ppp0"))
        # The interface is there a moment before its address and its route are.
        wait_until(lambda: is_reached(device, portal, interface="ppp0"))
        lab.fault("cut-fibre", site="shape-g", link="fixed")
        wait_until(lambda: not has_interface(device, "ppp0"))
        assert "LOWER_UP" in device.run(["ip", "-brief", "link", "show", "fix0"]).stdout
        lab.heal("cut-fibre", site="shape-g", link="fixed")
        wait_until(lambda: has_interface(device, "ppp0"))
        # The interface is there a moment before its address and its route are.
        wait_until(lambda: is_reached(device, portal, interface="ppp0"))


@pytest.mark.lab
@needs_lab
def test_by_packets_a_line_with_ipv6_alone_reaches_ipv4_by_its_carriers_translator() -> None:
    topology = shaped_city(["m"])
    (portal, *_) = topology.addresses_of("portal.dancu")
    assert all(":" not in address for address in topology.addresses_of("portal.dancu"))
    with Lab(topology) as lab:
        device = lab.node("shape-m.device")
        (resolver,) = [a for a in topology.addresses_of("song-hong.resolver") if ":" in a]
        asked = device.run(["dig", "+short", f"@{resolver}", "dancu.lab.test", "AAAA"]).stdout
        translated = str(ip_address(f"2001:db8:164::{portal}"))
        assert translated in asked.split()
        wait_until(lambda: is_opened(device, translated, "fix0"))
        # The 5G box translates by itself, and its carrier back again.
        assert is_opened(device, portal, "wwan0")
        assert not is_opened(device, portal, "fix0")
        lab.fault("translator-down", site="shape-m", link="fixed")
        assert not is_opened(device, translated, "fix0")
        assert is_opened(device, portal, "wwan0")


@pytest.mark.lab
@needs_lab
def test_by_packets_a_box_tunnels_ipv4_over_a_line_that_has_none() -> None:
    topology = shaped_city(["m-ds"])
    (portal4, *_), (portal6, *_) = (
        [a for a in topology.addresses_of("portal.dichvucong") if (":" in a) is six]
        for six in (False, True)
    )
    with Lab(topology) as lab:
        device = lab.node("shape-m-ds.device")
        wait_until(lambda: is_opened(device, portal4, "fix0"))
        lab.fault("softwire-down", site="shape-m-ds")
        assert not is_opened(device, portal4, "fix0")
        assert is_opened(device, portal6, "fix0")
        lab.heal("softwire-down", site="shape-m-ds")
        wait_until(lambda: is_opened(device, portal4, "fix0"))


def is_opened(node: RunningNode, address: str, interface: str) -> bool:
    """Return whether a portal's page comes by an interface."""
    host = f"[{address}]" if ":" in address else address
    command = ["curl", "-s", "-m", "3", "-o", "/dev/null", "--interface", interface]
    return node.run([*command, f"http://{host}/"], check=False).returncode == 0


@pytest.mark.lab
@needs_lab
def test_a_dropped_bearer_comes_back_and_a_second_sim_belongs_to_another_carrier_by_packets() -> (
    None
):
    topology = shaped_city(["f"])
    portal = topology.addresses_of("portal.dichvucong")[0]
    with Lab(topology) as lab:
        device = lab.node("shape-f.device")

        def addresses() -> str:
            shown = device.run(["ip", "-brief", "-4", "addr", "show", "wwan0"], check=False)
            return shown.stdout

        wait_until(lambda: is_reached(device, portal, interface="wwan0"))
        assert "100.66.0.2/29" in addresses()
        lab.fault("bearer-dropped", site="shape-f")
        wait_until(lambda: "100.66" not in addresses())
        assert has_interface(device, "wwan0")
        lab.heal("bearer-dropped", site="shape-f")
        wait_until(lambda: is_reached(device, portal, interface="wwan0"))
        lab.fault("modem-gone", site="shape-f")
        wait_until(lambda: not has_interface(device, "wwan0"))
        lab.heal("modem-gone", site="shape-f")
        wait_until(lambda: is_reached(device, portal, interface="wwan0"))
        lab.fault("second-sim", site="shape-f")
        wait_until(lambda: "100.65" in addresses())
        assert is_reached(device, portal, interface="wwan0", patience_s=WAIT_AT_MOST_S)
