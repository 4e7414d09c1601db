"""LinkMonitor: the device's uplinks and their state, monitored through netlink."""

import asyncio
import errno
import logging
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self

from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.links.address_conflict import ConflictDetector, listen_point
from thongsuot_agent.links.carrier_networks import (
    UNKNOWN_NETWORKS,
    carrier_networks,
    carriers_by_plmn,
)
from thongsuot_agent.links.egress import is_unrouted
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.reverse_path import is_reverse_filtered
from thongsuot_agent.links.roundtrip import keep_stamping
from thongsuot_agent.links.rtnetlink_client import NETLINK_ROUTE, DumpInterrupted, RtnetlinkClient
from thongsuot_agent.links.snapshot import KernelTables, states, uplinks
from thongsuot_agent.links.state import LinkState
from thongsuot_agent.proto.netlink import NetlinkMessage, messages
from thongsuot_agent.proto.rtnetlink import (
    AF_UNSPEC,
    RTM_DELLINK,
    RTM_NEWLINK,
    parse_link,
)
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.link_selection import with_marks
from thongsuot_schema.inventory.model import Carrier, Link
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.prefixes import PrefixTable

_log = logging.getLogger(__name__)

OnChange = Callable[[str, LinkState, LinkState], None]

# Groups of rtnetlink (RTNLGRP_*): interfaces, addresses, routes and rules of both families.
_GROUPS = (1, 5, 7, 8, 9, 11, 19)
_NETLINK_ADD_MEMBERSHIP = 1
_SOL_NETLINK = 270
_RECEIVE_BYTES = 1 << 16
_QUEUE_BYTES = 1 << 18

_SETTLE_S = 0.1
"""
Minimum interval of two readings of the tables: one change causes a burst of messages (link,
addresses, routes).
"""


