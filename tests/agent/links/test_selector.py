"""Two links on one port: by marks, types of service or sources their packets take apart routes."""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.agent.links.device import PATIENT_S, on_device, until
from thongsuot_agent.clock import Clocks
from thongsuot_agent.links.flow import Flow
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.sockets import connect_stream_by, open_stream_by
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.links.tracer import Tracer
from thongsuot_agent.uplink.connection import (
    CollectorConnection,
    CollectorEndpoint,
    PostRequest,
)
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import dual_wan, needs_lab, shared_lan
from thongsuot_lab.topology.small import CARRIER_LINES, INTERNET_V4
from thongsuot_schema.inventory.link_selection import FIRST_NUMBER
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

pytestmark = [pytest.mark.lab, needs_lab]

PORT = 7000
ANCHOR = INTERNET_V4[0]
V6 = "2001:db8:f::1"
GATEWAYS = {"link1": "192.168.1.1", "link2": "192.168.1.2"}


def specs(**more: dict[str, object]) -> tuple[Spec, ...]:
    """Two links on the device's one port; ``more`` is what each has beside its gateways."""
    return tuple(
        Spec(
            name=name,
            interface="eth0",
            **{  # type: ignore[arg-type]
                "gateways": (gateway, f"2001:db8:{prefix}::1"),
                "sources": (f"2001:db8:{prefix}::10",),
                **more.get(name, {}),
            },
        )
        for (name, gateway), prefix in zip(GATEWAYS.items(), ("a1", "b1"), strict=True)
    )


def settings_text(links: tuple[Spec, ...]) -> str:
    def listed(values: tuple[str, ...]) -> str:
        return "[" + ", ".join(f'"{value}"' for value in values) + "]"

    text = '[site]\nname = "site"\n[collector]\nurl = "https://c.example"\ntoken_file = "token"\n'
    for link in links:
        text += f'[[links]]\nname = "{link.name}"\ninterface = "{link.interface}"\n'
        text += f"gateways = {listed(link.gateways)}\nsources = {listed(link.sources)}\n"
        text += f"tos = {link.tos}\n" if link.tos else ""
    return text


def manage(lab: Lab, folder: Path, action: str, links: tuple[Spec, ...]) -> list[str]:
    """Run ``thongsuot-agent routes`` on the device; returns its lines."""
    config = folder / "agent.toml"
    config.write_text(settings_text(links), encoding="utf-8")
    program = str(Path(sys.executable).with_name("thongsuot-agent"))
    command = [program, "routes", action, "--config", str(config)]
    result = lab.node("device").run(command)
    return result.stdout.splitlines()


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with shared_lan() as running:
        yield running


@pytest.fixture
def routed(lab: Lab, tmp_path: Path) -> Iterator[Lab]:
    """The device with what ``routes apply`` makes for two links with gateways."""
    manage(lab, tmp_path, "apply", specs())
    yield lab
    manage(lab, tmp_path, "remove", specs())
    lab.clear()


async def first_router(link: LiveLink, family: Family, destination: str, method: str) -> str:
    """Return who answers a packet that may pass one router only: the gateway it went by."""
    flow = Flow(link.egress(family, destination), method, 20001)
    with Tracer(flow) as tracer:
        probe = tracer.send(1)
        await tracer.wait_for([probe], PATIENT_S)
    return "" if probe.answer is None else probe.answer.reply.address


@pytest.mark.parametrize("method", ["udp", "icmp"])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"link1": {"tos": 0x04}, "link2": {"tos": 0x08}},
    ],
    ids=["mark", "tos"],
)
def test_a_packet_that_may_pass_one_router_is_answered_by_the_links_own(
    lab: Lab, tmp_path: Path, more: dict[str, dict[str, object]], method: str
) -> None:
    manage(lab, tmp_path, "apply", specs(**more))

    async def look(monitor: LinkMonitor) -> dict[str, list[str]]:
        return {
            name: [
                await first_router(link, Family.IP4, ANCHOR, method),
                await first_router(link, Family.IP6, V6, method),
            ]
            for name, link in monitor.links.items()
        }

    assert on_device(lab, look, specs(**more)) == {
        "link1": ["192.168.1.1", "2001:db8:a1::1"],
        "link2": ["192.168.1.2", "2001:db8:b1::1"],
    }
    manage(lab, tmp_path, "remove", specs())


