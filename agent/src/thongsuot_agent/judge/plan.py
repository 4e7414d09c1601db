"""Plan: what is measured on which link, as far as a verdict has to know it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from thongsuot_schema.inventory.model import Link, ProbePlan, Role, Target
from thongsuot_schema.result import Family, Series
from thongsuot_schema.segment import LADDER, Segment

EVERY = "*"
GATEWAY = "gateway"
RESOLVER = "resolver"
FIRST_HOP = "first-hop"
RANK: Mapping[Segment, int] = {segment: rank for rank, segment in enumerate(LADDER)}
"""Height of a segment on the ladder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """
    One kind of probe on one target over one link: a lookout.

    ``families`` are those that the target has. ``is_gateway`` is the link's own next hop;
    ``is_first_resolver`` the first name server that the link's configuration names;
    ``is_first_hop`` the carrier's first router, once it is learned.
    """

    kind: str
    target: str
    rung: Segment
    families: tuple[Family, ...]
    is_service: bool = False
    is_gateway: bool = False
    is_first_resolver: bool = False
    is_first_hop: bool = False
    domestic: bool = True
    lookup: str = ""

    def key(self, family: Family) -> str:
        """Return the name that a link's memory knows this post by, in one family."""
        return track_key(self.kind, self.target, family)


def track_key(kind: str, target: str, family: Family) -> str:
    """Return the name of a series inside a link's memory."""
    return f"{kind} {target} {family.value}"


def key_of(series: Series) -> str:
    """Return the name of a result's series inside its link's memory."""
    return track_key(series.kind, series.target, series.family)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The inventory that a plan is made of; this is what a recording keeps."""

    links: tuple[Link, ...] = ()
    targets: tuple[Target, ...] = ()
    probes: tuple[ProbePlan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """
    All that is measured on one link.

    ``posts`` by ``kind target`` (see ``post``). ``paths`` are the families of each target to which
    the way is looked at. ``every_s`` is the interval of each kind;
    ``round_s`` the longest interval of what is cheap (icmp), so that a passive round sees all
    anchors.
    """

    link: Link
    posts: Mapping[str, Post]
    every_s: Mapping[str, float]
    has_host: bool
    paths: Mapping[str, tuple[Family, ...]] = field(default_factory=dict)
    boxes: tuple[tuple[str, str, Family], ...] = ()
    """Equipment that can be asked why: kind, target and family of each."""

    @property
    def is_metered(self) -> bool:
        """Whether monitoring has an allowance on this link."""
        return self.link.allowance_bytes is not None

    @property
    def shortest_s(self) -> float:
        """Interval of the most frequent probe that sends packets; a minute where there is none."""
        return min(self.every_s.values(), default=60.0)

    @property
    def round_s(self) -> float:
        """Time in which every anchor has been asked once by the ordinary schedule."""
        return self.every_s.get("icmp", self.shortest_s)

    def post(self, series: Series) -> Post | None:
        """Return the post that a series belongs to, ``None`` when the plan does not know it."""
        return self.posts.get(f"{series.kind} {series.target}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured at a site; made once from its inventory with ``plan_from``."""

    draft: Draft
    watches: Mapping[str, Watch]
    services: Mapping[str, Target] = field(default_factory=dict)


def plan_from(
    links: Sequence[Link], targets: Sequence[Target], probes: Sequence[ProbePlan]
) -> Plan:
    """Return the plan of a site; what it measures is found as the schedule finds it."""
    draft = Draft(links=tuple(links), targets=tuple(targets), probes=tuple(probes))
    return Plan(
        draft,
        {link.name: _watch(link, draft) for link in links},
        {target.name: target for target in targets if target.role is Role.SERVICE},
    )


def _watch(link: Link, draft: Draft) -> Watch:
    posts: dict[str, Post] = {}
    every_s: dict[str, float] = {}
    paths: dict[str, tuple[Family, ...]] = {}
    has_host = False
    boxes: list[tuple[str, str, Family]] = []
    for plan in draft.probes:
        if EVERY not in plan.links and link.name not in plan.links:
            continue
        if plan.kind == "host":
            has_host = True
            continue
        if plan.kind == "radio":
            boxes.append((plan.kind, "", Family.NONE))
            continue
        for target in draft.targets:
            if not _is_on(target, link.name, plan) or not _applies(plan.kind, target):
                continue
            if plan.kind == "snmp":
                boxes.append((plan.kind, target.name, _families(target)[0]))
                continue
            if plan.kind == "path":
                paths[target.name] = _families(target)
                continue
            posts[f"{plan.kind} {target.name}"] = _post(plan.kind, target)
            interval_s = plan.every_s
            if link.allowance_bytes is not None and plan.metered_every_s is not None:
                interval_s = plan.metered_every_s
            every_s[plan.kind] = max(interval_s, every_s.get(plan.kind, 0.0))
    return Watch(
        link=link,
        posts=posts,
        every_s=every_s,
        has_host=has_host,
        paths=paths,
        boxes=tuple(boxes),
    )


def _is_on(target: Target, link: str, plan: ProbePlan) -> bool:
    is_named = EVERY in plan.targets or target.name in plan.targets
    return is_named and (not target.links or link in target.links)


def _applies(kind: str, target: Target) -> bool:
    if kind == "http":
        return bool(target.url)
    if kind == "dns":
        return bool(target.lookup)
    if kind == "snmp":
        return target.role is Role.EQUIPMENT and bool(target.addresses)
    if kind == "path":
        is_own = {GATEWAY, FIRST_HOP} & set(target.addresses)
        return target.segment is not Segment.LAN and bool(target.addresses) and not is_own
    return kind == "icmp" and target.role is Role.ANCHOR and bool(target.addresses)


def _post(kind: str, target: Target) -> Post:
    return Post(
        kind=kind,
        target=target.name,
        rung=target.segment,
        families=_families(target),
        is_service=target.role is Role.SERVICE,
        is_gateway=GATEWAY in target.addresses,
        is_first_resolver=RESOLVER in target.addresses,
        is_first_hop=FIRST_HOP in target.addresses,
        domestic=target.domestic,
        lookup=target.lookup if kind == "dns" else "",
    )


def _families(target: Target) -> tuple[Family, ...]:
    if target.url or {GATEWAY, RESOLVER, FIRST_HOP} & set(target.addresses):
        return (Family.IP4, Family.IP6)
    found = {Family.IP6 if ":" in address else Family.IP4 for address in target.addresses}
    return tuple(family for family in (Family.IP4, Family.IP6) if family in found)
