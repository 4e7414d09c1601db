"""Converts the state of a site to the view of its page. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.networks import NetworkOwners
from thongsuot_collector.journal.entry import ClockQuality
from thongsuot_collector.state import equipment
from thongsuot_collector.state.site import SiteState
from thongsuot_collector.state.verdicts import StandingVerdict
from thongsuot_schema.counter_path import STALE_S, recent
from thongsuot_schema.line import LineFigures, SeriesEchoes, line_figures
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.switch_overs import switch_over_figures
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import (
    CounterView,
    NetworkPath,
    SiteView,
    StateStretch,
    SubjectView,
    TargetTitle,
)

_DAY_S = 86_400.0
_FIGURES_GOOD_FOR_S = 120.0
"""A round trip older than this is not shown beside a light."""

GATEWAY = "gateway"
"""
The name of the site's router for an agent without configured targets; it is not in the inventory.
"""

_WRONG_CLOCKS = {ClockQuality.WRONG, ClockQuality.UNCERTAIN, ClockQuality.IMPOSSIBLE}

_Subject = tuple[str, str]


def site_view(
    name: str,
    state: SiteState | None,
    directory: InventoryDirectory,
    *,
    now_s: float,
    silent_after_s: float,
    support_hotline: str = "",
    is_awaited: bool = False,
) -> SiteView:
    """
    Return the view of a site's page at a moment.

    ``state`` is ``None`` for a site of the inventory that has never reported. If the agent is
    silent, every light is unknown since its last push, regardless of earlier verdicts; not if it
    ``is_awaited``, because the collector itself was away.
    """
    state = SiteState() if state is None else state
    site = directory.site(name)
    heard_s = state.heard_ns / 1e9 if state.heard_ns else None
    silent = heard_s is None or (now_s - heard_s > silent_after_s and not is_awaited)
    now = _CurrentState(name, state, silent=silent, heard_s=heard_s, now_s=now_s)
    histories = _histories(state, now_s)
    links = [
        _link_light(link_name, now, histories, directory)
        for link_name in _ordered(
            (link.name for link in site.links), (link for link, service in now.standing if link)
        )
    ]
    services = [
        _service_light(service, now, histories, directory)
        for service in _ordered(
            (target.name for target in directory.services_of(name)),
            (service for link, service in now.standing if service),
        )
    ]
    return SiteView(
        site=name,
        title=site.title,
        commune=directory.commune_name(site.commune),
        now_s=now_s,
        links=tuple(links),
        services=tuple(services),
        heard_s=heard_s,
        backlog_batches=state.backlog(),
        clock_trusted=state.clock not in _WRONG_CLOCKS,
        version=state.version,
        support_hotline=support_hotline,
        counter=None if silent else _counter(state, now_s),
        backup_instructions=site.backup_instructions,
        targets=tuple(_target_titles(links, directory)),
    )


def _target_titles(
    links: Iterable[SubjectView], directory: InventoryDirectory
) -> Iterator[TargetTitle]:
    """Yield the titles of the targets in evidence and paths of links."""
    names: dict[str, None] = {}
    for link in links:
        names |= dict.fromkeys(item.target for item in link.evidence)
        names |= dict.fromkeys(way.target for way in link.paths)
    for target in filter(None, map(directory.target, names)):
        if target.title_vi:
            yield TargetTitle(name=target.name, title_vi=target.title_vi, title_en=target.title_en)


def _counter(state: SiteState, now_s: float) -> CounterView | None:
    path = state.counter
    if path is None or now_s - path.at_s > STALE_S:
        return None
    moves = recent(state.switch_overs, now_s)
    return CounterView(
        is_alive=path.is_alive,
        since_s=path.since_s,
        at_s=path.at_s,
        link=path.link,
        open_services=path.open_targets,
        failed_services=path.failed_targets,
        switch_overs=moves,
        month=switch_over_figures(moves, now_s),
    )


class _CurrentState:
    """The verdicts in force now, by link and service; of the stream with the latest data."""

    def __init__(
        self, site: str, state: SiteState, *, silent: bool, heard_s: float | None, now_s: float
    ) -> None:
        self.site = site
        self.now_s = now_s
        self.state = state
        self.silent = silent
        self.heard_s = heard_s
        self.standing: dict[_Subject, StandingVerdict] = {}
        self.epoch_ns = 0
        newest = state.newest()
        if newest is not None:
            self.epoch_ns = newest.epoch_ns
            self.standing = {
                (verdict.link, verdict.service): verdict
                for verdict in newest.verdicts.at(newest.sealed_ns)
            }

    def light(self, subject: _Subject) -> tuple[State, Segment | None, Symptom, float | None]:
        """Return state, segment, symptom and onset of a subject."""
        if self.silent:
            return State.UNKNOWN, None, Symptom.AGENT_SILENT, self.heard_s
        verdict = self.standing.get(subject)
        if verdict is None:
            return State.UNKNOWN, None, Symptom.NOT_YET_MEASURED, None
        since_s = (self.epoch_ns + verdict.transition.onset_ns) / 1e9
        return (
            verdict.transition.state,
            verdict.transition.segment,
            verdict.transition.symptom,
            since_s,
        )


def _link_light(
    name: str,
    now: _CurrentState,
    histories: Mapping[_Subject, tuple[StateStretch, ...]],
    directory: InventoryDirectory,
) -> SubjectView:
    link = directory.link(now.site, name)
    state, segment, symptom, since_s = now.light((name, ""))
    standing = None if now.silent else now.standing.get((name, ""))
    carrier = directory.carrier(link.carrier) if link is not None else None
    # Beside "down", a router's answer in front of the fault would look like that of the link.
    is_heard = state in {State.UP, State.DEGRADED}
    figures = _line_figures(name, since_s, now, directory) if is_heard else LineFigures()
    return SubjectView(
        name=name,
        title_vi="",
        title_en="",
        state=state,
        segment=segment,
        symptom=symptom,
        since_s=since_s,
        medium=link.medium.value if link is not None else "",
        carrier=(carrier.title or carrier.name) if carrier else (link.carrier if link else ""),
        carrier_hotline=carrier.hotline if carrier else "",
        circuit=link.circuit if link is not None else "",
        history=histories.get((name, ""), ()),
        evidence=standing.transition.evidence if standing is not None else (),
        rtt_s=figures.rtt_s,
        loss_ratio=figures.loss_ratio,
        carrying_since_s=_carrying_since_s(name, now),
        paths=ways_of(now.state, name, directory.networks),
        **equipment.light_fields(now.state.equipment.values(), name, now.now_s),
    )


def _carrying_since_s(link: str, now: _CurrentState) -> float | None:
    carrying = now.state.carrying.get(link)
    if now.silent or carrying is None or not carrying.is_active:
        return None
    return carrying.since_ms / 1000


def ways_of(state: SiteState, link: str, networks: NetworkOwners) -> tuple[NetworkPath, ...]:
    """Return the most recently measured paths over a link of a site."""
    ways = []
    for key, routes in state.routes.items():
        of_link, target, family = key.split("\n")
        if of_link != link or family not in set(Family):
            continue
        before, ended, path = routes.before, routes.ended, routes.latest.path
        others = [other.path for other in (before, ended) if other is not None]
        hops = [hop for route in (path, *others) for hop in route.hops]
        ways.append(
            NetworkPath(
                target=target,
                family=Family(family),
                at_s=routes.latest.at_ns / 1e9,
                path=path,
                networks=networks.named(
                    hop_address for hop in hops for hop_address in hop.addresses
                ),
                previous_at_s=None if before is None else before.at_ns / 1e9,
                previous=None if before is None else before.path,
                ended_at_s=None if ended is None else ended.at_ns / 1e9,
                ended=None if ended is None else ended.path,
            )
        )
    return tuple(ways)


def _service_light(
    name: str,
    now: _CurrentState,
    histories: Mapping[_Subject, tuple[StateStretch, ...]],
    directory: InventoryDirectory,
) -> SubjectView:
    state, segment, symptom, since_s = now.light(("", name))
    standing = None if now.silent else now.standing.get(("", name))
    target = directory.target(name)
    reachable = [
        link
        for (link, service), verdict in sorted(now.standing.items())
        if link and service == name and verdict.transition.state in {State.UP, State.DEGRADED}
    ]
    return SubjectView(
        name=name,
        title_vi=target.title_vi if target else "",
        title_en=target.title_en if target else "",
        state=state,
        segment=segment,
        symptom=symptom,
        since_s=since_s,
        history=histories.get(("", name), ()),
        evidence=standing.transition.evidence if standing is not None else (),
        reachable_over=() if now.silent else tuple(reachable),
    )


def _line_figures(
    link: str, since_s: float | None, now: _CurrentState, directory: InventoryDirectory
) -> LineFigures:
    """Return round trip and loss of a link, from the fresh echoes since a time."""
    series = []
    for key, figures in now.state.latest_echoes.items():
        of_link, target_name, _ = key.split("\n")
        is_fresh = now.now_s - figures.time_ms / 1000 <= _FIGURES_GOOD_FOR_S
        if of_link == link and is_fresh and target_name != GATEWAY:
            series.append(
                SeriesEchoes(
                    target=directory.target(target_name),
                    runs=figures.runs,
                    rtt_s=figures.rtt_s,
                )
            )
    # Runs are dated to the millisecond, and onsets to the nanosecond.
    return line_figures(series, None if since_s is None else math.floor(since_s * 1000) / 1000)


def _histories(state: SiteState, now_s: float) -> dict[_Subject, tuple[StateStretch, ...]]:
    """Return for each subject its states of the last day, as far as the record covers them."""
    by_subject: dict[_Subject, list[StateStretch]] = {}
    for stream in state.streams.values():
        for transition in stream.verdicts.all_transitions():
            end_ns = stream.verdicts.end_of(transition)
            start_s = (stream.epoch_ns + stream.verdicts.begin_of(transition)) / 1e9
            last_ns = stream.sealed_ns if end_ns is None else end_ns
            end_s = (stream.epoch_ns + last_ns) / 1e9
            by_subject.setdefault((transition.link, transition.service), []).extend(
                StateStretch(
                    start_s=start,
                    end_s=end,
                    state=transition.transition.state,
                    symptom=transition.transition.symptom,
                )
                for start, end in _covered(state, max(start_s, now_s - _DAY_S), end_s)
            )
    return {subject: _tiled(stretches) for subject, stretches in by_subject.items()}


def _covered(state: SiteState, start_s: float, end_s: float) -> Iterable[tuple[float, float]]:
    for from_ms, to_ms in state.covered:
        start, end = max(start_s, from_ms / 1000), min(end_s, to_ms / 1000)
        if start < end:
            yield start, end


def _tiled(stretches: list[StateStretch]) -> tuple[StateStretch, ...]:
    """Return stretches in order, none overlapping: a clock correction may make two overlap."""
    tiles: list[StateStretch] = []
    for stretch in sorted(stretches, key=lambda stretch: stretch.start_s):
        start_s = max(stretch.start_s, tiles[-1].end_s) if tiles else stretch.start_s
        if start_s >= stretch.end_s:
            continue
        tiles.append(
            StateStretch(
                start_s=start_s, end_s=stretch.end_s, state=stretch.state, symptom=stretch.symptom
            )
        )
    return tuple(tiles)


def _ordered(first: Iterable[str], others: Iterable[str]) -> list[str]:
    """Return unique names: those of the inventory in its order, then others sorted."""
    known = list(dict.fromkeys(first))
    return known + sorted(set(others) - set(known))
