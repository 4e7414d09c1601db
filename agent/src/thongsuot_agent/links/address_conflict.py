"""
Detects that another host claims an IPv4 address of a link (RFC 5227, 1.1 and 2.4).

The kernel checks duplicates of IPv6 addresses only, and only when one is added. Needs CAP_NET_RAW;
without it nothing is detected, and a duplicate IPv4 address only shows in its effect on the
traffic.
"""

import asyncio
import errno
import logging
import math
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass

from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.links.reasons import described
from thongsuot_agent.links.roundtrip import READ_AT_ONCE
from thongsuot_agent.links.sockets import attach_filter
from thongsuot_agent.links.state import LinkState
from thongsuot_agent.proto import arp
from thongsuot_agent.proto.filter import CLAIMS_MAX, claim_filter
from thongsuot_agent.proto.rtnetlink import ARPHRD_ETHER, IFF_NOARP, LinkMessage

_log = logging.getLogger(__name__)

_PACKET_BYTES = 128  # an ARP packet has 28 bytes, padded to 46 on Ethernet
_GONE = frozenset({errno.ENETDOWN, errno.ENXIO, errno.ENODEV, errno.ENOBUFS})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictTiming:
    """How often a duplicate is searched for, and how long a claim counts."""

    first_s: float = 1.0
    """Delay before the first query at a new place: the longest delay before probes (PROBE_WAIT)."""

    quiet_s: float = 60.0
    """
    Interval of queries while there is no claim. Most hosts are detected sooner: they broadcast when
    they configure an address and when they resolve a neighbour; a quiet host only answers.
    """

    claimed_s: float = 5.0
    """
    Interval of queries while there is a claim. Only announcements are limited to one in 10 s
    (DEFEND_INTERVAL); a query is always answered, and the end of a conflict must be detected soon.
    """

    hold_s: float = 20.0
    """
    How long a claim counts: three of four answers may be lost. Longer than DEFEND_INTERVAL, for a
    host that announces and answers no query. It also counts until a query after it was not
    answered: a process that stood still asked nobody meanwhile.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressClaim:
    """A host's claim of an address; ``heard_s`` is the event loop's time."""

    hardware: bytes
    heard_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenPoint:
    """
    Where to listen: interface, its index and hardware address, and our own addresses.
    """

    interface: str
    index: int
    hardware: bytes
    addresses: tuple[bytes, ...]


def listen_point(message: LinkMessage | None, state: LinkState) -> ListenPoint | None:
    """Return where to listen for a link, ``None`` if no host can claim an address by ARP there."""
    if message is None or message.flags & IFF_NOARP or message.hardware_type != ARPHRD_ETHER:
        return None
    addresses = tuple(map(socket.inet_aton, state.addresses4[:CLAIMS_MAX]))
    if not addresses:
        return None
    return ListenPoint(
        interface=message.name,
        index=message.index,
        hardware=message.hardware_address,
        addresses=addresses,
    )


_TIMING = ConflictTiming()


class ConflictDetector:
    """
    Listens on one link. ``on_change`` is called when the claims have changed.

    A kernel filter passes claims only, so a site without a conflict causes no wake-ups. After a
    claim the socket is not read until the next query: a flood of claims costs no more than one.
    """

    def __init__(self, on_change: Callable[[], None], timing: ConflictTiming = _TIMING) -> None:
        self._on_change = on_change
        self._timing = timing
        self._loop = asyncio.get_running_loop()
        self._point: ListenPoint | None = None
        self._socket: socket.socket | None = None
        self._own: Collection[bytes] = ()
        self._claims: dict[bytes, AddressClaim] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._asked_s = -math.inf
        self._refused = False

    def follow(self, point: ListenPoint | None, own: Collection[bytes]) -> None:
        """
        Listen at this place from now on; nowhere if ``None``.

        ``own`` are the hardware addresses of all interfaces of the device: if two of them are in
        one LAN, the kernel answers for one on the other, which is not a conflict.
        """
        self._own = own
        if point == self._point:
            return
        self.close()
        self._point = point
        ours = point.addresses if point is not None else ()
        self._claims = {of: claim for of, claim in self._claims.items() if of in ours}
        if point is None or self._refused:
            return
        try:
            self._socket = _opened(point)
        except PermissionError:
            self._refused = True
            _log.info(
                "cannot listen to ARP (%s): no CAP_NET_RAW; "
                "conflicts of its IPv4 addresses are not detected",
                point.interface,
            )
        except OSError as error:
            # The interface disappeared since the tables were read; the next reading will report it.
            _log.debug("cannot listen to ARP (%s): %s", point.interface, described(error))
            self._point = None
        else:
            self._loop.add_reader(self._socket, self._on_readable)
            self._timer = self._loop.call_later(self._timing.first_s, self._probe_addresses)

    def close(self) -> None:
        """Stop listening; claims count until they expire."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._socket is not None:
            if not self._loop.is_closed():
                self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        self._point = None

    def claims(self, addresses: Collection[str]) -> tuple[str, ...]:
        """Return the hosts that claim any of these addresses, as texts, one per address."""
        return tuple(
            f"{address} is claimed by {claim.hardware.hex(':')}"
            for address in addresses
            if (claim := self._claims.get(socket.inet_aton(address))) is not None
        )

    def _on_readable(self) -> None:
        assert self._socket is not None, "without a socket there is no reader"
        known = self._claimants()
        if self._receive_all(self._socket):
            self._loop.remove_reader(self._socket)
            self._schedule_probe(self._timing.claimed_s)
            self._report_if_changed(known)

    def _receive_all(self, opened: socket.socket) -> bool:
        """Read the waiting packets; returns whether one was a claim."""
        is_claimed = False
        for _ in range(READ_AT_ONCE):
            try:
                packet = opened.recv(_PACKET_BYTES)
            except BlockingIOError:
                return is_claimed
            except OSError as error:
                if error.errno not in _GONE:
                    raise
                # Reported once when the interface goes down; the socket receives again when it is
                # up.
                continue
            is_claimed = self._accept_packet(packet) or is_claimed
        return is_claimed

    def _accept_packet(self, packet: bytes) -> bool:
        try:
            arp_packet = arp.parse_arp(packet)
        except MalformedMessage as error:
            _log.debug("cannot read an ARP packet: %s; ignored", error)
            return False
        if arp_packet.sender_hardware in self._own:
            return False
        claim = AddressClaim(hardware=arp_packet.sender_hardware, heard_s=self._loop.time())
        self._claims[arp_packet.sender_address] = claim
        return True

    def _probe_addresses(self) -> None:
        """
        Drop expired claims, listen again if stopped, and query for other holders of our addresses.
        """
        assert self._socket is not None, "closing cancels the timer"
        assert self._point is not None, "closing cancels the timer"
        known = self._claimants()
        # If the process did not get the CPU in time, the proving packet may be in the buffer.
        self._receive_all(self._socket)
        since_s = min(self._loop.time() - self._timing.hold_s, self._asked_s)
        self._claims = {of: claim for of, claim in self._claims.items() if claim.heard_s > since_s}
        self._loop.add_reader(self._socket, self._on_readable)
        self._send(self._socket, self._point)
        self._asked_s = self._loop.time()
        self._schedule_probe(self._timing.claimed_s if self._claims else self._timing.quiet_s)
        self._report_if_changed(known)

    def _claimants(self) -> dict[bytes, bytes]:
        return {address: claim.hardware for address, claim in self._claims.items()}

    def _report_if_changed(self, known: dict[bytes, bytes]) -> None:
        if self._claimants() != known:
            self._on_change()

    def _schedule_probe(self, delay_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(delay_s, self._probe_addresses)

    @staticmethod
    def _send(opened: socket.socket, point: ListenPoint) -> None:
        to = (point.interface, arp.ETHERTYPE_ARP, 0, 0, arp.BROADCAST)
        try:
            for address in point.addresses:
                opened.sendto(arp.build_probe(hardware=point.hardware, address=address), to)
        except BlockingIOError:
            _log.debug("cannot query own addresses (%s): queue full", point.interface)
        except OSError as error:
            if error.errno not in _GONE:
                raise
            _log.debug("cannot query own addresses (%s): %s", point.interface, described(error))


def _opened(point: ListenPoint) -> socket.socket:
    # Bound to a protocol only after the filter is attached: no unfiltered packet is ever received.
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    try:
        opened.setblocking(False)
        attach_filter(opened, claim_filter(point.hardware, point.addresses))
        opened.bind((point.interface, arp.ETHERTYPE_ARP))
    except OSError:
        opened.close()
        raise
    return opened
