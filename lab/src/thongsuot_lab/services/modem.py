"""
A modem in a device, with raw IP: a TUN without neighbours, and a connection manager (like
ModemManager and NetworkManager) that configures its address while a bearer is up and removes it
when the bearer goes down.

The radio is a wire: each IP packet travels over it in a frame of its own. The other end is a TUN of
the carrier's access router. A wire without carrier is a radio without signal: after a while the
modem leaves its network, and the bearer is gone.
"""

import asyncio
import fcntl
import os
import struct
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Final

from thongsuot_lab.services.behaviour import ModemBehaviour
from thongsuot_lab.services.modem_bus import ModemBus, ModemState
from thongsuot_lab.services.tun import open_tun
from thongsuot_lab.spaces.enter import feed, inside
from thongsuot_lab.topology.attachments import Modem, RadioTunnel, Sim
from thongsuot_lab.wires.packet import packet_socket

BEARER_FRAME: Final = 0x88B5  # IEEE 802, local experimental
PACKET_BYTES: Final = 2048
LOST_AFTER_S: Final = 3.0
"""From the loss of signal until the modem leaves its network; up to a minute in reality."""
APNS: Final = {"contract": "internet", "private": "m2m.example", "unknown": "intrenet"}
UNKNOWN_APN: Final = "org.freedesktop.ModemManager1.Error.MobileEquipment.MissingOrUnknownApn"
_EVERY_S: Final = 0.2
_SIOCGIFFLAGS: Final = 0x8913
_IFF_RUNNING: Final = 0x40
_HEAD = struct.Struct("!6s6sH")
_BROADCAST: Final = b"\xff" * 6
_HOME, _SEARCHING = "home", "searching"


class RadioPort:
    """One end of a radio, on a port of a node: passes each packet that arrives to ``receiver``."""

    def __init__(self, network: str, port: str, receiver: Callable[[bytes], None]) -> None:
        self._port = port
        self._wire = inside(network, lambda: packet_socket(port))
        self._mac: bytes = self._wire.getsockname()[4]
        self._receiver = receiver
        asyncio.get_running_loop().add_reader(self._wire, self._read)

    @property
    def has_signal(self) -> bool:
        """Whether the wire has carrier."""
        request = struct.pack("16sH14x", self._port.encode(), 0)
        flags = struct.unpack_from("16xH", fcntl.ioctl(self._wire, _SIOCGIFFLAGS, request))[0]
        return bool(flags & _IFF_RUNNING)

    def send(self, packet: bytes) -> None:
        """Send a packet; without signal it is lost."""
        with suppress(OSError):
            self._wire.send(_HEAD.pack(_BROADCAST, self._mac, BEARER_FRAME) + packet)

    def close(self) -> None:
        """Stop receiving."""
        asyncio.get_running_loop().remove_reader(self._wire)
        self._wire.close()

    def _read(self) -> None:
        # Until nothing is left; ENETDOWN is reported once when the carrier is lost.
        with suppress(OSError):
            while True:
                frame = self._wire.recv(PACKET_BYTES)
                if len(frame) > _HEAD.size and _HEAD.unpack_from(frame)[2] == BEARER_FRAME:
                    self._receiver(frame[_HEAD.size :])


class _Tun:
    """A TUN that exists, and the packets that come out of it."""

    def __init__(
        self, network: str, name: str, lines: list[str], sender: Callable[[bytes], None]
    ) -> None:
        self._tun = inside(network, lambda: open_tun(name))
        self._sender = sender
        feed(network, ["ip", "-batch", "-"], lines)
        asyncio.get_running_loop().add_reader(self._tun, self._read)

    def write(self, packet: bytes) -> None:
        """Deliver a packet to the TUN; one that is down accepts none."""
        with suppress(OSError):
            os.write(self._tun, packet)

    def close(self) -> None:
        """Delete the TUN, with its addresses and routes."""
        asyncio.get_running_loop().remove_reader(self._tun)
        os.close(self._tun)

    def _read(self) -> None:
        with suppress(OSError):
            while True:
                self._sender(os.read(self._tun, PACKET_BYTES))


