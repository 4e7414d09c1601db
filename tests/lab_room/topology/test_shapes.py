"""Shapes of sites: as data, and by packets whose line a packet leaves by."""

import socket
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

EVERY_SHAPE = shaped_city(list(SHAPES))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_links_of_a_shape_are_what_an_agent_may_be_told(shape: str) -> None:
    links = inventory.links_of(EVERY_SHAPE, f"shape-{shape}")
    assert links
    assert list(selection_mistakes(links, ("links",))) == []


def test_a_city_of_shapes_travels_to_another_process_as_it_is() -> None:
    assert serialization.from_json(serialization.to_json(EVERY_SHAPE)) == EVERY_SHAPE


def test_a_shape_that_there_is_none_of_is_told_with_those_that_there_are() -> None:
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
        if interface:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        if source:
            opened.bind((source, 0))
        try:
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
