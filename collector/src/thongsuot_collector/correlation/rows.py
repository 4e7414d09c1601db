"""Reading and writing timelines, intervals and incidents; related data in one transaction."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import (
    Connection,
    Engine,
    Table,
    and_,
    delete,
    insert,
    or_,
    select,
    update,
)

from thongsuot_collector.correlation import many_rows
from thongsuot_collector.correlation.audited import AuditedAction
from thongsuot_collector.incidents.fault import NS_PER_S, Fault
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.registry import RegistrySnapshot
from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.sites import Position
from thongsuot_collector.store.snapshot import reading
from thongsuot_collector.store.tables import (
    FAULTS,
    INCIDENT_MEMBERS,
    INCIDENTS,
    INTERVALS,
    MAINTENANCE_WINDOWS,
    POSITIONS,
    TIMELINES,
)
from thongsuot_collector.timeline.interval import Basis, BatchRef, Interval, Rewrite
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

_END_OF_TIME_NS = 2**63 - 1

_AT_ONCE = 400
"""Maximum number of names in one statement; SQLite accepts 32,766 parameters."""


class IncidentWrites(msgspec.Struct, frozen=True, kw_only=True):
    """The data of one transaction. ``timelines`` are encoded already: they continue to change."""

    rewrites: Sequence[Rewrite] = ()
    timelines: Sequence[tuple[str, bytes]] = ()
    incidents: Sequence[Incident] = ()
    faults: Sequence[Fault] = ()
    position: Position | None = None
    audited: Sequence[AuditedAction] = ()
    windows: Sequence[MaintenanceWindow] = ()


def write_changes(engine: Engine, writing: IncidentWrites, *, consumer: str) -> None:
    """Write everything, or nothing."""
    with engine.begin() as connection:
        many_rows.apply_rewrites(connection, writing.rewrites)
        many_rows.put_timelines(connection, writing.timelines)
        many_rows.put_faults(connection, writing.faults)
        many_rows.put_incidents(connection, writing.incidents)
        for window in writing.windows:
            write_window(connection, window)
        for done in writing.audited:
            audit.write(connection, done.action, done.incident, by=done.by, detail=done.note)
        if writing.position is not None:
            place = msgspec.structs.asdict(writing.position)
            _replace(connection, POSITIONS, {"consumer": consumer}, place)


def load_timelines(engine: Engine) -> list[tuple[str, bytes]]:
    """Return every site's timeline, encoded."""
    with engine.connect() as connection:
        return [(row.site, row.body) for row in connection.execute(select(TIMELINES))]


def load_live(store: Engine | Connection, *, known_since_ns: int) -> RegistrySnapshot:
    """Return the data to hold in memory: open incidents, and recently closed ones."""
    wanted = or_(INCIDENTS.c.is_live, INCIDENTS.c.known_until_ns >= known_since_ns)
    with reading(store) as connection:
        names = [row.id for row in connection.execute(select(INCIDENTS.c.id).where(wanted))]
        state = _with_all_members(connection, names)
        windows = tuple(load_windows(connection))
    return RegistrySnapshot(incidents=state.incidents, faults=state.faults, windows=windows)


def load_for_rewrites(engine: Engine, rewrites: Iterable[Rewrite]) -> RegistrySnapshot:
    """Return the incidents of the time that rewrites cover, with all related data."""
    names: set[str] = set()
    with engine.connect() as connection:
        for rewrite in rewrites:
            subject = rewrite.subject
            lasts = or_(FAULTS.c.end_ns.is_(None), FAULTS.c.end_ns > rewrite.from_ns)
            until_ns = _END_OF_TIME_NS if rewrite.until_ns is None else rewrite.until_ns
            inside = and_(
                FAULTS.c.site == subject.site,
                FAULTS.c.link == subject.link,
                FAULTS.c.service == subject.service,
                lasts,
                FAULTS.c.start_ns < until_ns,
            )
            held = select(INCIDENT_MEMBERS.c.incident).join(
                FAULTS, INCIDENT_MEMBERS.c.fault == FAULTS.c.id
            )
            names.update(row.incident for row in connection.execute(held.where(inside)))
        return _with_all_members(connection, sorted(names))