class RadioTunnelEnd:
    """The carrier's end: always present, with a route to the one subscriber behind it."""

    def __init__(self, network: str, tunnel: RadioTunnel) -> None:
        name = tunnel.interface
        self._tun = _Tun(
            network,
            name,
            [f"link set {name} up", f"addr add {tunnel.local} peer {tunnel.peer} dev {name}"],
            self._send,
        )
        self._radio = RadioPort(network, tunnel.port, self._tun.write)

    def _send(self, packet: bytes) -> None:
        self._radio.send(packet)


class ModemPort:
    """The device's end: the modem, and the program that manages its connection."""

    def __init__(
        self, network: str, radio_network: str, modem: Modem, bus: ModemBus | None
    ) -> None:
        self._network = network
        self._modem = modem
        self._bus = bus
        self._behaviour = ModemBehaviour()
        self._radios = [
            RadioPort(radio_network, sim.port, partial(self._arrived, sim)) for sim in modem.sims
        ]
        self._heard_s = [monotonic()] * len(modem.sims)
        self._tun: _Tun | None = None
        self._bearer: Sim | None = None

    async def start(self) -> None:
        """Return when the interface exists and the bus, if there is one, shows the modem."""
        self._follow()
        if self._bus is not None:
            await asyncio.to_thread(self._bus.wait_until_shown)

    async def behave(self, behaviour: ModemBehaviour) -> None:
        """Adopt this behaviour."""
        self._behaviour = behaviour
        self._follow()

    async def run(self) -> None:
        """Manage the connection until the lab ends."""
        while True:
            self._follow()
            await asyncio.sleep(_EVERY_S)

    @property
    def _sim(self) -> Sim:
        return self._modem.sims[self._behaviour.sim - 1]

    @property
    def _leads_outside(self) -> bool:
        return self._behaviour.apn != "private"

    def _follow(self) -> None:
        """Bring interface and bearer to their required state, and publish it on the bus."""
        state = self._state()
        if (self._tun is not None) is not state.is_present:
            self._plug(is_in=state.is_present)
        wanted = self._sim if state.is_connected else None
        if wanted is not self._bearer:
            self._bearer = wanted
            if state.is_present:
                self._configure()
        if self._bus is not None:
            self._bus.publish(state)

    def _state(self) -> ModemState:
        now_s, behaviour = monotonic(), self._behaviour
        for place, radio in enumerate(self._radios):
            if radio.has_signal:
                self._heard_s[place] = now_s
        is_heard = now_s - self._heard_s[behaviour.sim - 1] < LOST_AFTER_S
        registration = behaviour.registration if is_heard else _SEARCHING
        is_ready = behaviour.is_present and behaviour.sim_state == "ready"
        is_registered = is_ready and registration == _HOME
        is_refused = behaviour.apn == "unknown"
        return ModemState(
            is_present=behaviour.is_present,
            sim_state=behaviour.sim_state,
            registration=registration if is_ready else _SEARCHING,
            plmn=self._sim.plmn if is_registered else "",
            is_connected=is_registered and behaviour.has_bearer and not is_refused,
            apn=APNS[behaviour.apn],
            bearer_error=UNKNOWN_APN if is_registered and is_refused else "",
            interface=self._modem.interface,
        )

    def _plug(self, *, is_in: bool) -> None:
        self._bearer = None
        if self._tun is not None:
            self._tun.close()
            self._tun = None
        if is_in:
            self._tun = _Tun(self._network, self._modem.interface, [], self._sent)

    def _configure(self) -> None:
        """
        Configure the interface with the bearer's settings, or remove them; the interface itself
        stays.
        """
        name = self._modem.interface
        lines = [f"addr flush dev {name}", f"link set {name} down"]
        if self._bearer is not None:
            sim = self._bearer
            lines = [
                f"addr flush dev {name}",
                f"link set {name} up",
                f"addr add {sim.address} dev {name}",
                f"route add default via {sim.gateway} dev {name} metric {self._modem.metric}",
            ]
        feed(self._network, ["ip", "-batch", "-"], lines)

    def _arrived(self, sim: Sim, packet: bytes) -> None:
        if self._tun is not None and sim is self._bearer and self._leads_outside:
            self._tun.write(packet)

    def _sent(self, packet: bytes) -> None:
        if self._bearer is not None and self._leads_outside:
            self._radios[self._modem.sims.index(self._bearer)].send(packet)
