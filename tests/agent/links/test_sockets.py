"""Sockets of one link leave by it; those of workers and of equipment as they were asked to."""

import socket
import threading

import pytest

from tests.agent.links.device import ANCHOR4, ANCHOR6
from thongsuot_agent.links.selector import UNSELECTED
from thongsuot_agent.links.sockets import (
    connect_stream_by,
    open_stream_by,
    open_unbound,
    open_unbound_stream,
)
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.result import Family

pytestmark = [pytest.mark.lab, needs_lab]

WITHIN_S = 120.0
PORT = 8080


def seen_by_anchor(lab: Lab, address: str, interface: str) -> str:
    """Return the address from which a connection by an interface reaches the anchor."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    peers: list[str] = []
    with lab.node("anchor").socket(family, socket.SOCK_STREAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, PORT))
        server.listen()
        server.settimeout(WITHIN_S)

        def accept() -> None:
            connection, peer = server.accept()
            connection.close()
            peers.append(peer[0])

        accepting = threading.Thread(target=accept)
        accepting.start()
        lab.node("device").call(
            lambda: connect_stream_by(interface, UNSELECTED, address, PORT, WITHIN_S)
        ).close()
        accepting.join(WITHIN_S)
    (peer,) = peers
    return peer


@pytest.mark.parametrize("address", [ANCHOR4, ANCHOR6])
def test_a_library_in_a_worker_is_connected_by_the_interface_that_was_named(
    lab: Lab, address: str
) -> None:
    assert seen_by_anchor(lab, address, "fix0") != seen_by_anchor(lab, address, "wwan0")


def test_a_host_that_nobody_answers_for_is_an_error(lab: Lab) -> None:
    with pytest.raises(OSError, match="refused"):
        lab.node("device").call(lambda: connect_stream_by("fix0", UNSELECTED, ANCHOR4, 9, WITHIN_S))


def test_a_stream_of_a_worker_keeps_to_the_source_address(lab: Lab) -> None:
    shown = lab.node("device").run(["ip", "-4", "-o", "address", "show", "dev", "wwan0"]).stdout
    source = shown.split("inet ")[1].partition("/")[0]

    def opened() -> tuple[str, bytes]:
        with open_stream_by("wwan0", Family.IP4, source, UNSELECTED) as stream:
            bound = stream.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16)
            return stream.getsockname()[0], bound.rstrip(b"\0")

    assert lab.node("device").call(opened) == (source, b"wwan0")
    with pytest.raises(OSError, match="assign requested address"):
        lab.node("device").call(lambda: open_stream_by("wwan0", Family.IP4, ANCHOR4, UNSELECTED))


def test_equipment_beside_the_uplinks_is_reached_as_the_kernel_routes_it(lab: Lab) -> None:
    def routed() -> str:
        with open_unbound(Family.IP4, "192.168.1.1", 161) as datagrams:
            return str(datagrams.getsockname()[0])

    assert lab.node("device").call(routed).startswith("192.168.1.")

    def interface_of_stream() -> bytes:
        with open_unbound_stream(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as made:
            return made.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).strip(b"\0")

    assert lab.node("device").call(interface_of_stream) == b""
    lab.node("device").ip("route del default dev fix0", "route del default dev wwan0")
    with pytest.raises(LinkUnusable):
        lab.node("device").call(lambda: open_unbound(Family.IP4, ANCHOR4, 161))