def load_intervals(
    store: Engine | Connection, subject: Subject, *, from_ns: int, until_ns: int
) -> list[Interval]:
    """Return the intervals of a subject that overlap a period, in order."""
    wanted = (
        select(INTERVALS)
        .where(
            _is_of(INTERVALS, subject),
            INTERVALS.c.start_ns < until_ns,
            or_(INTERVALS.c.end_ns.is_(None), INTERVALS.c.end_ns > from_ns),
        )
        .order_by(INTERVALS.c.start_ns)
    )
    with reading(store) as connection:
        return [_interval(row) for row in connection.execute(wanted).mappings()]


def load_current_intervals(store: Engine | Connection) -> list[tuple[Subject, Interval]]:
    """Return the current interval of every subject."""
    wanted = select(INTERVALS).where(INTERVALS.c.end_ns.is_(None))
    with reading(store) as connection:
        return [
            (Subject(site=row["site"], link=row["link"], service=row["service"]), _interval(row))
            for row in connection.execute(wanted).mappings()
        ]


def load_incident(engine: Engine, name: str) -> Incident | None:
    """Return one incident, even if it was closed long ago."""
    with engine.connect() as connection:
        body = connection.execute(select(INCIDENTS.c.body).where(INCIDENTS.c.id == name)).scalar()
    return None if body is None else msgspec.msgpack.decode(body, type=Incident)


def recently_closed(engine: Engine, *, limit: int, carrier: str = "") -> list[Incident]:
    """Return the most recently closed incidents, the newest onset first; all, or a carrier's."""
    wanted = select(INCIDENTS.c.body).where(INCIDENTS.c.is_open.is_(False))
    if carrier:
        wanted = wanted.where(
            INCIDENTS.c.party == Party.CARRIER.value, INCIDENTS.c.party_name == carrier
        )
    wanted = wanted.order_by(INCIDENTS.c.opened_ns.desc(), INCIDENTS.c.id).limit(limit)
    with engine.connect() as connection:
        bodies = [row.body for row in connection.execute(wanted)]
    return [msgspec.msgpack.decode(body, type=Incident) for body in bodies]


def load_disputed(
    store: Engine | Connection, subject: Subject, *, from_ns: int, until_ns: int
) -> list[Incident]:
    """Return the disputed incidents of a subject in a period, oldest first."""
    incidents = _load_of(store, subject, from_ns=from_ns, until_ns=until_ns)
    return [incident for incident in incidents if incident.dispute or incident.past_disputes]


def load_closed_by_city(
    engine: Engine, subject: Subject, *, from_ns: int, until_ns: int
) -> list[Incident]:
    """Return the incidents of a subject in a period that a person has closed, oldest first."""
    incidents = _load_of(engine, subject, from_ns=from_ns, until_ns=until_ns)
    return [incident for incident in incidents if incident.closing is not None]


def _load_of(
    store: Engine | Connection, subject: Subject, *, from_ns: int, until_ns: int
) -> list[Incident]:
    """
    Return the incidents of a subject in a period, oldest first; those closed by the city may
    continue after it.
    """
    wanted = (
        select(INCIDENTS.c.body)
        .join(INCIDENT_MEMBERS, INCIDENT_MEMBERS.c.incident == INCIDENTS.c.id)
        .where(
            _is_of(INCIDENT_MEMBERS, subject),
            INCIDENTS.c.opened_ns < until_ns,
            or_(INCIDENTS.c.closed_ns.is_(None), INCIDENTS.c.closed_ns > from_ns),
        )
        .order_by(INCIDENTS.c.opened_ns, INCIDENTS.c.id)
    )
    with reading(store) as connection:
        bodies = [row.body for row in connection.execute(wanted)]
    # An incident that holds a subject's second fault has two rows of it.
    return [msgspec.msgpack.decode(body, type=Incident) for body in dict.fromkeys(bodies)]


def load_windows(store: Engine | Connection) -> list[MaintenanceWindow]:
    """Return all maintenance windows, in order of their beginnings."""
    wanted = select(MAINTENANCE_WINDOWS.c.body).order_by(
        MAINTENANCE_WINDOWS.c.start_ns, MAINTENANCE_WINDOWS.c.id
    )
    with reading(store) as connection:
        return [
            msgspec.msgpack.decode(row.body, type=MaintenanceWindow)
            for row in connection.execute(wanted)
        ]


