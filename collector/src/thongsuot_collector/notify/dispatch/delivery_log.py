"""The delivery log: every notification with every answer, kept in the store across restarts."""

import logging
import time
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select

from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.notify.dispatch.thread import NotificationThread
from thongsuot_collector.notify.dispatch.transitions import Send
from thongsuot_collector.notify.message import ChannelOutcome, ChannelResult
from thongsuot_collector.store.tables import DELIVERIES, NOTIFICATION_THREADS
from thongsuot_collector.store.upsert import upsert

TEXT_LIMIT = 500
"""Stored characters of an answer."""


_log = logging.getLogger(__name__)


class DeliveryLogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """
    One attempt: the notification (``kind`` and the incident's ``number``), the audience, the
    ``channel``, and the outcome. ``began_ns`` is Unix time.
    """

    incident: str
    number: int
    audience: str
    channel: str
    kind: str
    began_ns: int
    took_ns: int
    outcome: ChannelOutcome
    reference: str = ""
    text: str = ""


def entry_of(
    tried: NotificationThread, step: Send, result: ChannelResult, *, began_ns: int, now_ns: int
) -> DeliveryLogEntry:
    """Return the log entry of one attempt to send the notification of ``tried``."""
    return DeliveryLogEntry(
        incident=tried.incident,
        number=tried.event.record.number,
        audience=str(tried.audience),
        channel=step.route,
        kind=step.kind,
        began_ns=began_ns,
        took_ns=now_ns - began_ns,
        outcome=result.outcome,
        reference=result.reference or tried.route_state(step.route).reference,
        text=result.text,
    )


def save_threads(
    engine: Engine,
    threads: Sequence[NotificationThread],
    attempts: Sequence[DeliveryLogEntry] = (),
) -> None:
    """Save threads as they are now, and new attempts; durable when it returns."""
    rows = [msgspec.structs.asdict(item) | {"text": item.text[:TEXT_LIMIT]} for item in attempts]
    with engine.begin() as connection:
        for thread in threads:
            _put(connection, thread)
        if rows:
            connection.execute(insert(DELIVERIES), rows)


def load_open_threads(engine: Engine) -> list[NotificationThread]:
    """Return the threads with pending or open notifications."""
    wanted = select(NOTIFICATION_THREADS.c.state).where(NOTIFICATION_THREADS.c.is_live)
    with engine.connect() as connection:
        states = [row.state for row in connection.execute(wanted)]
    return [state for state in map(_decoded, states) if state is not None]


def load_thread(
    engine: Engine, incident: str, audience: ResponsibleParty
) -> NotificationThread | None:
    """Return the thread of a party and an incident, even if it is over."""
    wanted = select(NOTIFICATION_THREADS.c.state).where(
        NOTIFICATION_THREADS.c.incident == incident,
        NOTIFICATION_THREADS.c.audience == str(audience),
    )
    with engine.connect() as connection:
        state = connection.execute(wanted).scalar()
    return None if state is None else _decoded(state)


def load_ended(engine: Engine, *, since_ns: int) -> list[tuple[NotificationThread, str]]:
    """Return the threads with a route that has delivered an end since a time, with that route."""
    ends = (
        select(DELIVERIES.c.incident, DELIVERIES.c.audience, DELIVERIES.c.channel)
        .where(
            DELIVERIES.c.began_ns >= since_ns,
            DELIVERIES.c.kind == NotificationKind.RESOLVED,
            DELIVERIES.c.outcome == ChannelOutcome.DELIVERED,
        )
        .distinct()
        .subquery()
    )
    wanted = select(NOTIFICATION_THREADS.c.state, ends.c.channel).join(
        ends,
        (ends.c.incident == NOTIFICATION_THREADS.c.incident)
        & (ends.c.audience == NOTIFICATION_THREADS.c.audience),
    )
    with engine.connect() as connection:
        rows = connection.execute(wanted).all()
    loaded = ((_decoded(row.state), row.channel) for row in rows)
    return [(thread, route) for thread, route in loaded if thread is not None]


def load_attempts(engine: Engine, incident: str) -> list[DeliveryLogEntry]:
    """Return all attempts to notify about an incident, in order of their start."""
    columns = [column for column in DELIVERIES.c if column.name != "id"]
    wanted = (
        select(*columns)
        .where(DELIVERIES.c.incident == incident)
        .order_by(DELIVERIES.c.began_ns, DELIVERIES.c.id)
    )
    with engine.connect() as connection:
        rows = connection.execute(wanted).mappings()
        return [
            DeliveryLogEntry(**{**row, "outcome": ChannelOutcome(row["outcome"])}) for row in rows
        ]


def prune_log(engine: Engine, *, before_ns: int) -> None:
    """Delete the threads that ended before a time, with their attempts."""
    old = NOTIFICATION_THREADS.c.changed_ns < before_ns
    with engine.begin() as connection:
        connection.execute(
            delete(NOTIFICATION_THREADS).where(old, NOTIFICATION_THREADS.c.is_live.is_(False))
        )
        kept = select(NOTIFICATION_THREADS.c.incident)
        connection.execute(
            delete(DELIVERIES).where(
                DELIVERIES.c.began_ns < before_ns, DELIVERIES.c.incident.not_in(kept)
            )
        )


def _put(connection: Connection, thread: NotificationThread) -> None:
    new = upsert(connection, NOTIFICATION_THREADS).values(
        incident=thread.incident,
        audience=str(thread.audience),
        changed_ns=time.time_ns(),
        is_live=not thread.is_complete or thread.is_open,
        state=msgspec.msgpack.encode(thread),
    )
    connection.execute(
        new.on_conflict_do_update(
            index_elements=["incident", "audience"],
            set_={
                "changed_ns": new.excluded.changed_ns,
                "is_live": new.excluded.is_live,
                "state": new.excluded.state,
            },
        )
    )


def _decoded(state: bytes) -> NotificationThread | None:
    try:
        return msgspec.msgpack.decode(state, type=NotificationThread)
    except msgspec.MsgspecError as error:
        # A duplicate notification is better than a collector that does not start.
        _log.error("cannot read a thread (%d bytes): %s; starting a new one", len(state), error)
        return None
