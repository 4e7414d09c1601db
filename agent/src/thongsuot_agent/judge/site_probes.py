"""Site probes: the measurements of each link, as far as verdicts depend on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import msgspec

from thongsuot_agent.judge.keys import PointKey, SeriesKey
from thongsuot_agent.judge.memory import Track
from thongsuot_schema.inventory.model import Link, ProbeSchedule, Role, Target
from thongsuot_schema.inventory.way_out import is_measured_on
from thongsuot_schema.result import Family, Series
from thongsuot_schema.segment import LADDER, Segment

EVERY = "*"
GATEWAY = "gateway"
RESOLVER = "resolver"
FIRST_HOP = "first-hop"
EDGE = "edge"
FRESH_ECHO = "fresh_echo"
RANK: Mapping[Segment, int] = {segment: rank for rank, segment in enumerate(LADDER)}
"""Height of a segment on the ladder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbePoint:
    """
    One kind of probe on one target over one link.

    ``families`` are those of the target. ``is_gateway``: the link's own next hop;
    ``is_first_resolver``: the first configured name server of the link; ``is_first_hop``: the
    carrier's first router, once it is learned; ``is_edge``: the site's own last router before it.
    ``lookup`` is the resolved name, of a lookup or of a page.
    """

    kind: str
    target: str
    rung: Segment
    families: tuple[Family, ...]
    is_service: bool = False
    is_gateway: bool = False
    is_first_resolver: bool = False
    is_first_hop: bool = False
    is_edge: bool = False
    domestic: bool = True
    lookup: str = ""

    @property
    def is_users_resolver(self) -> bool:
        """Whether it is a name server that the link's users use, not an external one."""
        is_near = self.is_first_resolver or self.rung is Segment.CARRIER
        return self.kind == "dns" and is_near

    def key(self, family: Family) -> SeriesKey:
        """Return the key of this point's series in one family."""
        return SeriesKey(self.kind, self.target, family)


