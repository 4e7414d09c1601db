"""Incidents, carriers, planned work, and the city in figures. Pure."""

from collections.abc import Iterable, Sequence

from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.merging import is_leading, parents_of
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.inventory.tiles import area_of
from thongsuot_collector.notify.render import text
from thongsuot_collector.notify.render.names import owner_name, party_name
from thongsuot_collector.queries.city import CityState
from thongsuot_collector.queries.logs import StoredIncidents
from thongsuot_collector.queries.records import (
    TURNS,
    CarrierRecord,
    CitySummary,
    IncidentRecord,
    MaintenanceRecord,
    SiteRecord,
    SiteStatus,
    Turn,
    moment,
    utc,
)
from thongsuot_collector.queries.scope import QueryScope
from thongsuot_collector.queries.sites import link_records
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.segment import Party
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Language


def turn_of(incident: Incident) -> Turn | None:
    """Return who has to act on an incident; ``None`` once it is closed."""
    if not incident.is_open:
        return None
    if incident.is_disputed:
        return Turn.DISPUTE
    is_escalated = incident.acknowledgement is None and any(
        entry.event == "escalated" for entry in incident.history
    )
    return Turn.CITY if is_escalated else TURNS[incident.acting_party.party]


def is_of(incident: Incident, carrier: str) -> bool:
    """Return whether a carrier has to act on an incident, or was notified about it."""
    party = ResponsibleParty(Party.CARRIER, carrier)
    parties = (record.party for record in incident.notifications)
    return party in {incident.party, incident.notified_party, *parties}


def incident_records(
    city: CityState, stored: StoredIncidents, scope: QueryScope, language: Language
) -> list[IncidentRecord]:
    """Return the incidents of a scope: the ongoing ones, and those that were asked for."""
    return [
        _incident_record(city, incident, scope, language)
        for incident in incidents_of(city, stored, scope)
    ]


def incidents_of(city: CityState, stored: StoredIncidents, scope: QueryScope) -> list[Incident]:
    """
    Return the incidents of a scope, each once: the ongoing ones, and those that were asked for.

    The store was read before, and memory has changed since: what memory has counts, also of closed
    incidents. An incident that is closed in between is open in the store and closed in memory
    (2026-12: it was on no list until it was written).
    """
    present = city.registry.incidents
    archived = [incident for incident in stored.incidents if incident.id not in present]
    asked = [
        incident for incident in present.values() if incident.is_open or stored.asks_for(incident)
    ]
    return [
        incident
        for incident in (*archived, *asked)
        if scope.is_city or (scope.carrier and is_of(incident, scope.carrier))
    ]


def ongoing_of(registry: IncidentRegistry, carrier: str) -> list[Incident]:
    """Return the open incidents on which a carrier has to act, or about which it was notified."""
    party = ResponsibleParty(Party.CARRIER, carrier)
    return [
        incident
        for incident in registry.active_incidents()
        if incident.is_notifiable
        and party in {incident.party, incident.notified_party}
        and is_leading(registry, incident)
    ]


def closed_of(
    registry: IncidentRegistry, carrier: str, stored: Iterable[Incident], *, limit: int
) -> list[Incident]:
    """
    Return the last closed incidents of a carrier, the newest onset first.

    ``stored`` are those of the store, read before: memory has others that were closed since, and
    some of these open again.
    """
    party, present = ResponsibleParty(Party.CARRIER, carrier), registry.incidents
    archived = [incident for incident in stored if incident.id not in present]
    recent = [
        incident
        for incident in present.values()
        if not incident.is_open and incident.party == party
    ]
    newest = sorted((*archived, *recent), key=lambda each: (-each.opened_ns, each.id))
    return newest[:limit]


def _incident_record(
    city: CityState, incident: Incident, scope: QueryScope, language: Language
) -> IncidentRecord:
    taken, acting = incident.acknowledgement, incident.acting_party
    is_over = not (incident.is_open or incident.is_closed_by_city)
    subjects = [member.subject for member in incident.members]
    links = [city.directory.link(subject.site, subject.link) for subject in subjects]
    communes, placement, closing = incident.communes, incident.placement, incident.closing
    return IncidentRecord(
        id=incident.id,
        rule=incident.code,
        title=text.headline_of(city.context_of(incident), language),
        status=incident.status,
        closure=incident.closure_code,
        state=incident.state,
        severity=incident.severity,
        segment=incident.segment,
        symptom=incident.symptom,
        opened_at=moment(incident.opened_ns),
        known_at=moment(incident.known_ns),
        closed_at=utc(incident.closed_ns),
        responsible=str(incident.party),
        acting=str(acting),
        acting_title=party_name(acting, city.directory, language),
        turn=turn_of(incident),
        accepted_by="" if taken is None else owner_name(taken.owner, city.directory, language),
        accepted_at=None if taken is None else utc(taken.at_ns),
        expected_at=utc(incident.expected_ns),
        is_disputed=incident.is_disputed,
        is_excused=incident.is_excused,
        affected=len(incident.affected) if is_over else incident.open_members,
        total=incident.total,
        communes=communes,
        areas=tuple(sorted({area_of(code) for code in communes} - {""})),
        sites=tuple(sorted({subject.site for subject in subjects})),
        carriers=tuple(sorted(filter(scope.has_carrier, _carriers(incident, links)))),
        parents=tuple(parent.id for parent in parents_of(city.registry, incident)),
        children=incident.children,
        merged_into="" if placement is None else placement.into,
        closed_by="" if closing is None else closing.by,
        closing_reason="" if closing is None else closing.reason,
        is_generated=city.is_generated(incident),
    )


