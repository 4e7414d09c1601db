"""
Events for the engine, and the confirmation probes that it requests. All times: CLOCK_BOOTTIME.
"""

from typing import Protocol

import msgspec

from thongsuot_schema.result import Family, Result


class LinkFacts(msgspec.Struct, frozen=True, kw_only=True):
    """
    The kernel's state of a link's interface, as far as a verdict depends on it.

    ``gateways`` are the next hops of the default routes. ``local_resolver``: the first configured
    name server of the link is equipment of the site (usually the gateway, a forwarding CPE), so its
    silence is not the carrier's, and its answers prove nothing beyond it (it has a cache).
    ``shared_resolvers``: the name servers belong to the whole device, and their link is unknown.
    ``point_to_point``: the interface has no link layer to probe (PPP, a modem's raw IP), and no
    cable. ``port_unplugged``: the port below the interface has no carrier. ``reverse_filtered``:
    the kernel drops answers received on the interface (strict reverse path filter, RFC 3704), so
    IPv4 is not measured.
    """

    present: bool
    carrier: bool
    has_address4: bool = False
    has_address6: bool = False
    has_route4: bool = False
    has_route6: bool = False
    address_conflict: bool = False
    gateways: tuple[str, ...] = ()
    local_resolver: bool = False
    shared_resolvers: bool = False
    point_to_point: bool = False
    reverse_filtered: bool = False
    port_unplugged: bool = False

    def usable(self, family: Family) -> bool:
        """Return whether packets of a family can leave by the link at all."""
        if not (self.present and self.carrier):
            return False
        if family is Family.IP4:
            return self.has_address4 and self.has_route4
        return self.has_address6 and self.has_route6


class InterfaceState(Protocol):
    """The fields of ``links.state.LinkState`` from which facts are made."""

    @property
    def present(self) -> bool: ...  # noqa: D102
    @property
    def carrier(self) -> bool: ...  # noqa: D102
    @property
    def addresses4(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def addresses6(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def gateway4(self) -> str | None: ...  # noqa: D102
    @property
    def gateway6(self) -> str | None: ...  # noqa: D102
    @property
    def has_route4(self) -> bool: ...  # noqa: D102
    @property
    def has_route6(self) -> bool: ...  # noqa: D102
    @property
    def address_conflict(self) -> bool: ...  # noqa: D102
    @property
    def point_to_point(self) -> bool: ...  # noqa: D102
    @property
    def port_unplugged(self) -> bool: ...  # noqa: D102
    @property
    def reverse_filtered(self) -> bool: ...  # noqa: D102


def facts_from(
    state: InterfaceState, resolvers: tuple[str, ...] = (), *, shared_resolvers: bool = False
) -> LinkFacts:
    """Return the facts of one snapshot of an interface and the name servers configured for it."""
    gateways = tuple(g for g in (state.gateway4, state.gateway6) if g is not None)
    return LinkFacts(
        present=state.present,
        carrier=state.carrier,
        has_address4=bool(state.addresses4),
        has_address6=bool(state.addresses6),
        has_route4=state.has_route4,
        has_route6=state.has_route6,
        address_conflict=state.address_conflict,
        gateways=gateways,
        shared_resolvers=shared_resolvers,
        point_to_point=state.point_to_point,
        reverse_filtered=state.reverse_filtered,
        port_unplugged=state.port_unplugged,
        local_resolver=bool(resolvers) and is_local(resolvers[0], gateways),
    )


def is_local(address: str, gateways: tuple[str, ...]) -> bool:
    """Return whether an address is a gateway, link-local, or beside an IPv4 gateway (same /24)."""
    if address in gateways or address.lower().startswith("fe80:"):
        return True
    network = address.rpartition(".")[0]
    return bool(network) and any(network == g.rpartition(".")[0] for g in gateways)


class ResultArrival(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="arrival"):
    """
    A result and its time of arrival: its own time is the start of the run, earlier by up to a
    time-out.
    """

    boottime_ns: int
    result: Result


class Tick(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="tick"):
    """
    Time passed; about once a second.

    ``wall_s`` is Unix time if the device's wall clock is trusted (synchronised, or corrected by the
    collector), else ``None``. Certificates are only reported as expiring by a trusted clock.
    """

    boottime_ns: int
    wall_s: float | None = None


class LinkEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="link"):
    """A link's facts: once at the start for each link, then at every change."""

    boottime_ns: int
    link: str
    facts: LinkFacts


Event = ResultArrival | Result | Tick | LinkEvent
"""A bare ``Result`` counts as arriving now: at the latest known time, or at its own start."""


class ConfirmationProbe(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """
    A request to measure this series now, to confirm or refute a suspicion. Carried out at once, or
    not at all.

    ``target`` is empty for kinds that measure the link itself.
    """

    kind: str
    link: str
    target: str
    family: Family