def test_a_source_address_beside_a_gateway_needs_no_mark(lab: Lab, tmp_path: Path) -> None:
    device = lab.node("device")
    device.ip("addr add 192.168.1.11/24 dev eth0", "addr add 192.168.1.12/24 dev eth0")
    links = tuple(
        Spec(name=name, interface="eth0", gateways=(gateway,), sources=(f"192.168.1.{number}",))
        for number, (name, gateway) in enumerate(GATEWAYS.items(), start=11)
    )
    manage(lab, tmp_path, "apply", links)

    async def look(monitor: LinkMonitor) -> list[tuple[int, str]]:
        return [
            (link.selector.mark, await first_router(link, Family.IP4, ANCHOR, "udp"))
            for link in monitor.links.values()
        ]

    assert on_device(lab, look, links) == [(0, "192.168.1.1"), (0, "192.168.1.2")]
    manage(lab, tmp_path, "remove", links)
    device.ip("addr del 192.168.1.11/24 dev eth0", "addr del 192.168.1.12/24 dev eth0")


def test_every_sort_of_socket_leaves_by_its_links_carrier(routed: Lab) -> None:
    """The far end reports from which line each socket's packets came."""
    listener = routed.node("anchor").socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((ANCHOR, PORT))
    listener.listen()
    listener.settimeout(PATIENT_S)
    datagrams = routed.node("anchor").socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind((ANCHOR, PORT))
    datagrams.settimeout(PATIENT_S)

    async def look(monitor: LinkMonitor) -> None:
        for link, line in zip(monitor.links.values(), CARRIER_LINES.values(), strict=True):
            peer = f"{line}.2"
            with link.open_udp(Family.IP4, ANCHOR, PORT) as udp:
                udp.send(b"x")
                assert datagrams.recvfrom(1)[1][0] == peer
            egress = link.egress(Family.IP4, ANCHOR)
            with link.open_tcp(Family.IP4, ANCHOR) as tcp:
                tcp.connect_ex((ANCHOR, PORT))
                assert accepted_from(listener) == peer
            with open_stream_by("eth0", Family.IP4, egress.source, link.selector) as stream:
                stream.connect_ex((ANCHOR, PORT))
                assert accepted_from(listener) == peer
            with connect_stream_by("eth0", link.selector, ANCHOR, PORT, PATIENT_S):
                assert accepted_from(listener) == peer
            answer = await link.echoes(Family.IP4).echo(egress, timeout_s=PATIENT_S)
            assert answer.rtt_s is not None

    with listener, datagrams:
        on_device(routed, look, specs())


def test_pushes_of_two_links_on_one_port_leave_each_by_its_own(routed: Lab) -> None:
    """libcurl shares its open connections, and both pushes go to the same address and port."""
    listener = routed.node("anchor").socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((ANCHOR, PORT + 1))
    peers: list[tuple[str, str]] = []
    writers: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while head := await reader.readline():
            while await reader.readline() not in {b"\r\n", b""}:
                pass
            path = head.split()[1].decode()
            peers.append((path, writer.get_extra_info("peername")[0]))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async def look(monitor: LinkMonitor) -> None:
        endpoint = CollectorEndpoint(
            url=f"http://{ANCHOR}:{PORT + 1}", host=ANCHOR, ca_file="", timeout_s=PATIENT_S
        )
        async with await asyncio.start_server(answer, sock=listener):
            connections = {
                name: CollectorConnection(endpoint, link, Clocks())
                for name, link in monitor.links.items()
            }
            for name in (*connections, *connections, *connections):
                request = PostRequest(path=f"/{name}", headers=(), body=b"")
                assert (await connections[name].post(request)).status == 200
            for connection in connections.values():
                connection.close()
            for writer in writers:
                writer.close()
                await writer.wait_closed()

    on_device(routed, look, specs())
    lines = dict(zip(GATEWAYS, CARRIER_LINES.values(), strict=True))
    assert len(peers) == 6
    assert {(f"/{name}", f"{line}.2") for name, line in lines.items()} == set(peers)


def accepted_from(listener: socket.socket) -> str:
    accepted, (host, _) = listener.accept()
    accepted.close()
    return str(host)


def answering(*, dead: str) -> Callable[[LinkMonitor], Awaitable[dict[str, bool]]]:
    """
    Return what asks an anchor over each link whether it answers. A busy machine answers late; that
    a dead line does not need not be waited for long.
    """

    async def look(monitor: LinkMonitor) -> dict[str, bool]:
        answered = {}
        for link in monitor.links.values():
            timeout_s = 0.5 if link.name == dead else PATIENT_S
            egress = link.egress(Family.IP4, ANCHOR)
            answer = await link.echoes(Family.IP4).echo(egress, timeout_s=timeout_s)
            answered[link.name] = answer.rtt_s is not None
        return answered

    return look


@pytest.mark.parametrize(("cut", "name"), [("ont--isp1", "link1"), ("cpe--isp2", "link2")])
def test_a_cut_line_silences_its_own_link_and_no_other(routed: Lab, cut: str, name: str) -> None:
    routed.cut(cut)
    assert on_device(routed, answering(dead=name), specs()) == {
        "link1": name != "link1",
        "link2": name != "link2",
    }


