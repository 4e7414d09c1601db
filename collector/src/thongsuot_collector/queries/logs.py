"""Lists from the store, bounded by time: incidents, deliveries, the audit log."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Column, Engine, and_, select, true

from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.queries.records import AuditRecord, DeliveryRecord, moment
from thongsuot_collector.queries.scope import QueryScope
from thongsuot_collector.queries.selection import Selection
from thongsuot_collector.store.tables import AUDIT, DELIVERIES, INCIDENT_MEMBERS, INCIDENTS

MOST_ROWS = 20_000
"""Limit for one list: of a period with more, the newest are read."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class StoredIncidents(msgspec.Struct, frozen=True, kw_only=True):
    """
    The incidents that the store has of a period, open and closed, each as last written.

    ``names`` are those that were asked for; empty: all.
    """

    incidents: Sequence[Incident] = ()
    since_ns: int | None = None
    until_ns: int | None = None
    names: tuple[str, ...] = ()

    def asks_for(self, incident: Incident) -> bool:
        """Return whether an incident was asked for, by its onset and its name."""
        is_late = self.since_ns is None or incident.opened_ns >= self.since_ns
        is_early = self.until_ns is None or incident.opened_ns < self.until_ns
        return is_late and is_early and (not self.names or incident.id in self.names)


def stored_incidents(store: Engine, selection: Selection, scope: QueryScope) -> StoredIncidents:
    """
    Return the incidents with their onset in the period; of one site if selected.

    They include open ones, which memory has as well: an incident that is closed in memory after
    this was read is in the store as an open one, or not yet at all.
    """
    names = selection.filters.get("id", ())
    asked = StoredIncidents(
        since_ns=_ns(selection.since) if selection.since else None,
        until_ns=_ns(selection.until) if selection.until else None,
        names=names,
    )
    if not (scope.is_city or scope.carrier) or selection.filters.get("status") == ("open",):
        return asked
    wanted = select(INCIDENTS.c.body).where(_within(INCIDENTS.c.opened_ns, selection))
    if names:
        wanted = wanted.where(INCIDENTS.c.id.in_(names))
    sites = selection.filters.get("sites", ())
    if sites:
        of_sites = select(INCIDENT_MEMBERS.c.incident).where(INCIDENT_MEMBERS.c.site.in_(sites))
        wanted = wanted.where(INCIDENTS.c.id.in_(of_sites))
    wanted = wanted.order_by(INCIDENTS.c.opened_ns.desc(), INCIDENTS.c.id).limit(MOST_ROWS)
    with store.connect() as connection:
        bodies = [row.body for row in connection.execute(wanted)]
    incidents = [msgspec.msgpack.decode(body, type=Incident) for body in bodies]
    return msgspec.structs.replace(asked, incidents=incidents)


def delivery_records(store: Engine, selection: Selection) -> list[DeliveryRecord]:
    """Return the deliveries that began in the period."""
    wanted = select(DELIVERIES).where(_within(DELIVERIES.c.began_ns, selection))
    incidents = selection.filters.get("incident", ())
    if incidents:
        wanted = wanted.where(DELIVERIES.c.incident.in_(incidents))
    wanted = wanted.order_by(DELIVERIES.c.id.desc()).limit(MOST_ROWS)
    with store.connect() as connection:
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
    return [
        DeliveryRecord(began_at=moment(row.pop("began_ns")), took_s=row.pop("took_ns") / 1e9, **row)
        for row in rows
    ]


def audit_records(store: Engine, selection: Selection) -> list[AuditRecord]:
    """Return the audit log of the period."""
    wanted = select(AUDIT).where(_within(AUDIT.c.at_ns, selection))
    wanted = wanted.order_by(AUDIT.c.id.desc()).limit(MOST_ROWS)
    with store.connect() as connection:
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
    return [AuditRecord(at=moment(row.pop("at_ns")), **row) for row in rows]


def _within(column: Column[Any], selection: Selection) -> Any:  # noqa: ANN401 - SQLAlchemy's own
    bounds = [
        *([column >= _ns(selection.since)] if selection.since else []),
        *([column < _ns(selection.until)] if selection.until else []),
    ]
    return and_(true(), *bounds)


def _ns(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1) * 1_000
