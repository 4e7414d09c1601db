"""Sites, links, agents, communes: the current state of everything in the inventory. Pure."""

from collections.abc import Iterable, Sequence

from thongsuot_collector.commissioning.status import commissioning_state
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.inventory.tiles import area_of, tiles
from thongsuot_collector.queries.city import CityState, by_site
from thongsuot_collector.queries.records import (
    AgentRecord,
    CommuneRecord,
    LinkRecord,
    SiteRecord,
    SiteStatus,
    utc,
)
from thongsuot_collector.queries.scope import QueryScope
from thongsuot_collector.timeline.interval import Interval
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.inventory.communes import NOWHERE, bundled_communes
from thongsuot_schema.inventory.fields import MOBILE_MEDIA
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

WORST_FIRST = (State.DOWN, State.DEGRADED, State.UNKNOWN, State.UP)


def worst(states: Iterable[State]) -> State | None:
    """Return the worst of some states; ``None`` of none."""
    return min(states, key=WORST_FIRST.index, default=None)


def site_records(city: CityState, scope: QueryScope) -> list[SiteRecord]:
    """Return every site of a scope."""
    incidents = by_site(city.leading_incidents())
    return [
        _site_record(city, name, incidents.get(name, ()))
        for name in city.site_names()
        if scope.has_site(city.directory.site(name).commune)
    ]


def _site_record(city: CityState, name: str, incidents: Sequence[Incident]) -> SiteRecord:
    site, status = city.directory.site(name), city.status_of(name)
    is_counted = status is not SiteStatus.RETIRED
    intervals = {link.name: city.interval_of(Subject(name, link.name)) for link in site.links}
    states = {link.name: _state(intervals[link.name]) for link in site.links}
    mobile = worst(states[link.name] for link in site.links if link.medium in MOBILE_MEDIA)
    fixed = worst(states[link.name] for link in site.links if link.medium not in MOBILE_MEDIA)
    services = [
        interval
        for target in city.directory.services_of(name)
        if (interval := city.interval_of(Subject(name, service=target.name))) is not None
    ]
    unwell = [
        interval
        for interval in (*intervals.values(), *services)
        if interval is not None and interval.state is not State.UP
    ]
    up = sum(state is State.UP for state in states.values())
    return SiteRecord(
        name=name,
        title=site.title or name,
        commune=site.commune,
        commune_name=city.directory.commune_name(site.commune),
        area=area_of(site.commune),
        kind=site.kind,
        status=status,
        state=_site_state(list(states.values()), services) if is_counted else State.UNKNOWN,
        fixed=fixed,
        mobile=mobile,
        is_whole=is_counted and fixed is State.UP and mobile is State.UP and up == len(states),
        links=len(states),
        links_up=up if is_counted else 0,
        since=utc(min((interval.start_ns for interval in unwell), default=None)),
        heard_at=utc(city.heard_ns(name)),
        carriers=tuple(sorted({link.carrier for link in site.links if link.carrier})),
        incidents=tuple(incident.id for incident in incidents),
        commissioning=commissioning_state(city.run_of(name), site),
    )


def _site_state(links: Sequence[State], services: Sequence[Interval]) -> State:
    """Return a site's overall state: down if no link works."""
    is_out = any(state in {State.UP, State.DEGRADED} for state in links)
    whole = worst((*links, *(interval.state for interval in services)))
    if whole is State.DOWN and is_out:
        return State.DEGRADED
    return State.UNKNOWN if whole is None else whole


def link_records(city: CityState, scope: QueryScope) -> list[LinkRecord]:
    """Return every link of a scope."""
    leading: dict[Subject, str] = {}
    for incident in city.leading_incidents():
        for member in incident.members:
            if member.end_ns is None:
                leading.setdefault(member.subject, incident.id)
    return [
        _link_record(city, name, link, leading.get(Subject(name, link.name), ""))
        for name in city.site_names()
        for link in city.directory.site(name).links
        if scope.has_link(city.directory.site(name).commune, link.carrier)
    ]


def _link_record(city: CityState, name: str, link: Link, incident: str) -> LinkRecord:
    site, carrier = city.directory.site(name), city.directory.carrier(link.carrier)
    interval = city.interval_of(Subject(name, link.name))
    return LinkRecord(
        site=name,
        site_title=site.title or name,
        commune=site.commune,
        commune_name=city.directory.commune_name(site.commune),
        area=area_of(site.commune),
        link=link.name,
        medium=link.medium.value,
        carrier=link.carrier,
        carrier_title=carrier.title or carrier.name if carrier else link.carrier,
        circuit=link.circuit,
        status=city.status_of(name),
        state=_state(interval),
        segment=None if interval is None else interval.segment,
        symptom=Symptom.NOT_YET_MEASURED if interval is None else interval.symptom,
        since=None if interval is None else utc(interval.start_ns),
        incident=incident,
    )


def agent_records(city: CityState, scope: QueryScope) -> list[AgentRecord]:
    """Return the device of every site of a scope."""
    records = []
    for name in city.site_names():
        site, state = city.directory.site(name), city.states.get(name)
        if not scope.has_site(site.commune):
            continue
        offered, running = city.config_of(name)
        records.append(
            AgentRecord(
                site=name,
                site_title=site.title or name,
                commune=site.commune,
                commune_name=city.directory.commune_name(site.commune),
                area=area_of(site.commune),
                status=city.status_of(name),
                version="" if state is None else state.version,
                heard_at=utc(city.heard_ns(name)),
                clock=None if state is None or not state.heard_ns else state.clock,
                backlog_batches=0 if state is None else state.backlog(),
                config="" if running is None else running.version,
                config_offered="" if offered is None else offered.version,
                config_refused="" if running is None else running.refused,
            )
        )
    return records


def commune_records(city: CityState, scope: QueryScope) -> list[CommuneRecord]:
    """Return every commune of a scope, including those without sites."""
    sites: dict[str, list[SiteRecord]] = {}
    for record in site_records(city, scope):
        sites.setdefault(record.commune, []).append(record)
    names = {commune.code: commune.name for commune in bundled_communes()}
    names |= {commune.code: commune.name for commune in city.directory.inventory.communes}
    codes = {code for code in (*names, *sites) if code != NOWHERE and scope.has_site(code)}
    return [
        _commune_record(code, names.get(code, code), sites.get(code, [])) for code in sorted(codes)
    ]


def _commune_record(code: str, name: str, sites: Sequence[SiteRecord]) -> CommuneRecord:
    used = [site for site in sites if site.status is not SiteStatus.RETIRED]
    installed = [site for site in used if site.status is not SiteStatus.NOT_INSTALLED]
    tile = tiles().get(code)
    return CommuneRecord(
        code=code,
        name=name,
        area=area_of(code),
        row=0 if tile is None else tile.row,
        column=0 if tile is None else tile.column,
        sites=len(used),
        installed=len(installed),
        whole=sum(site.is_whole for site in installed),
        fixed=worst(site.fixed for site in installed if site.fixed is not None),
        mobile=worst(site.mobile for site in installed if site.mobile is not None),
        state=worst(site.state for site in installed) or State.UNKNOWN,
        incidents=tuple(sorted({name for site in used for name in site.incidents})),
    )


def _state(interval: Interval | None) -> State:
    return State.UNKNOWN if interval is None else interval.state
