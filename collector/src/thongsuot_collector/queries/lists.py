"""
Lists: every list of pages, API and command line, with its filters.

All lists are read through ``ListQuery``: access, filters, search and record type are defined here
once.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.queries import incidents, sites
from thongsuot_collector.queries.city import CityState
from thongsuot_collector.queries.logs import (
    StoredIncidents,
    audit_records,
    delivery_records,
    stored_incidents,
)
from thongsuot_collector.queries.records import (
    AgentRecord,
    AuditRecord,
    CarrierRecord,
    CommuneRecord,
    DeliveryRecord,
    IncidentRecord,
    LinkRecord,
    MaintenanceRecord,
    Record,
    SiteRecord,
)
from thongsuot_collector.queries.scope import QueryScope
from thongsuot_collector.queries.selection import Selection, select_records
from thongsuot_collector.store.people import PersonRole
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.translations import REFERENCE

PERIOD: Final = timedelta(days=30)
"""The default period of a list of past events."""

CITY_ROLES: Final = frozenset({PersonRole.CITY_ENGINEER, PersonRole.CITY_READER})


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """Data of a list from the store: incidents, or finished records."""

    incidents: StoredIncidents = StoredIncidents()
    records: Sequence[Record] = ()


Read = Callable[[Engine, Selection, QueryScope], Stored]
Build = Callable[[CityState, Stored, QueryScope, Language], Sequence[Record]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """
    One list: its ``name`` in URLs, the type of its records, and their source.

    ``read`` queries the store, in any thread; ``build`` makes the records, in the thread of the
    state. ``order`` is the sort order: fields, the most significant first. ``period``: it is
    bounded by a time, by default the last 30 days.
    """

    name: str
    record: type[Record]
    roles: frozenset[PersonRole]
    build: Build
    searched: tuple[str, ...]
    filters: tuple[str, ...]
    order: str
    period: str = ""
    read: Read = lambda _store, _selection, _scope: Stored()

    @property
    def sorts(self) -> tuple[str, ...]:
        """The fields that it can be sorted by."""
        return self.record.__struct_fields__

    async def records(
        self,
        city: CityState,
        store: Engine,
        selection: Selection,
        scope: QueryScope,
        language: Language = REFERENCE,
    ) -> Sequence[Record]:
        """Return all records of the list's time; the store is read in a thread."""
        stored = await asyncio.to_thread(self.read, store, self._bounded(selection), scope)
        return self.build(city, stored, scope, language)

    def select(self, records: Sequence[Record], selection: Selection) -> list[Record]:
        """Return the selected records, in order."""
        return select_records(records, selection, searched=self.searched, order=self.order)

    def ask_here(
        self,
        city: CityState,
        store: Engine,
        selection: Selection,
        scope: QueryScope,
        language: Language = REFERENCE,
    ) -> list[Record]:
        """Return the selected records, blocking, for a process without an event loop."""
        stored = self.read(store, self._bounded(selection), scope)
        return self.select(self.build(city, stored, scope, language), selection)

    def _bounded(self, selection: Selection) -> Selection:
        if not self.period or selection.since is not None:
            return selection
        until = selection.until or datetime.now(UTC)
        return msgspec.structs.replace(selection, since=until - PERIOD)


_PLACE: Final = ("commune", "area")

LISTS: Final[tuple[ListQuery, ...]] = (
    ListQuery(
        name="sites",
        record=SiteRecord,
        roles=CITY_ROLES | {PersonRole.COMMUNE},
        build=lambda city, _stored, scope, _language: sites.site_records(city, scope),
        searched=("name", "title", "commune_name", "area"),
        filters=(
            *_PLACE,
            "status",
            "state",
            "fixed",
            "mobile",
            "is_whole",
            "kind",
            "carriers",
            "commissioning",
        ),
        order="state title",
    ),
    ListQuery(
        name="links",
        record=LinkRecord,
        roles=frozenset(PersonRole),
        build=lambda city, _stored, scope, _language: sites.link_records(city, scope),
        searched=("site", "site_title", "commune_name", "area", "circuit", "carrier_title"),
        filters=("site", *_PLACE, "medium", "carrier", "status", "state", "segment"),
        order="state site_title link",
    ),
    ListQuery(
        name="incidents",
        record=IncidentRecord,
        roles=CITY_ROLES | {PersonRole.CARRIER},
        build=lambda city, stored, scope, language: incidents.incident_records(
            city, stored.incidents, scope, language
        ),
        searched=("id", "title", "acting_title", "accepted_by", "sites"),
        filters=(
            "id",
            "status",
            "closure",
            "turn",
            "state",
            "severity",
            "segment",
            "rule",
            "carriers",
            "communes",
            "areas",
            "sites",
            "is_disputed",
            "parents",
        ),
        order="-status -opened_at id",
        period="opened_at",
        read=lambda store, selection, scope: Stored(
            incidents=stored_incidents(store, selection, scope)
        ),
    ),
    ListQuery(
        name="agents",
        record=AgentRecord,
        roles=CITY_ROLES | {PersonRole.COMMUNE},
        build=lambda city, _stored, scope, _language: sites.agent_records(city, scope),
        searched=("site", "site_title", "commune_name", "area", "version"),
        filters=("site", *_PLACE, "status", "version", "clock"),
        order="site_title",
    ),
    ListQuery(
        name="deliveries",
        record=DeliveryRecord,
        roles=CITY_ROLES,
        build=lambda _city, stored, _scope, _language: stored.records,
        searched=("incident", "audience", "channel", "reference", "text"),
        filters=("incident", "audience", "channel", "kind", "outcome"),
        order="-began_at -id",
        period="began_at",
        read=lambda store, selection, _scope: Stored(records=delivery_records(store, selection)),
    ),
    ListQuery(
        name="audit",
        record=AuditRecord,
        roles=CITY_ROLES,
        build=lambda _city, stored, _scope, _language: stored.records,
        searched=("by", "action", "subject", "detail"),
        filters=("by", "action", "subject"),
        order="-at -id",
        period="at",
        read=lambda store, selection, _scope: Stored(records=audit_records(store, selection)),
    ),
    ListQuery(
        name="carriers",
        record=CarrierRecord,
        roles=CITY_ROLES | {PersonRole.CARRIER},
        build=lambda city, _stored, scope, _language: incidents.carrier_records(city, scope),
        searched=("name", "title"),
        filters=("name",),
        order="title",
    ),
    ListQuery(
        name="communes",
        record=CommuneRecord,
        roles=CITY_ROLES | {PersonRole.COMMUNE},
        build=lambda city, _stored, scope, _language: sites.commune_records(city, scope),
        searched=("code", "name", "area"),
        filters=("code", "area", "state", "fixed", "mobile"),
        order="row column code",
    ),
    ListQuery(
        name="maintenance",
        record=MaintenanceRecord,
        roles=CITY_ROLES | {PersonRole.CARRIER},
        build=lambda city, _stored, scope, _language: incidents.maintenance_records(
            city, scope, now_ns=time.time_ns()
        ),
        searched=("id", "note"),
        filters=("carriers", "commune", "areas", "site", "is_active"),
        order="start_at id",
    ),
)

LIST_BY_NAME: Final = {query.name: query for query in LISTS}