class LinkMonitor:
    """
    Monitors the device's uplinks.

    With ``specs`` these links are monitored, whether their interfaces exist or not. Without, every
    interface used by a default route becomes a link, named after the interface; it stays one when
    its route disappears, because that is the fault to be reported.

    The tables are read completely after a change, so no message can be misinterpreted or missed for
    long; the messages themselves are used only for carrier changes, so that a flap shorter than the
    interval of two readings is not missed. ``links`` is filled when the constructor returns.

    While ``run`` runs, other hosts' claims to the links' IPv4 addresses are detected
    (``links.address_conflict``).
    """

    def __init__(self, specs: tuple[Spec, ...] | None = None) -> None:
        self._kernel = RtnetlinkClient()
        self._events = _subscribed()
        self._stamping = keep_stamping()
        self._detect = not specs
        self._links: dict[str, LiveLink] = {}
        self._specs: dict[str, Spec] = {}
        self._respec: Callable[[Spec], Spec] = _as_it_is
        self._carrier_networks = UNKNOWN_NETWORKS
        self._carriers_by_plmn: Mapping[str, str] = {}
        for spec in with_marks(specs or ()):
            self._add(spec)
        self._on_change: OnChange = _ignore
        self._ears: dict[str, ConflictDetector] = {}
        self.tables = KernelTables(links=(), addresses=(), routes=())
        try:
            self.refresh()
        except BaseException:
            self.close()
            raise

    @property
    def links(self) -> Mapping[str, LiveLink]:
        """The links by name; grows while uplinks are detected, never shrinks."""
        return self._links

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the links and the netlink sockets."""
        self._stop_watching()
        for link in self._links.values():
            link.close()
        self._stamping.close()
        self._events.close()
        self._kernel.close()

    def update_carriers(self, carriers: Iterable[Carrier]) -> None:
        """Replace the known carriers of public and mobile networks."""
        known = tuple(carriers)
        self._carriers_by_plmn = carriers_by_plmn(known)
        for link in self._links.values():
            link.carriers_by_plmn = self._carriers_by_plmn
        self.update_carrier_networks(carrier_networks(known))

    def update_carrier_networks(self, networks: PrefixTable) -> None:
        """Replace the known carriers of public networks."""
        self._carrier_networks = networks
        for link in self._links.values():
            link.carrier_networks = networks

    def update_specs(self, change: Callable[[Spec], Spec]) -> None:
        """
        Apply ``change``, which adds the device's knowledge, to each link, including those found
        later.
        """
        self._respec = change
        for name, link in self._links.items():
            link.update_spec(change(self._specs[name]))

    def refresh(self) -> None:
        """
        Read the kernel's tables and bring all links up to date, reporting each change.

        Raises:
            OSError: netlink refuses; ``DumpInterrupted`` if the tables change too fast to be
            read.
        """
        tables = KernelTables(
            links=tuple(self._kernel.links()),
            addresses=tuple(self._kernel.addresses()),
            routes=tuple(self._kernel.routes()),
        )
        if self._detect:
            self._adopt(uplinks(tables))
        link_states = states(tables, [link.spec for link in self._links.values()])
        self.tables = tables
        for name, link in self._links.items():
            interface = link.spec.interface
            state = self._with_conflicts(name, link_states[name])
            if is_reverse_filtered(self._kernel, interface, state):
                state = replace(state, reverse_filtered=True)
            if is_unrouted(self._kernel, interface, state, link.selector):
                state = replace(state, unrouted=True)
            self._change(name, link, state)

    async def run(self, on_change: OnChange) -> None:
        """
        Follow netlink until cancelled, calling ``on_change(name, before, after)`` for each change.

        A new link is reported with ``before`` equal to ``ABSENT``. It starts with a reading of the
        tables, so that no change between construction and this call is missed.
        """
        self._on_change = on_change
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        loop.add_reader(self._events, self._on_netlink, changed)
        try:
            changed.set()
            while True:
                await changed.wait()
                changed.clear()
                self._refresh_or_retry(changed)
                self._watch_conflicts(changed)
                await asyncio.sleep(_SETTLE_S)
        finally:
            loop.remove_reader(self._events)
            self._stop_watching()
            self._on_change = _ignore

    def _watch_conflicts(self, changed: asyncio.Event) -> None:
        """Detect claims to the present addresses of each link."""
        by_name = {message.name: message for message in self.tables.links}
        own = frozenset(message.hardware_address for message in self.tables.links)
        for name, link in self._links.items():
            ear = self._ears.get(name)
            if ear is None:
                ear = self._ears[name] = ConflictDetector(changed.set)
            ear.follow(listen_point(by_name.get(link.spec.interface), link.state), own)

    def _stop_watching(self) -> None:
        for ear in self._ears.values():
            ear.close()
        self._ears.clear()

    def _with_conflicts(self, name: str, state: LinkState) -> LinkState:
        ear = self._ears.get(name)
        claims = ear.claims(state.addresses4) if ear is not None else ()
        if not claims:
            return state
        return replace(state, address_conflict=True, conflict=", ".join(claims))

    def _refresh_or_retry(self, changed: asyncio.Event) -> None:
        try:
            self.refresh()
        except DumpInterrupted as error:
            _log.warning("cannot read the interface tables: %s; retrying", error)
            changed.set()

    def _on_netlink(self, changed: asyncio.Event) -> None:
        """
        Handle netlink's messages; ENOBUFS means that messages were dropped, which a reading
        repairs.
        """
        try:
            for message in self._received():
                if message.type in {RTM_NEWLINK, RTM_DELLINK}:
                    self._accept_carrier_message(message)
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            _log.info("netlink messages were dropped by the kernel; reading the tables again")
        changed.set()

    def _received(self) -> Iterator[NetlinkMessage]:
        while True:
            try:
                data = self._events.recv(_RECEIVE_BYTES)
            except BlockingIOError:
                return
            yield from messages(data)

    def _accept_carrier_message(self, message: NetlinkMessage) -> None:
        try:
            link_message = parse_link(message.payload)
        except MalformedMessage as error:
            _log.warning("cannot read a netlink message: %s; reading the tables again", error)
            return
        if link_message.family != AF_UNSPEC or link_message.operstate is None:
            return
        for name, link in self._links.items():
            if link.spec.interface != link_message.name or link.state.index != link_message.index:
                continue
            carrier = link_message.carrier and message.type == RTM_NEWLINK
            if carrier != link.state.carrier:
                self._change(name, link, replace(link.state, carrier=carrier))

    def _adopt(self, interfaces: tuple[str, ...]) -> None:
        followed = {link.spec.interface for link in self._links.values()}
        for interface in interfaces:
            if interface not in followed:
                self._add(spec_for(interface, taken=frozenset(self._links)))

    def _add(self, spec: Spec) -> None:
        self._specs[spec.name] = spec
        link = self._links[spec.name] = LiveLink(self._respec(spec), self._kernel)
        link.carrier_networks = self._carrier_networks
        link.carriers_by_plmn = self._carriers_by_plmn

    def _change(self, name: str, link: LiveLink, after: LinkState) -> None:
        before = link.state
        link.update_state(after)
        if before != after:
            self._on_change(name, before, after)


def _as_it_is(spec: Spec) -> Spec:
    return spec


def _ignore(name: str, before: LinkState, after: LinkState) -> None:
    """No listener yet."""


def _subscribed() -> socket.socket:
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _QUEUE_BYTES)
        opened.bind((0, 0))
        for group in _GROUPS:
            opened.setsockopt(_SOL_NETLINK, _NETLINK_ADD_MEMBERSHIP, group)
    except OSError:
        opened.close()
        raise
    return opened


_MODEM = re.compile(r"^(wwan|wwp|wwx|ppp|rmnet|ccmni|usb)")
"""
Interface names of modems: wwan0, wwp0s20u4 (predictable names), ppp0, rmnet (Qualcomm), usb0
(tethering).
"""


def spec_for(interface: str, taken: frozenset[str]) -> Link:
    """Return the link for an interface, under an unused name."""
    name = re.sub(r"[^a-z0-9._-]", "-", interface.lower()).lstrip("._-")[:56] or "link"
    if name in taken:
        name = next(f"{name}-{n}" for n in range(2, len(taken) + 3) if f"{name}-{n}" not in taken)
    # The device cannot know a modem's generation; the service points have 5G.
    medium = Medium.RADIO_5G if _MODEM.match(interface) else Medium.ETHERNET
    return Link(name=name, interface=interface, medium=medium)
