"""
The process that runs a lab's servers, port forwards, downloads and announcements.

One loop for all of them; each socket is made inside the node that it belongs to. Argument: the
control socket. The servers are started by requests.
"""

import asyncio
import json
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from thongsuot_lab import control
from thongsuot_lab.errors import TopologyError
from thongsuot_lab.services.behaviour import (
    ModemBehaviour,
    NameBehaviour,
    PortalBehaviour,
    ProxyBehaviour,
    merge_overlays,
)
from thongsuot_lab.services.certificates import LabAuthority
from thongsuot_lab.services.modem import ModemPort, RadioTunnelEnd
from thongsuot_lab.services.modem_bus import ModemBus, is_installed
from thongsuot_lab.services.name_server import NameServer, ResolverSource, ZoneSource
from thongsuot_lab.services.port_forwards import PortForwards
from thongsuot_lab.services.portal import PortalServer
from thongsuot_lab.services.pppoe import PppoeSession
from thongsuot_lab.services.proxy import ProxyServer
from thongsuot_lab.services.server_node import ServerNode
from thongsuot_lab.services.softwire import SoftwireEnd
from thongsuot_lab.services.traffic import announce, download, flap
from thongsuot_lab.services.translator import TranslatorTun
from thongsuot_lab.services.vlan_trunk import VlanTrunk
from thongsuot_lab.spaces.announce import ArpAnnouncer
from thongsuot_lab.topology.attachments import Modem, PppoeEnd, RadioTunnel, Softwire, Translator
from thongsuot_lab.topology.model import PortalSpec, ProxySpec, ResolverSpec, ServerSpec, ZoneSpec

StartedServer = NameServer | PortalServer | ProxyServer
RunningServer = StartedServer | ModemPort
Overlays = dict[str, dict[str, object]]