def put_window(engine: Engine, window: MaintenanceWindow) -> None:
    """Store a maintenance window, replacing one of the same name."""
    with engine.begin() as connection:
        write_window(connection, window)


def put_windows(engine: Engine, windows: Iterable[MaintenanceWindow], *, by: str) -> None:
    """Store maintenance windows, all or none; ``by`` is the author in the audit log."""
    with engine.begin() as connection:
        for window in windows:
            write_window(connection, window, by=by)


def write_window(connection: Connection, window: MaintenanceWindow, *, by: str = "") -> None:
    """Do the same inside the caller's transaction; ``by`` is the author in the audit log."""
    fields = {"start_ns": window.start_ns, "end_ns": window.end_ns}
    body = msgspec.msgpack.encode(window)
    _replace(connection, MAINTENANCE_WINDOWS, {"id": window.id}, {**fields, "body": body})
    detail = f"{_moment(window.start_ns)} to {_moment(window.end_ns)} {window.note}".rstrip()
    audit.write(connection, AuditAction.WORK_PLANNED, window.id, by=by, detail=detail)


def drop_window(engine: Engine, name: str) -> None:
    """Cancel a maintenance window."""
    with engine.begin() as connection:
        connection.execute(delete(MAINTENANCE_WINDOWS).where(MAINTENANCE_WINDOWS.c.id == name))
        audit.write(connection, AuditAction.WORK_TAKEN_BACK, name)


def _moment(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // NS_PER_S, UTC).isoformat()


def _replace(
    connection: Connection, table: Table, key: dict[str, Any], values: dict[str, Any]
) -> None:
    """Store one row under a key; by plain statements that every database accepts."""
    same = and_(*(table.c[name] == value for name, value in key.items()))
    changed = connection.execute(update(table).where(same).values(**values))
    if not changed.rowcount:
        connection.execute(insert(table).values(**key, **values))


def _with_all_members(connection: Connection, names: Sequence[str]) -> RegistrySnapshot:
    """Return incidents, all that share a fault with them, and all of their faults."""
    incidents: dict[str, Incident] = {}
    faults: dict[str, Fault] = {}
    waiting = list(names)
    while waiting:
        for name, body in _bodies(connection, INCIDENTS, waiting):
            incidents[name] = msgspec.msgpack.decode(body, type=Incident)
        held = set[str]().union(*(incidents[name].fault_ids for name in waiting)) - set(faults)
        for name, body in _bodies(connection, FAULTS, sorted(held)):
            faults[name] = msgspec.msgpack.decode(body, type=Fault)
        waiting = sorted(_holding(connection, sorted(held)) - set(incidents))
    return RegistrySnapshot(incidents=tuple(incidents.values()), faults=tuple(faults.values()))


def _bodies(
    connection: Connection, table: Table, names: Sequence[str]
) -> Iterable[tuple[str, bytes]]:
    for first in range(0, len(names), _AT_ONCE):
        part = names[first : first + _AT_ONCE]
        wanted = select(table.c.id, table.c.body).where(table.c.id.in_(part))
        for row in connection.execute(wanted):
            yield row.id, row.body


def _holding(connection: Connection, faults: Sequence[str]) -> set[str]:
    names: set[str] = set()
    for first in range(0, len(faults), _AT_ONCE):
        part = faults[first : first + _AT_ONCE]
        wanted = select(INCIDENT_MEMBERS.c.incident).where(INCIDENT_MEMBERS.c.fault.in_(part))
        names.update(row.incident for row in connection.execute(wanted))
    return names


def _is_of(table: Table, subject: Subject) -> Any:  # noqa: ANN401 - SQLAlchemy's own type
    return and_(
        table.c.site == subject.site,
        table.c.link == subject.link,
        table.c.service == subject.service,
    )


def _interval(row: Any) -> Interval:  # noqa: ANN401 - a row of SQLAlchemy's
    source = None
    if row["stream"] is not None:
        source = BatchRef(row["stream"], row["number"], row["digest"])
    return Interval(
        start_ns=row["start_ns"],
        end_ns=row["end_ns"],
        state=State(row["state"]),
        symptom=Symptom(row["symptom"]),
        segment=None if row["segment"] is None else Segment(row["segment"]),
        basis=Basis(row["basis"]),
        error_s=row["error_s"],
        source=source,
    )
