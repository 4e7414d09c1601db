"""
Whether the kernel drops answers received on an interface: strict reverse path filtering.

``rp_filter = 1`` (RFC 3704, 2.2; set by CIS hardening and RHEL) drops a packet if the route to its
sender uses another interface. On a device with two uplinks and one main table this drops every
answer over the second one. The check repeats the kernel's own (fib_validate_source): which
interface has the route from this address to the Internet? Only IPv4 has the filter.
"""

import errno
import socket
from pathlib import Path

from thongsuot_agent.links.rtnetlink_client import RtnetlinkClient
from thongsuot_agent.links.state import LinkState

STRICT = 1
_ANYWHERE = socket.inet_aton("198.18.0.1")
"""From the benchmark range (RFC 2544): no route to it is more specific than the default."""


def is_reverse_filtered(
    client: RtnetlinkClient, interface: str, state: LinkState, root: Path = Path("/")
) -> bool:
    """
    Return whether IPv4 answers by an interface are dropped here.

    Raises:
        OSError: netlink refuses the question.
    """
    if not state.present or not state.addresses4 or not state.has_route4:
        return False
    # The larger of the two values counts (Documentation/networking/ip-sysctl.rst).
    if max(_setting("all", root), _setting(interface, root)) != STRICT:
        return False
    try:
        route = client.route(
            family=socket.AF_INET,
            destination=_ANYWHERE,
            source=socket.inet_aton(state.addresses4[0]),
            index=0,
        )
    except OSError as error:
        if error.errno in {errno.EINVAL, errno.EADDRNOTAVAIL}:
            return (
                False  # the address disappeared meanwhile: the next reading of the tables says more
            )
        raise
    return route is not None and all(hop.index != state.index for hop in route.next_hops)


def _setting(name: str, root: Path) -> int:
    try:
        text = (root / "proc/sys/net/ipv4/conf" / name / "rp_filter").read_text("ascii")
    except OSError:
        return 0  # no such interface, or no /proc: filtering is unknown
    return int(text) if text.strip().isdecimal() else 0