def test_behind_a_router_that_routes_by_type_of_service_each_line_is_a_link() -> None:
    """One router, two lines: also while a failover sends all other traffic by the other line."""
    links = (
        Spec(name="link1", interface="eth0", tos=0x04),
        Spec(name="link2", interface="eth0", tos=0x08),
    )
    with dual_wan() as lab:
        router = lab.node("router")
        for table, (tos, line) in enumerate(zip((4, 8), CARRIER_LINES.values(), strict=True), 101):
            router.ip(
                f"rule add priority {table} iif lan tos {tos:#04x} lookup {table}",
                f"route add default via {line}.1 dev wan{table - 100} table {table}",
                f"route add unreachable default metric 9999 table {table}",
            )

        assert on_device(lab, answering(dead=""), links) == {"link1": True, "link2": True}
        lab.cut("router--isp1")
        router.ip(f"route replace default via {CARRIER_LINES['isp2']}.1 dev wan2 metric 50")
        assert on_device(lab, answering(dead="link1"), links) == {"link1": False, "link2": True}


def test_without_its_rule_a_link_measures_nothing_and_says_what_to_do(lab: Lab) -> None:
    async def look(monitor: LinkMonitor) -> None:
        # The device's default route happens to lead by the first one's gateway.
        second = monitor.links["link2"]
        assert second.state.unrouted
        assert second.state.gateway4 == "192.168.1.2"
        with pytest.raises(LinkUnusable, match="thongsuot-agent routes") as caught:
            second.open_udp(Family.IP4, ANCHOR, PORT)
        assert caught.value.reason is Reason.EGRESS_UNPROVEN

    on_device(lab, look, specs())


def test_a_host_in_front_of_the_gateway_proves_nothing(routed: Lab) -> None:
    async def look(monitor: LinkMonitor) -> None:
        second = monitor.links["link2"]
        assert not second.state.unrouted
        second.open_udp(Family.IP4, "192.168.1.2", 53).close()
        # The other box on the same network, which answers by the other line.
        routed.node("device").ip(f"route add 192.168.1.0/24 dev eth0 table {FIRST_NUMBER + 2}")
        with pytest.raises(LinkUnusable, match="own network") as caught:
            second.open_udp(Family.IP4, "192.168.1.1", 53)
        assert caught.value.reason is Reason.EGRESS_UNPROVEN

    on_device(routed, look, specs())
    routed.node("device").ip(f"route del 192.168.1.0/24 dev eth0 table {FIRST_NUMBER + 2}")


def test_a_link_without_gateway_goes_nowhere_and_not_by_the_other(routed: Lab) -> None:
    device = routed.node("device")
    device.ip(f"route del default via 192.168.1.2 dev eth0 table {FIRST_NUMBER + 2}")

    async def look(monitor: LinkMonitor) -> None:
        assert monitor.links["link2"].state.unrouted
        with pytest.raises(LinkUnusable) as caught:
            monitor.links["link2"].open_udp(Family.IP4, ANCHOR, PORT)
        assert caught.value.reason is Reason.NO_ROUTE
        monitor.links["link1"].open_udp(Family.IP4, ANCHOR, PORT).close()

    on_device(routed, look, specs())


def test_the_monitor_sees_rules_come_and_go(lab: Lab, tmp_path: Path) -> None:
    async def look(monitor: LinkMonitor) -> None:
        following = asyncio.create_task(monitor.run(lambda *_change: None))
        link = monitor.links["link2"]
        await asyncio.to_thread(manage, lab, tmp_path, "apply", specs())
        await until(lambda: not link.state.unrouted)
        await asyncio.to_thread(manage, lab, tmp_path, "remove", specs())
        await until(lambda: link.state.unrouted)
        following.cancel()

    on_device(lab, look, specs())


def test_routes_are_made_once_changed_and_removed_without_a_trace(lab: Lab, tmp_path: Path) -> None:
    def present() -> str:
        node = lab.node("device")
        return "".join(
            node.run(["ip", f"-{version}", *words]).stdout
            for version in (4, 6)
            for words in (("rule",), ("route", "show", "table", "all", "type", "unicast"))
        )

    before = present()
    made = manage(lab, tmp_path, "apply", specs())
    assert len([line for line in made if line.startswith("made")]) == 12
    assert manage(lab, tmp_path, "apply", specs()) == []
    changed = manage(lab, tmp_path, "apply", specs(link2={"gateways": ("192.168.1.3",)}))
    assert any(line.startswith("made") and "192.168.1.3" in line for line in changed)
    assert "via 192.168.1.3" in present()
    assert "via 192.168.1.2" not in present()
    manage(lab, tmp_path, "remove", specs())
    assert present() == before