def _carriers(incident: Incident, links: Sequence[Link | None]) -> set[str]:
    own = {incident.party.name} if incident.party.party is Party.CARRIER else set()
    return own | {link.carrier for link in links if link is not None and link.carrier}


def carrier_records(city: CityState, scope: QueryScope) -> list[CarrierRecord]:
    """Return the carriers of a scope, with the states of their links."""
    links = [link for link in link_records(city, scope) if link.status is not SiteStatus.RETIRED]
    leading = city.leading_incidents()
    records = []
    for name, carrier in sorted(city.directory.carriers.items()):
        if not scope.has_carrier(name):
            continue
        states = [link.state for link in links if link.carrier == name]
        own = [
            incident
            for incident in leading
            if ResponsibleParty(Party.CARRIER, name) in {incident.party, incident.notified_party}
        ]
        records.append(
            CarrierRecord(
                name=name,
                title=carrier.title or name,
                hotline=carrier.hotline,
                links=len(states),
                up=states.count(State.UP),
                degraded=states.count(State.DEGRADED),
                down=states.count(State.DOWN),
                unknown=states.count(State.UNKNOWN),
                incidents=len(own),
                unaccepted=sum(incident.acknowledgement is None for incident in own),
                disputed=sum(incident.is_disputed for incident in own),
            )
        )
    return records


def maintenance_records(
    city: CityState, scope: QueryScope, *, now_ns: int
) -> list[MaintenanceRecord]:
    """Return the current and future planned work of a scope."""
    subjects = [
        (Subject(name, link.name), link, site.commune)
        for name, site in city.directory.sites.items()
        for link in site.links
    ]
    records = []
    for window in city.windows:
        covered = [
            (link, commune)
            for subject, link, commune in subjects
            if window.covers(subject, city.directory)
        ]
        is_seen = scope.is_city or any(
            scope.has_link(commune, link.carrier) for link, commune in covered
        )
        if window.end_ns > now_ns and is_seen:
            records.append(_maintenance_record(window, covered, scope, now_ns))
    return records


def _maintenance_record(
    window: MaintenanceWindow,
    covered: Sequence[tuple[Link, str]],
    scope: QueryScope,
    now_ns: int,
) -> MaintenanceRecord:
    carriers = {window.carrier, *(link.carrier for link, _ in covered)} - {""}
    areas = {area_of(window.commune), *(area_of(commune) for _, commune in covered)} - {""}
    return MaintenanceRecord(
        id=window.id,
        start_at=moment(window.start_ns),
        end_at=moment(window.end_ns),
        is_active=window.is_active(now_ns),
        site=window.site,
        link=window.link,
        carrier=window.carrier,
        carriers=tuple(sorted(name for name in carriers if scope.has_carrier(name))),
        commune=window.commune,
        areas=tuple(sorted(areas)),
        service=window.service,
        note=window.note,
    )


def summary(city: CityState, sites: Sequence[SiteRecord]) -> CitySummary:
    """Return the city in figures; ``sites`` are all of them."""
    turns = [turn_of(incident) for incident in city.leading_incidents()]
    used = [site for site in sites if site.status is not SiteStatus.RETIRED]
    waiting = [site for site in used if site.status is SiteStatus.NOT_INSTALLED]
    return CitySummary(
        communes=len({site.commune for site in used}),
        sites=len(used),
        installed=len(used) - len(waiting),
        whole=sum(site.is_whole for site in used),
        silent=sum(site.status is SiteStatus.SILENT for site in used),
        not_installed=len(waiting),
        retired=len(sites) - len(used),
        to_act=turns.count(Turn.CITY),
        waiting_for_carriers=turns.count(Turn.CARRIER),
        waiting_for_others=turns.count(Turn.COMMUNE) + turns.count(Turn.PORTAL),
        disputed=turns.count(Turn.DISPUTE),
    )
