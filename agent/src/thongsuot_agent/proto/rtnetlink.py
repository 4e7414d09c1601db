"""
Links, addresses, routes and neighbours in the kernel's messages.

Addresses are packed bytes (4 or 16) so that this module needs no socket; ``links`` turns them into
text. Source: RFC 3549, section 3; rtnetlink(7); include/uapi/linux/{rtnetlink,if_link,if_addr,
neighbour}.h. Fields that an older kernel does not send are ``None``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct, error

from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.proto.netlink import (
    NLM_F_DUMP,
    NLM_F_REQUEST,
    attribute,
    attributes,
    build,
)

RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK = 16, 17, 18
RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22
RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE = 24, 25, 26
RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH = 28, 29, 30

AF_UNSPEC, AF_INET, AF_INET6 = 0, 2, 10

IFF_UP, IFF_LOOPBACK, IFF_NOARP = 0x1, 0x8, 0x80
OPERSTATE_UNKNOWN, OPERSTATE_UP = 0, 6
ARPHRD_ETHER = 1

IFA_F_TEMPORARY, IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_TENTATIVE = 0x01, 0x08, 0x20, 0x40
IFA_F_OPTIMISTIC = 0x04
SCOPE_UNIVERSE, SCOPE_SITE, SCOPE_LINK = 0, 200, 253

RTN_UNICAST = 1
RT_TABLE_LOCAL = 255
RTM_F_CLONED, RTM_F_FIB_MATCH = 0x200, 0x2000

NUD_INCOMPLETE, NUD_REACHABLE, NUD_STALE, NUD_DELAY = 0x01, 0x02, 0x04, 0x08
NUD_PROBE, NUD_FAILED, NUD_NOARP, NUD_PERMANENT = 0x10, 0x20, 0x40, 0x80

_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MTU, _IFLA_OPERSTATE = 1, 3, 4, 16
_IFLA_STATS64, _IFLA_CARRIER, _IFLA_CARRIER_CHANGES = 23, 33, 35
_IFA_ADDRESS, _IFA_LOCAL, _IFA_FLAGS = 1, 2, 8
_RTA_DST, _RTA_SRC, _RTA_OIF, _RTA_GATEWAY, _RTA_PRIORITY = 1, 2, 4, 5, 6
_RTA_PREFSRC, _RTA_MULTIPATH, _RTA_TABLE, _RTA_MARK, _RTA_VIA = 7, 9, 15, 16, 18
_RTA_MARK = 16
_NDA_DST, _NDA_LLADDR, _NDA_CACHEINFO = 1, 2, 3

_IFINFO = Struct("=BxHiII")
_IFADDR = Struct("=BBBBI")
_RTMSG = Struct("=BBBBBBBBI")
_NDMSG = Struct("=BxxxiHBB")
_RTNEXTHOP = Struct("=HBBi")
_U32 = Struct("=I")
_VIA_FAMILY = Struct("=H")
_STATS64 = Struct("=8Q")
_CACHEINFO = Struct("=IIII")


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceCounters:
    """64-bit counters of an interface since its creation (struct rtnl_link_stats64)."""

    received_packets: int
    sent_packets: int
    received_bytes: int
    sent_bytes: int
    receive_errors: int
    send_errors: int
    receive_drops: int
    send_drops: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMessage:
    """
    One interface. ``carrier`` is true when packets can pass (see ``LinkState``).

    Some events only have one aspect: those with a ``family`` (a port of a bridge, IPv6 settings),
    and those without ``operstate`` (wireless extensions). Such a message has no information about
    the carrier.
    """

    family: int
    index: int
    name: str
    hardware_type: int
    flags: int
    operstate: int | None
    carrier: bool
    mtu: int
    hardware_address: bytes
    carrier_changes: int | None
    counters: InterfaceCounters | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressMessage:
    """One address of an interface; ``flags`` are IFA_F_*, ``scope`` RT_SCOPE_*."""

    index: int
    family: int
    address: bytes
    prefix_length: int
    scope: int
    flags: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHop:
    """One next hop of a route; ``gateway`` may be of the other family (RTA_VIA)."""

    index: int
    gateway: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteMessage:
    """
    One route. A default route has ``prefix_length`` 0; lower ``priority`` (metric) is preferred.
    """

    family: int
    destination: bytes
    prefix_length: int
    source_length: int
    table: int
    type: int
    priority: int
    preferred_source: bytes | None
    next_hops: tuple[NextHop, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourMessage:
    """
    One neighbour; ``state`` is NUD_*; ``confirmed_ticks`` (USER_HZ) is the time since it was last
    confirmed reachable. ``hardware`` is its link-layer address, if known.
    """

    index: int
    family: int
    address: bytes
    state: int
    confirmed_ticks: int | None
    hardware: bytes | None = None


def _head(layout: Struct, payload: bytes, message_name: str) -> tuple[int, ...]:
    try:
        return layout.unpack_from(payload)
    except error as problem:
        raise MalformedMessage(
            f"{message_name} message of {len(payload)} bytes is too short"
        ) from problem


def _u32(value: bytes | None) -> int | None:
    if value is None:
        return None
    if len(value) != _U32.size:
        raise MalformedMessage(f"a 32-bit netlink attribute has {len(value)} bytes")
    return int(_U32.unpack(value)[0])


def parse_link(payload: bytes) -> LinkMessage:
    """
    Read RTM_NEWLINK or RTM_DELLINK.

    Raises:
        Malformed: too short, or without a name.
    """
    family, hardware_type, index, flags, _ = _head(_IFINFO, payload, "link")
    values = attributes(payload, _IFINFO.size)
    name = values.get(_IFLA_IFNAME)
    if name is None:
        raise MalformedMessage(f"link message for interface {index} has no name")
    raw_operstate = values.get(_IFLA_OPERSTATE)
    operstate = raw_operstate[0] if raw_operstate else None
    carrier = (values.get(_IFLA_CARRIER) or b"\1")[0]
    return LinkMessage(
        family=family,
        index=index,
        name=name.rstrip(b"\0").decode(errors="replace"),
        hardware_type=hardware_type,
        flags=flags,
        operstate=operstate,
        # Drivers of tunnels and modems never set operstate: there "unknown" means usable.
        carrier=bool(flags & IFF_UP)
        and bool(carrier)
        and operstate in {OPERSTATE_UP, OPERSTATE_UNKNOWN, None},
        mtu=_u32(values.get(_IFLA_MTU)) or 0,
        hardware_address=values.get(_IFLA_ADDRESS) or b"",
        carrier_changes=_u32(values.get(_IFLA_CARRIER_CHANGES)),
        counters=_counters(values.get(_IFLA_STATS64)),
    )


def _counters(value: bytes | None) -> InterfaceCounters | None:
    if value is None:
        return None
    numbers = _head(_STATS64, value, "interface counters")
    return InterfaceCounters(
        received_packets=numbers[0],
        sent_packets=numbers[1],
        received_bytes=numbers[2],
        sent_bytes=numbers[3],
        receive_errors=numbers[4],
        send_errors=numbers[5],
        receive_drops=numbers[6],
        send_drops=numbers[7],
    )


def parse_address(payload: bytes) -> AddressMessage:
    """
    Read RTM_NEWADDR or RTM_DELADDR.

    Raises:
        Malformed: too short, or without an address.
    """
    family, prefix_length, flags, scope, index = _head(_IFADDR, payload, "address")
    values = attributes(payload, _IFADDR.size)
    # On a point-to-point interface IFA_ADDRESS is the peer's; IFA_LOCAL is ours (rtnetlink(7)).
    address = values.get(_IFA_LOCAL) or values.get(_IFA_ADDRESS)
    if address is None or len(address) != _width(family):
        raise MalformedMessage(
            f"address message for interface {index} has no address of its family"
        )
    wide_flags = _u32(values.get(_IFA_FLAGS))
    return AddressMessage(
        index=index,
        family=family,
        address=address,
        prefix_length=prefix_length,
        scope=scope,
        flags=flags if wide_flags is None else wide_flags,
    )


def _width(family: int) -> int:
    return {AF_INET: 4, AF_INET6: 16}.get(family, -1)


def parse_route(payload: bytes) -> RouteMessage:
    """
    Read RTM_NEWROUTE or RTM_DELROUTE.

    Raises:
        Malformed: too short, or a next hop that runs past its end.
    """
    family, length, source_length, _, table, _, _, kind, _ = _head(_RTMSG, payload, "route")
    values = attributes(payload, _RTMSG.size)
    multipath = values.get(_RTA_MULTIPATH)
    if multipath is not None:
        hops = tuple(_next_hops(multipath))
    else:
        index = _u32(values.get(_RTA_OIF))
        hops = () if index is None else (NextHop(index=index, gateway=_gateway(values)),)
    wide_table = _u32(values.get(_RTA_TABLE))
    return RouteMessage(
        family=family,
        destination=values.get(_RTA_DST) or b"",
        prefix_length=length,
        source_length=source_length,
        table=table if wide_table is None else wide_table,
        type=kind,
        priority=_u32(values.get(_RTA_PRIORITY)) or 0,
        preferred_source=values.get(_RTA_PREFSRC),
        next_hops=hops,
    )


def _gateway(values: dict[int, bytes]) -> bytes | None:
    via = values.get(_RTA_VIA)
    if via is not None:
        return via[_VIA_FAMILY.size :]  # struct rtvia: the family, then the address
    return values.get(_RTA_GATEWAY)


def _next_hops(data: bytes) -> Iterator[NextHop]:
    offset = 0
    while offset + _RTNEXTHOP.size <= len(data):
        length, _, _, index = _RTNEXTHOP.unpack_from(data, offset)
        if not _RTNEXTHOP.size <= length <= len(data) - offset:
            raise MalformedMessage(f"next hop at {offset} of {len(data)}: length {length}")
        inner = attributes(data[offset + _RTNEXTHOP.size : offset + length])
        yield NextHop(index=index, gateway=_gateway(inner))
        offset += (length + 3) & ~3


def parse_neighbour(payload: bytes) -> NeighbourMessage:
    """
    Read RTM_NEWNEIGH.

    Raises:
        Malformed: too short, or without an address.
    """
    family, index, state, _, _ = _head(_NDMSG, payload, "neighbour")
    values = attributes(payload, _NDMSG.size)
    address = values.get(_NDA_DST)
    if address is None:
        raise MalformedMessage(f"neighbour message for interface {index} has no address")
    info = values.get(_NDA_CACHEINFO)
    ticks = None if info is None else _head(_CACHEINFO, info, "neighbour ages")[0]
    return NeighbourMessage(
        index=index,
        family=family,
        address=address,
        state=state,
        confirmed_ticks=ticks,
        hardware=values.get(_NDA_LLADDR),
    )


def dump_request(kind: int, sequence: int, family: int = AF_UNSPEC) -> bytes:
    """Return the request for all links, addresses or routes (``kind`` is RTM_GET*)."""
    heads = {
        RTM_GETLINK: _IFINFO.pack(family, 0, 0, 0, 0),
        RTM_GETADDR: _IFADDR.pack(family, 0, 0, 0, 0),
        RTM_GETROUTE: _RTMSG.pack(family, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    return build(kind, NLM_F_REQUEST | NLM_F_DUMP, sequence, heads[kind])


def link_request(index: int, sequence: int) -> bytes:
    """Return the request for one interface by its number."""
    return build(RTM_GETLINK, NLM_F_REQUEST, sequence, _IFINFO.pack(AF_UNSPEC, 0, index, 0, 0))


def route_request(
    *,
    family: int,
    destination: bytes,
    source: bytes | None,
    index: int | None,
    sequence: int,
    mark: int = 0,
    tos: int = 0,
) -> bytes:
    """
    Return the request for the route of a packet that must leave by interface ``index``, ``None``:
    by any.

    RTM_F_FIB_MATCH requests the table entry itself: without it IPv4 reports any destination as on
    the link if no route matches (ip_route_output_key_hash_rcu), and a missing route would look like
    a silent network.
    """
    bits = len(destination) * 8
    source_bits = 0 if source is None else bits
    head = _RTMSG.pack(family, bits, source_bits, tos, 0, 0, 0, 0, RTM_F_FIB_MATCH)
    body = attribute(_RTA_DST, destination)
    if index is not None:
        body += attribute(_RTA_OIF, _U32.pack(index))
    if mark:
        body += attribute(_RTA_MARK, _U32.pack(mark))
    if source is not None:
        body += attribute(_RTA_SRC, source)
    return build(RTM_GETROUTE, NLM_F_REQUEST, sequence, head + body)


def neighbour_request(*, family: int, address: bytes, index: int, sequence: int) -> bytes:
    """Return the request for one neighbour by its address and interface."""
    head = _NDMSG.pack(family, index, 0, 0, 0)
    return build(RTM_GETNEIGH, NLM_F_REQUEST, sequence, head + attribute(_NDA_DST, address))
