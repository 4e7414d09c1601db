"""Opens the ICMP sockets of a link and family: raw with CAP_NET_RAW, else the kernel's ping socket.

In raw mode there are two. One sends, bound to the interface: only binding restricts IPv6 to an
interface if the source address is set as well (ip6_route_output_flags is strict for bound sockets
only; with IPV6_PKTINFO a missing route let packets leave by the other link). One listens, unbound,
so that an answer received on another interface is distinguished from no answer.

A ping socket does both, bound. The kernel delivers only packets received on its interface.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from thongsuot_agent.links.egress import address_family
from thongsuot_agent.links.fresh_numbers import FreshNumbers
from thongsuot_agent.links.reasons import described, reason_for_own
from thongsuot_agent.links.selector import RouteSelector
from thongsuot_agent.links.sockets import attach_filter, bind_to
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.proto import control
from thongsuot_agent.proto.filter import PASS_NOTHING, echo_filter4, echo_filter6
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

FRESH_FLOWS = 16
"""Flows that one raw socket uses in rotation; each is an entry in the NAT of the site's router."""
FLOW_MASK = 0xFFFF & ~(FRESH_FLOWS - 1)

_identifiers = FreshNumbers(0x10000 // FRESH_FLOWS)

_RECEIVE_BUFFER_BYTES = 1 << 17  # a few hundred answers: more than are ever in flight


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpSockets:
    """
    The sending and the listening socket; the same socket twice if ``is_raw`` is false.

    ``identifier`` is that of echoes sent here: our own choice, or the kernel's on a ping socket. On
    a raw socket its lowest bits (``FRESH_FLOWS``) are free: a fresh flow is another of these
    values.
    """

    sender: socket.socket
    listener: socket.socket
    identifier: int
    is_raw: bool

    def close(self) -> None:
        """Close both sockets."""
        self.sender.close()
        self.listener.close()


def open_icmp(family: Family, interface: str, selector: RouteSelector) -> IcmpSockets:
    """
    Return non-blocking sockets for echoes over one link, with timestamps enabled.

    Raises:
        LinkUnusable: the interface has disappeared, or neither kind of socket is allowed; then the
            text says exactly which privilege to grant.
    """
    try:
        try:
            return _open_raw(family, interface, selector)
        except PermissionError:
            return _open_ping(family, interface, selector)
    except PermissionError as error:
        raise LinkUnusable(Reason.PERMISSION_DENIED, str(missing_privilege_text())) from error
    except OSError as error:
        raise LinkUnusable(reason_for_own(error), described(error)) from error


def number_anew(sender: socket.socket) -> None:
    """Number the timestamps of sent packets from 0 again: OPT_ID restarts if it was off before."""
    sender.setsockopt(socket.SOL_SOCKET, control.SO_TIMESTAMPING, 0)
    sender.setsockopt(socket.SOL_SOCKET, control.SO_TIMESTAMPING, control.STAMP_BOTH)


def _open_raw(family: Family, interface: str, selector: RouteSelector) -> IcmpSockets:
    identifier = _identifiers.take() * FRESH_FLOWS
    program = echo_filter6 if family is Family.IP6 else echo_filter4
    with _opened(family, socket.SOCK_RAW) as sender:
        attach_filter(sender, PASS_NOTHING)
        bind_to(sender, interface, selector)
        number_anew(sender)
        with _opened(family, socket.SOCK_RAW) as listener:
            attach_filter(listener, program(identifier, FLOW_MASK))
            _request_arrival_info(listener, family)
            listener.setsockopt(socket.SOL_SOCKET, control.SO_TIMESTAMPING, control.STAMP_ARRIVING)
    return IcmpSockets(sender=sender, listener=listener, identifier=identifier, is_raw=True)


def _open_ping(family: Family, interface: str, selector: RouteSelector) -> IcmpSockets:
    is_six = family is Family.IP6
    with _opened(family, socket.SOCK_DGRAM) as opened:
        bind_to(opened, interface, selector)
        opened.bind(("::" if is_six else "0.0.0.0", 0))  # noqa: S104 - bound to the interface
        _request_arrival_info(opened, family)
        level = control.SOL_IPV6 if is_six else control.SOL_IP
        opened.setsockopt(level, control.IPV6_RECVERR if is_six else control.IP_RECVERR, 1)
        number_anew(opened)
    identifier = int(opened.getsockname()[1])
    return IcmpSockets(sender=opened, listener=opened, identifier=identifier, is_raw=False)


@contextmanager
def _opened(family: Family, kind: socket.SocketKind) -> Iterator[socket.socket]:
    """A new socket that is closed if setting it up fails, and only then."""
    protocol = socket.IPPROTO_ICMPV6 if family is Family.IP6 else socket.IPPROTO_ICMP
    opened = socket.socket(address_family(family), kind, protocol)
    try:
        opened.setblocking(False)
        yield opened
    except BaseException:
        opened.close()
        raise


def _request_arrival_info(listener: socket.socket, family: Family) -> None:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
    if family is Family.IP6:
        listener.setsockopt(control.SOL_IPV6, control.IPV6_RECVPKTINFO, 1)
        listener.setsockopt(control.SOL_IPV6, control.IPV6_RECVHOPLIMIT, 1)
    else:
        listener.setsockopt(control.SOL_IP, control.IP_PKTINFO, 1)
        listener.setsockopt(control.SOL_IP, control.IP_RECVTTL, 1)


def missing_privilege_text() -> Localizable:
    """Return the privilege that an administrator has to grant, as a sentence."""
    return Localizable(
        "ICMP sockets are not allowed: grant CAP_NET_RAW (in the unit: "
        "AmbientCapabilities=CAP_NET_RAW), or allow this group with "
        "sysctl net.ipv4.ping_group_range='{group} {group}'",
        group=os.getegid(),
    )
