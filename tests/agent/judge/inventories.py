"""Sites to judge: their links, anchors and portals, and the default profile."""

from collections.abc import Iterable

from thongsuot_agent.judge.site_probes import SiteProbes, site_probes_from
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link, ProbeSchedule, Role, Target
from thongsuot_schema.segment import Segment


def anchor(
    name: str,
    segment: Segment,
    *addresses: str,
    links: tuple[str, ...] = (),
    lookup: str = "",
    domestic: bool = True,
) -> Target:
    """Return an anchor with an address of each family."""
    return Target(
        name=name,
        role=Role.ANCHOR,
        segment=segment,
        addresses=addresses or (f"192.0.2.{len(name)}", f"2001:db8::{len(name)}"),
        links=links,
        lookup=lookup,
        domestic=domestic,
    )


def portal(name: str) -> Target:
    """Return a service."""
    return Target(
        name=name, role=Role.SERVICE, segment=Segment.SERVICE, url=f"https://{name}.example/"
    )


FIXED = Link(name="fixed", interface="fix0", medium=Medium.FIBER)
MOBILE = Link(
    name="mobile", interface="wwan0", medium=Medium.RADIO_5G, allowance_bytes=1_000_000_000
)
PROBES = (
    ProbeSchedule(kind="icmp", every_s=5.0, metered_every_s=15.0),
    ProbeSchedule(kind="dns", every_s=30.0, metered_every_s=120.0),
    ProbeSchedule(kind="http", every_s=60.0, metered_every_s=300.0),
    ProbeSchedule(kind="host", every_s=15.0),
)
GATEWAY = anchor("gateway", Segment.LAN, "gateway")
RESOLVER = anchor("resolver", Segment.CARRIER, "resolver", lookup="www.example")
ACCESS = (
    anchor("access-fixed", Segment.ACCESS, links=("fixed",)),
    anchor("access-mobile", Segment.ACCESS, links=("mobile",)),
)
TARGETS = (
    GATEWAY,
    RESOLVER,
    anchor("core-fixed", Segment.CARRIER, links=("fixed",)),
    anchor("core-mobile", Segment.CARRIER, links=("mobile",)),
    anchor("zone", Segment.TRANSIT, lookup="www.example"),
    anchor("exchange", Segment.TRANSIT),
    anchor("abroad", Segment.TRANSIT, domestic=False),
    anchor("far", Segment.TRANSIT, domestic=False),
    portal("dichvucong"),
    portal("motcua"),
)


def two_links(
    targets: Iterable[Target] = TARGETS,
    *,
    with_access: bool = True,
    links: Iterable[Link] = (FIXED, MOBILE),
) -> SiteProbes:
    """Return the probes of a site with a fibre and a metered 5G link, and the default profile."""
    chosen = (*targets, *(ACCESS if with_access else ()))
    return site_probes_from(tuple(links), chosen, PROBES)


def one_link(targets: Iterable[Target] = TARGETS, *, with_access: bool = True) -> SiteProbes:
    """Return the probes of a site that has only a fibre."""
    return two_links(targets, with_access=with_access, links=(FIXED,))
