"""
Paths: the traced paths to the targets of a link, and the carrier's usual first hop on them.
"""

from collections.abc import Mapping, Sequence

import msgspec

from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.keys import PathKey
from thongsuot_agent.judge.link_context import NS_PER_S
from thongsuot_agent.judge.memory import FirstHop, LinkMemory, Memory
from thongsuot_agent.judge.site_probes import LinkProbes, SiteProbes
from thongsuot_agent.judge.symptoms.identity import note_way
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.path import Hop, Path, describe_difference, parse_path, with_observation
from thongsuot_schema.result import Family, Result
from thongsuot_schema.verdict import VerdictChange

PATH = "path"

_REMEMBERED = 9
"""The remembered sightings of first hops: the usual one is that of most sightings."""
_ENOUGH = 2
"""Sightings of one router, and none of another, before it counts as the usual one."""
_ROUTES = 32
"""The remembered paths of a link; a site has fewer targets."""
_PROBES_AT_ONCE = 6
_REST_NS = 5 * NS_PER_S
"""Maximum duration of a run; a verdict that changes meanwhile is followed by one more trace."""


class RouteChange(msgspec.Struct, frozen=True, kw_only=True):
    """The path to a target differs from that of the previous run; ``text`` is the difference."""

    link: str
    target: str
    family: Family
    text: str


def note_path(link: LinkMemory, result: Result) -> tuple[RouteChange, ...]:
    """Record a run of the path probe; returns what changed."""
    finding, series = result.finding, result.series
    if finding.outcome is Outcome.UNMEASURED:
        return ()
    path = parse_path(finding.evidence, is_reached=finding.outcome is Outcome.OK)
    key = PathKey(series.target, series.family)
    before = link.paths.get(key)
    after = with_observation(before, result.boottime_ns, path)
    if after is before:
        return ()
    link.paths[key] = after
    while len(link.paths) > _ROUTES:
        del link.paths[next(iter(link.paths))]
    first = path.hop(path.first)
    # If a path ends at it, it may be the site's own router, which reports from its other address
    # that no destination beyond can be reached.
    if first is not None and first.address and (path.is_reached or path.last > first.number):
        _learn_hop(link.first_hops, series.family, first.address)
        note_way(link, series.family, _carriers_routers(path, first), result.boottime_ns)
        edge = path.hop(path.edge)
        if edge is not None and edge.address:
            _learn_hop(link.edges, series.family, edge.address)
    text = "" if before is None else describe_difference(before.latest.path, path)
    if not text:
        return ()
    change = RouteChange(link=series.link, target=series.target, family=series.family, text=text)
    return (change,)


def _carriers_routers(path: Path, first: Hop) -> list[str]:
    """Return the addresses on a path from the carrier's first hop on, without the target's own."""
    end = path.last if path.is_reached else path.last + 1
    beyond = [hop.address for hop in path.hops if first.number < hop.number < end and hop.routers]
    return [first.address, *beyond]


def first_hops(link: LinkMemory) -> Mapping[Family, str]:
    """Return the carrier's usual first hop in each family in which it is known."""
    return {family: hop.usual for family, hop in link.first_hops.items() if hop.usual}


def edges(link: LinkMemory) -> Mapping[Family, str]:
    """Return the site's own last router in each family in which it is known."""
    return {family: hop.usual for family, hop in link.edges.items() if hop.usual}


def path_probes(
    memory: Memory, changes: Sequence[VerdictChange], site_probes: SiteProbes
) -> tuple[ConfirmationProbe, ...]:
    """Return the paths to trace now because verdicts changed."""
    for change in changes:
        link = memory.links.get(change.verdict.link)
        if link is not None:
            link.is_path_due = True
    confirmations: list[ConfirmationProbe] = []
    for name, link in memory.links.items():
        if not link.is_path_due:
            continue
        link_probes, asked_ns = site_probes.links.get(name), link.paths_asked_ns
        is_resting = asked_ns is not None and memory.now_ns - asked_ns < _REST_NS
        if link_probes is None or is_resting:
            continue
        link.is_path_due = False
        if link_probes.paths:
            link.paths_asked_ns = memory.now_ns
            confirmations += _path_probes_of(link, link_probes)
    return tuple(confirmations)


def _path_probes_of(link: LinkMemory, link_probes: LinkProbes) -> list[ConfirmationProbe]:
    """The paths to silent targets come first: they are the subject."""
    silent = {track.target for track in link.tracks.values() if track.silences}
    ordered = sorted(link_probes.paths, key=lambda target: target not in silent)
    confirmations = [
        ConfirmationProbe(kind=PATH, link=link.name, target=target, family=family)
        for target in ordered
        for family in link_probes.paths[target]
        if link.facts is None or link.facts.usable(family)
    ]
    return confirmations[:_PROBES_AT_ONCE]


def _learn_hop(hops: dict[Family, FirstHop], family: Family, address: str) -> None:
    hop = hops.get(family)
    if hop is None:
        hop = hops[family] = FirstHop()
    hop.seen.append(address)
    del hop.seen[:-_REMEMBERED]
    times = hop.seen.count(address)
    is_alone = times == len(hop.seen)
    if times * 2 > _REMEMBERED or (is_alone and times >= _ENOUGH):
        hop.usual = address