class ServiceHost:
    """Everything this process serves, by node."""

    def __init__(self, run_dir: Path, tasks: asyncio.TaskGroup) -> None:
        self._run_dir = run_dir
        self._authority = LabAuthority(run_dir)
        self._tasks = tasks
        self._doors = PortForwards()
        self._servers: dict[str, list[RunningServer]] = {}
        self._overlays: dict[str, Overlays] = {}
        self._acting: dict[str, asyncio.Task[None]] = {}

    async def handle(self, request: control.ControlRequest) -> control.ControlReply:
        """
        Carry out a request.

        Raises:
            TopologyError: an unknown node or request.
            UnknownFaultError: a behaviour that the server does not support.
            OSError: the kernel refused.
        """
        match request:
            case {"do": "serve", "servers": list(servers), "names": dict(names), **place}:
                await self._serve(_server_node(place), servers, names)
            case {"do": "behave", "node": str(node), "key": str(key), "changes": dict(changes)}:
                self._overlays.setdefault(node, {})[key] = changes
                await self._behave(node)
            case {"do": "download", "key": str(key), "to": [str(address), int(port)], **place}:
                self._download(key, _server_node(place), address, port)
            case {"do": "announce", "key": str(key), "network": str(network), **what}:
                self._announce(key, network, str(what["interface"]), str(what["address"]))
            case {"do": "flap", "key": str(key), "wires": str(path), "wire": str(wire), **rest}:
                self._flap(key, Path(path), wire, float(str(rest["every_s"])))
            case {"do": "join", "network": str(network), **ends}:
                await self._join(network, ends)
            case {"do": "clear", "key": str(key)}:
                await self._clear(key)
            case {"do": "certify", "names": list(names)}:
                chain, private = self._authority.write(tuple(names))
                return {"certificate": str(chain), "key": str(private)}
            case {
                "do": "forward",
                "address": str(to),
                "port": int(port),
                "wanted": int(wanted),
                **at,
            }:
                return {"port": await self._doors.open_forward(_server_node(at), to, port, wanted)}
            case _:
                raise TopologyError(f"no such request: {request}")
        return {}

    async def _serve(self, place: ServerNode, servers: list[object], names: object) -> None:
        zone = msgspec.convert(names, dict[str, tuple[str, ...]])
        for server in msgspec.convert(servers, list[ServerSpec]):
            running = self._made(place, server, zone)
            await running.start()
            self._servers.setdefault(place.node, []).append(running)

    def _made(
        self, place: ServerNode, server: ServerSpec, zone: dict[str, tuple[str, ...]]
    ) -> StartedServer:
        match server:
            case PortalSpec():
                return PortalServer(place, server, self._authority)
            case ResolverSpec(upstream=upstream, dns64=dns64):
                source = ResolverSource(place, upstream, self._tasks, dns64)
                return NameServer(place, source, self._tasks)
            case ProxySpec():
                return ProxyServer(place, server, self._tasks)
            case ZoneSpec():
                return NameServer(place, ZoneSource(zone), self._tasks)

    async def _behave(self, node: str) -> None:
        if node not in self._servers:
            known = ", ".join(self._servers)
            raise TopologyError(f"nothing serves at {node!r}; servers: {known}")
        overlays = self._overlays.get(node, {})
        for server in self._servers[node]:
            match server:
                case NameServer():
                    await server.behave(merge_overlays(NameBehaviour, overlays))
                case ProxyServer():
                    await server.behave(merge_overlays(ProxyBehaviour, overlays))
                case ModemPort():
                    await server.behave(merge_overlays(ModemBehaviour, overlays))
                case PortalServer():
                    await server.behave(merge_overlays(PortalBehaviour, overlays))

    def _download(self, key: str, place: ServerNode, address: str, port: int) -> None:
        if key not in self._acting:
            self._acting[key] = self._tasks.create_task(download(place, address, port))

    def _announce(self, key: str, network: str, interface: str, address: str) -> None:
        if key not in self._acting:
            announcer = ArpAnnouncer(network, interface, address)
            # Once before the answer: the caller may rely on the LAN having seen an announcement.
            announcer.announce()
            self._acting[key] = self._tasks.create_task(announce(announcer))

    def _flap(self, key: str, wires: Path, wire: str, every_s: float) -> None:
        if key not in self._acting:
            self._acting[key] = self._tasks.create_task(flap(wires, wire, every_s, key))

    async def _join(self, network: str, ends: dict[str, object]) -> None:
        """Start what runs on interfaces of a node: VLANs, PPPoE, a translator, a modem."""
        if "modem" in ends:
            await self._join_modem(network, str(ends["radio_network"]), ends["modem"])
            return
        if "softwire" in ends:
            SoftwireEnd(network, msgspec.convert(ends["softwire"], Softwire))
            return
        if "tunnel" in ends:
            RadioTunnelEnd(network, msgspec.convert(ends["tunnel"], RadioTunnel))
            return
        if "translator" in ends:
            translator = msgspec.convert(ends["translator"], Translator)
            self._tasks.create_task(TranslatorTun(network, translator).run())
            return
        if "pppoe" in ends:
            session = PppoeSession(network, msgspec.convert(ends["pppoe"], PppoeEnd))
            self._tasks.create_task(session.run())
            return
        vlans = msgspec.convert(ends["vlans"], dict[int, str], strict=False)
        self._tasks.create_task(VlanTrunk(network, str(ends["port"]), vlans).run())

    async def _join_modem(self, network: str, radio_network: str, data: object) -> None:
        modem = msgspec.convert(data, Modem)
        bus = ModemBus(self._run_dir, modem.radio) if is_installed() else None
        port = ModemPort(network, radio_network, modem, bus)
        await port.start()
        self._servers[modem.radio] = [port]
        self._tasks.create_task(port.run())

    async def _clear(self, key: str) -> None:
        task = self._acting.pop(key, None)
        if task is not None:
            task.cancel()
            # The wire may only be restored when the flapping has really ended.
            await asyncio.wait([task])
        for node, overlays in self._overlays.items():
            if overlays.pop(key, None) is not None:
                await self._behave(node)


def _server_node(data: dict[str, object]) -> ServerNode:
    return msgspec.convert({k: data[k] for k in ("node", "network", "addresses")}, ServerNode)


async def serve(path: Path) -> None:
    """Serve until the process is terminated."""
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as tasks:
        services = ServiceHost(path.parent, tasks)

        async def answer(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                # The client may be gone; its request was carried out all the same.
                data = await loop.sock_recv(connection, control.MESSAGE_BYTES)
                try:
                    done = await services.handle(json.loads(data))
                except control.REFUSABLE_ERRORS as error:
                    done = control.error_reply(error)
                await loop.sock_sendall(connection, json.dumps(done).encode())

        with control.listener(path) as listener:
            print("ready", flush=True)
            while True:
                connection, _ = await loop.sock_accept(listener)
                tasks.create_task(answer(connection))


def main() -> None:
    """Serve one lab."""
    # Ctrl-C at a terminal reaches the whole group, but only the owner decides when the lab ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(serve(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