class SiteInventory(msgspec.Struct, frozen=True, kw_only=True):
    """The inventory from which a site's probes are derived; a recording contains it."""

    links: tuple[Link, ...] = ()
    targets: tuple[Target, ...] = ()
    probes: tuple[ProbeSchedule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkProbes:
    """
    All measurements of one link.

    ``paths`` are the families of each target whose path is traced. ``every_s`` is the interval of
    each kind; ``round_s`` the longest interval of the cheap kind (icmp), so that a passive round
    covers all anchors.
    """

    link: Link
    points: Mapping[PointKey, ProbePoint]
    every_s: Mapping[str, float]
    has_host_probe: bool
    paths: Mapping[str, tuple[Family, ...]] = field(default_factory=dict)
    boxes: tuple[tuple[str, str, Family], ...] = ()
    """Equipment that may explain a fault: kind, target and family of each."""
    egress_points: tuple[tuple[str, Family], ...] = ()
    """Reflectors that report the source address of packets: target and family of each."""
    near_points: Mapping[str, ProbePoint] = field(default_factory=dict)
    """Targets near the site for new flows (``symptoms.near_flows``)."""
    beside: Mapping[str, "LinkProbes"] = field(default_factory=dict)
    """The measurements of the site's other links, by name; these have no ``beside`` themselves."""

    @property
    def is_metered(self) -> bool:
        """Whether monitoring has a data allowance on this link."""
        return self.link.allowance_bytes is not None

    @property
    def shortest_s(self) -> float:
        """Interval of the most frequent probe that sends packets; a minute if there is none."""
        return min(self.every_s.values(), default=60.0)

    @property
    def round_s(self) -> float:
        """Time in which the ordinary schedule probes every anchor once."""
        return self.every_s.get("icmp", self.shortest_s)

    def point_of(self, series: Series | Track) -> ProbePoint | None:
        """Return the point of a series, ``None`` if it is no longer measured."""
        return self.points.get(PointKey(series.kind, series.target))


@dataclass(frozen=True, slots=True)
class SiteProbes:
    """The measurements of a site; derived once from its inventory by ``site_probes_from``."""

    inventory: SiteInventory
    links: Mapping[str, LinkProbes]
    direct: Mapping[str, LinkProbes]
    """The same links, if their gateways are their carriers' own (see ``judge.direct_line``)."""
    services: Mapping[str, Target] = field(default_factory=dict)


def site_probes_from(
    links: Sequence[Link], targets: Sequence[Target], probes: Sequence[ProbeSchedule]
) -> SiteProbes:
    """Return the measurements of a site, derived in the same way as by the scheduler."""
    draft = SiteInventory(links=tuple(links), targets=tuple(targets), probes=tuple(probes))
    alone = {link.name: _link_probes(link, draft) for link in links}
    probes_by_link = {
        name: replace(own, beside={other: alone[other] for other in alone if other != name})
        for name, own in alone.items()
    }
    return SiteProbes(
        draft,
        probes_by_link,
        {name: _beyond_gateway(link_probes) for name, link_probes in probes_by_link.items()},
        {target.name: target for target in targets if target.role is Role.SERVICE},
    )


def _beyond_gateway(probes: LinkProbes) -> LinkProbes:
    points = {
        key: replace(point, rung=Segment.ACCESS, is_gateway=False) if point.is_gateway else point
        for key, point in probes.points.items()
    }
    return replace(probes, points=points)


def _link_probes(link: Link, draft: SiteInventory) -> LinkProbes:
    posts: dict[PointKey, ProbePoint] = {}
    every_s: dict[str, float] = {}
    has_host = False
    boxes: list[tuple[str, str, Family]] = []
    ways: dict[str, dict[str, tuple[Family, ...]]] = {"path": {}, "egress": {}, FRESH_ECHO: {}}
    for schedule in draft.probes:
        if not _concerns(schedule, link):
            continue
        if schedule.kind == "host":
            has_host = True
            continue
        if schedule.kind == "radio":
            boxes.append((schedule.kind, "", Family.NONE))
            continue
        for target in draft.targets:
            if not _is_on(target, link.name, schedule) or not _applies(schedule.kind, target):
                continue
            if schedule.kind == "snmp":
                boxes.append((schedule.kind, target.name, _families(target)[0]))
                continue
            if schedule.kind in ways:
                ways[schedule.kind][target.name] = _families(target)
                continue
            posts[PointKey(schedule.kind, target.name)] = _probe_point(schedule.kind, target)
            interval_s = schedule.every_s
            if link.allowance_bytes is not None and schedule.metered_every_s is not None:
                interval_s = schedule.metered_every_s
            every_s[schedule.kind] = max(interval_s, every_s.get(schedule.kind, interval_s))
    return LinkProbes(
        link=link,
        points=posts,
        every_s=every_s,
        has_host_probe=has_host,
        paths=ways["path"],
        boxes=tuple(boxes),
        near_points={
            target.name: _probe_point(FRESH_ECHO, target)
            for target in draft.targets
            if target.name in ways[FRESH_ECHO]
        },
        egress_points=tuple(
            (target, family) for target, families in ways["egress"].items() for family in families
        ),
    )


def _concerns(schedule: ProbeSchedule, link: Link) -> bool:
    is_named = EVERY in schedule.links or link.name in schedule.links
    return is_named and is_measured_on(schedule.kind, link)


def _is_on(target: Target, link: str, schedule: ProbeSchedule) -> bool:
    is_named = EVERY in schedule.targets or target.name in schedule.targets
    return is_named and (not target.links or link in target.links)


def _applies(kind: str, target: Target) -> bool:
    if kind == "http":
        return target.role is Role.SERVICE and bool(target.url)
    if kind == "dns":
        return bool(target.lookup)
    if kind == "snmp":
        return target.role is Role.EQUIPMENT and bool(target.addresses)
    if kind == "path":
        is_own = {GATEWAY, FIRST_HOP} & set(target.addresses)
        return target.segment is not Segment.LAN and bool(target.addresses) and not is_own
    if kind == "egress":
        words = {GATEWAY, RESOLVER, FIRST_HOP, EDGE} & set(target.addresses)
        is_reflector = target.role is Role.ANCHOR and bool(target.addresses) and not words
        return is_reflector or target.role is Role.COLLECTOR
    is_anchor = target.role is Role.ANCHOR and bool(target.addresses)
    is_near = target.segment in {Segment.LAN, Segment.ACCESS, Segment.CARRIER}
    return is_anchor and (kind == "icmp" or (kind == FRESH_ECHO and is_near))


def _probe_point(kind: str, target: Target) -> ProbePoint:
    return ProbePoint(
        kind=kind,
        target=target.name,
        rung=target.segment,
        families=_families(target),
        is_service=target.role is Role.SERVICE,
        is_gateway=GATEWAY in target.addresses,
        is_first_resolver=RESOLVER in target.addresses,
        is_first_hop=FIRST_HOP in target.addresses,
        is_edge=EDGE in target.addresses,
        domestic=target.domestic,
        lookup=target.lookup if kind == "dns" else _host_of(target.url),
    )


def _host_of(url: str) -> str:
    """Return the host name of a page; empty if its URL has an address instead."""
    host = urlsplit(url).hostname or ""
    is_address = ":" in host or host.replace(".", "").isdigit()
    return "" if is_address else host


def _families(target: Target) -> tuple[Family, ...]:
    if target.url or {GATEWAY, RESOLVER, FIRST_HOP, EDGE} & set(target.addresses):
        return (Family.IP4, Family.IP6)
    families = {Family.IP6 if ":" in address else Family.IP4 for address in target.addresses}
    return tuple(family for family in (Family.IP4, Family.IP6) if family in families)
