"""LinkState: one snapshot of an uplink, and LinkUnusable: why nothing can be sent over it."""

from dataclasses import dataclass

from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """
    The kernel's state of one uplink's interface.

    ``carrier`` is true when the interface is up and can pass packets (operstate up, or unknown if
    the driver does not report it). ``index`` is the kernel's index of the interface, 0 while
    absent. Addresses are the usable ones (global, not tentative, not deprecated, no conflict), as
    text. ``gateway4`` and ``gateway6`` are the next hops of the default routes through this
    interface in any routing table; ``None`` with ``has_route4`` true is a route without a next hop
    (a point-to-point interface). ``carries4`` and ``carries6``: the preferred default route of the
    main table leaves by this interface. ``address_conflict``: another host has an address of this
    interface: duplicate address detection failed (RFC 4862, section 5.4), or the other host
    recently claimed an IPv4 address (see ``links.address_conflict``); then ``conflict`` has the
    address and the host.
    """

    present: bool = False
    carrier: bool = False
    index: int = 0
    addresses4: tuple[str, ...] = ()
    addresses6: tuple[str, ...] = ()
    gateway4: str | None = None
    gateway6: str | None = None
    has_route4: bool = False
    has_route6: bool = False
    address_conflict: bool = False
    conflict: str = ""
    """``192.168.1.10 is claimed by 02:fc:00:00:00:01``; empty if no claim was received."""
    carries4: bool = False
    carries6: bool = False
    point_to_point: bool = False
    """
    The interface has no link layer (PPP, tun, a modem's raw IP): no gateway to resolve, and no
    cable.
    """
    port_unplugged: bool = False
    """The Ethernet port below the interface (``port`` of the link) has no carrier."""
    reverse_filtered: bool = False
    """The kernel drops IPv4 answers that come in by this interface (strict rp_filter)."""
    unrouted: bool = False
    """The rule or the table that routes the link's packets through its own gateway is missing."""
    link_local6: str | None = None
    """Source of packets to a link-local address, which most IPv6 gateways have."""

    def addresses(self, family: Family) -> tuple[str, ...]:
        """Return the usable addresses of one family."""
        return self.addresses6 if family is Family.IP6 else self.addresses4

    def has_route(self, family: Family) -> bool:
        """Return whether a default route of one family uses the interface."""
        return self.has_route6 if family is Family.IP6 else self.has_route4

    def gateway(self, family: Family) -> str | None:
        """Return the default gateway of one family, ``None`` if there is none."""
        return self.gateway6 if family is Family.IP6 else self.gateway4


ABSENT = LinkState()
"""An interface that does not exist."""


class LinkUnusable(Exception):
    """
    The link cannot be measured now; ``reason`` (always an unmeasured one) is the cause.

    The caller returns a finding with that reason: an unusable link is never reported as loss.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
