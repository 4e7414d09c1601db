"""Circuit record: a circuit's data in a period, from timelines and notifications."""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, Engine, and_, or_, select

from thongsuot_collector.correlation import rows
from thongsuot_collector.incidents.answer import Dispute
from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.message import ChannelOutcome
from thongsuot_collector.sla.calendar import NS_PER_MS, Span
from thongsuot_collector.sla.dispute import DisputedInterval, DisputeOutcome
from thongsuot_collector.sla.outage import CarrierNotification
from thongsuot_collector.sla.periods import PlannedWork
from thongsuot_collector.sla.statement import Circuit, CircuitRecord
from thongsuot_collector.state.switch_over_rows import load_switch_overs
from thongsuot_collector.store.snapshot import reading, snapshot
from thongsuot_collector.store.tables import DELIVERIES, FAULTS, INCIDENT_MEMBERS, TIMELINES
from thongsuot_collector.timeline.interval import Basis, Interval
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Party

_FAULT_NOTIFICATIONS = (NotificationKind.OPENED.value, NotificationKind.UPDATED.value)
"""Notifications during a fault; an update also counts, for a party that missed the opening."""


class _TimelineEdge(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a site's timeline that are needed here."""

    last_sign_ns: int = 0


def read_circuit_record(
    engine: Engine, circuit: Circuit, directory: InventoryDirectory, span: Span, *, known_ms: int
) -> CircuitRecord:
    """Return the record of a circuit in a span, up to a time; all of it as of one moment."""
    subject = Subject(circuit.site, circuit.link)
    from_ns, until_ns = span[0] * NS_PER_MS, span[1] * NS_PER_MS
    with snapshot(engine) as store:
        intervals = rows.load_intervals(store, subject, from_ns=from_ns, until_ns=until_ns)
        return CircuitRecord(
            disputes=list(_disputes(store, circuit, from_ns, until_ns)),
            intervals=_closed_at_edge(intervals, _edge_ns(store, circuit.site)),
            planned_work=[
                PlannedWork(
                    from_ms=window.start_ns // NS_PER_MS,
                    until_ms=window.end_ns // NS_PER_MS,
                    name=window.id,
                )
                for window in rows.load_windows(store)
                if window.start_ns < until_ns
                and window.end_ns > from_ns
                and window.covers(subject, directory)
            ],
            notifications=list(_notifications(store, circuit, from_ns, until_ns)),
            moves=load_switch_overs(store, circuit.site, from_ms=span[0], until_ms=span[1]),
            known_ms=known_ms,
        )


def proven_until_ms(engine: Engine, site: str) -> int:
    """Return the end of the data from a site's device, Unix milliseconds; 0: none."""
    return _edge_ns(engine, site) // NS_PER_MS


def _edge_ns(store: Engine | Connection, site: str) -> int:
    with reading(store) as connection:
        body = connection.execute(select(TIMELINES.c.body).where(TIMELINES.c.site == site)).scalar()
    return 0 if body is None else msgspec.msgpack.decode(body, type=_TimelineEdge).last_sign_ns


def _closed_at_edge(intervals: list[Interval], last_sign_ns: int) -> list[Interval]:
    """
    Return intervals, with an open one ended at the site's last sign of life.

    The last state before a collector stops must not continue forever. Silence may.
    """
    return [
        msgspec.structs.replace(interval, end_ns=max(last_sign_ns, interval.start_ns))
        if interval.end_ns is None and interval.basis is not Basis.SILENCE
        else interval
        for interval in intervals
    ]


def _disputes(
    store: Connection, circuit: Circuit, from_ns: int, until_ns: int
) -> Iterator[DisputedInterval]:
    """Yield a carrier's disputes of a circuit's faults, and the city's decisions."""
    subject = Subject(circuit.site, circuit.link)
    incidents = rows.load_disputed(store, subject, from_ns=from_ns, until_ns=until_ns)
    for incident in incidents:
        known = (*incident.past_disputes, *((incident.dispute,) if incident.dispute else ()))
        disputes = [
            dispute
            for dispute in known
            if dispute.party == ResponsibleParty(Party.CARRIER, circuit.carrier)
        ]
        for member in incident.members:
            if member.subject != subject:
                continue
            for dispute in disputes:
                yield _disputed_interval(dispute, incident.id, member.start_ns, member.end_ns)


def _disputed_interval(
    dispute: Dispute, incident: str, start_ns: int, end_ns: int | None
) -> DisputedInterval:
    ruling, outcome = dispute.ruling, DisputeOutcome.OPEN
    if ruling is not None:
        is_upheld = ruling.is_upheld
        outcome = DisputeOutcome.CARRIER_UPHELD if is_upheld else DisputeOutcome.CARRIER_RESPONSIBLE
    elif dispute.withdrawn_ns is not None:
        outcome = DisputeOutcome.WITHDRAWN
    return DisputedInterval(
        from_ms=start_ns // NS_PER_MS,
        until_ms=None if end_ns is None else end_ns // NS_PER_MS,
        incident=incident,
        reference=dispute.reference,
        person=dispute.person,
        reason=dispute.reason,
        outcome=outcome,
        decided_by="" if ruling is None else ruling.by,
        decision="" if ruling is None else ruling.reason,
    )


def _notifications(
    store: Connection, circuit: Circuit, from_ns: int, until_ns: int
) -> Iterator[CarrierNotification]:
    """
    Yield the notifications to a carrier about a circuit's faults.

    For a fault that joined an already notified incident, the first message after the detection of
    the fault counts, not the earlier ones.
    """
    audience = str(ResponsibleParty(Party.CARRIER, circuit.carrier))
    wanted = (
        select(
            FAULTS.c.body,
            DELIVERIES.c.incident,
            DELIVERIES.c.began_ns,
            DELIVERIES.c.took_ns,
            DELIVERIES.c.reference,
        )
        .join(INCIDENT_MEMBERS, INCIDENT_MEMBERS.c.fault == FAULTS.c.id)
        .join(DELIVERIES, DELIVERIES.c.incident == INCIDENT_MEMBERS.c.incident)
        .where(
            and_(
                FAULTS.c.site == circuit.site,
                FAULTS.c.link == circuit.link,
                FAULTS.c.service == "",
                FAULTS.c.start_ns < until_ns,
                or_(FAULTS.c.end_ns.is_(None), FAULTS.c.end_ns > from_ns),
                DELIVERIES.c.audience == audience,
                DELIVERIES.c.outcome == ChannelOutcome.DELIVERED.value,
                DELIVERIES.c.kind.in_(_FAULT_NOTIFICATIONS),
            )
        )
    )
    for row in store.execute(wanted).all():
        fault = msgspec.msgpack.decode(row.body, type=Fault)
        if fault.is_gone or row.began_ns < fault.known_ns:
            continue
        yield CarrierNotification(
            at_ms=(row.began_ns + row.took_ns) // NS_PER_MS,
            from_ms=fault.start_ns // NS_PER_MS,
            until_ms=None if fault.end_ns is None else fault.end_ns // NS_PER_MS,
            incident=row.incident,
            reference=row.reference,
        )
