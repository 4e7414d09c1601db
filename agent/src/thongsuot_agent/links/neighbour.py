"""Whether a link's gateway answers on the link layer, by the kernel's neighbour table."""

import asyncio
import os
import socket
import time

from thongsuot_agent.links.egress import Egress, address_family
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.snapshot import is_point_to_point
from thongsuot_agent.links.sockets import open_bound
from thongsuot_agent.proto import arp
from thongsuot_agent.proto.arp import SOLICITATION_HOP_LIMIT, build_solicitation
from thongsuot_agent.proto.rtnetlink import (
    NUD_DELAY,
    NUD_FAILED,
    NUD_PROBE,
    NUD_REACHABLE,
    NUD_STALE,
    LinkMessage,
    NeighbourMessage,
)
from thongsuot_schema.result import Family

FRESH_S = 5.0
"""A confirmation younger than this needs no query: traffic keeps the entry fresh."""

_CHECKS_S = (0.005, 0.02, 0.075, 0.2, 0.7)
"""When to check for the answer: at once on a good cable, at the latest after a second."""

_DISCARD_PORT = 9  # RFC 863: a host discards it
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


async def gateway_answers(link: LiveLink, family: Family, message: LinkMessage) -> bool | None:
    """Return whether the default gateway answers ARP or neighbour discovery, ``None`` if unknown.

    An entry of the kernel's table counts if it was confirmed within ``FRESH_S``; otherwise the
    gateway is queried and has one second to answer. Without CAP_NET_RAW no query is possible, and
    only confirmed states of the kernel count. Interfaces without neighbours (point to point) have
    no such state.

    Raises:
        LinkUnusable: nothing can be sent over the link.
    """
    gateway = link.state.gateway(family)
    if gateway is None or is_point_to_point(message):
        return None
    egress = link.egress(family, gateway)
    entry = _neighbour_entry(link, egress)
    if _is_confirmed(entry, FRESH_S):
        return True
    asked_s = time.monotonic()
    if not _solicit(link, egress, message, entry):
        return False if entry is not None and entry.state & NUD_FAILED else None
    for look_s in _CHECKS_S:
        await asyncio.sleep(look_s)
        entry = _neighbour_entry(link, egress)
        # By the clock, not by the sum of the sleeps: on a device short of CPU a sleep of 5 ms lasts
        # half a second, and an immediate answer would count as one from before the query
        # (2026-11-30: a live gateway was reported gone at a load of 12 on two cores). One tick
        # more: the kernel counts in jiffies (1 to 10 ms) and reports ages in ticks of 10 ms.
        if _is_confirmed(entry, time.monotonic() - asked_s + 1 / _TICKS_PER_S):
            return True
    return False


def gateway_hardware(link: LiveLink, message: LinkMessage) -> str:
    """
    Return the link-layer address of the gateway that answered last, the IPv4 one if there is one;
    empty if none is known to be present.

    Raises:
        LinkUnusable: nothing can be sent over the link.
    """
    family = Family.IP6 if link.state.gateway(Family.IP4) is None else Family.IP4
    gateway = link.state.gateway(family)
    if gateway is None or is_point_to_point(message):
        return ""
    entry = _neighbour_entry(link, link.egress(family, gateway))
    is_there = entry is not None and entry.state & (NUD_REACHABLE | NUD_DELAY | NUD_PROBE)
    if entry is None or not is_there or entry.hardware is None:
        return ""
    return entry.hardware.hex(":")


def _neighbour_entry(link: LiveLink, egress: Egress) -> NeighbourMessage | None:
    return link.kernel.neighbour(
        family=address_family(egress.family), address=egress.destination_packed, index=egress.index
    )


def _is_confirmed(entry: NeighbourMessage | None, within_s: float) -> bool:
    if entry is None or not entry.state & NUD_REACHABLE or entry.confirmed_ticks is None:
        return False
    return entry.confirmed_ticks <= within_s * _TICKS_PER_S


def _solicit(
    link: LiveLink, egress: Egress, message: LinkMessage, entry: NeighbourMessage | None
) -> bool:
    """
    Make the gateway answer; return whether that was possible.

    If the kernel has no address (no entry, failed), any packet makes it send a query. If its entry
    is stale, it would wait 5 s before the query (DELAY_FIRST_PROBE_TIME, RFC 4861, section 10), so
    this function sends it instead.
    """
    known = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE
    try:
        if entry is None or not entry.state & known:
            with link.open_udp(egress.family, egress.destination, _DISCARD_PORT) as opened:
                opened.send(b"")
        elif egress.family is Family.IP4:
            _send_arp(link, egress, message)
        else:
            _send_solicitation(egress, message)
    except PermissionError:
        return False
    return True


def _send_arp(link: LiveLink, egress: Egress, message: LinkMessage) -> None:
    request = arp.build_request(
        hardware=message.hardware_address,
        source=egress.source_packed,
        target=egress.destination_packed,
    )
    # Not to the address in the table: a replaced gateway has another address, and is no fault.
    link.broadcast_arp(request)


def _send_solicitation(egress: Egress, message: LinkMessage) -> None:
    request = build_solicitation(
        hardware=message.hardware_address, target=egress.destination_packed
    )
    # To the gateway alone, like the kernel's own probe (RFC 4861, section 7.3.3): solicitations to
    # a group are for unknown neighbours.
    with open_bound(egress, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as opened:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, SOLICITATION_HOP_LIMIT)
        opened.sendto(request, egress.socket_address(0))
