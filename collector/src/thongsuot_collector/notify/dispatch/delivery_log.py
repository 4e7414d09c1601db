"""Ledger: who was told what, with every answer, in the store: a restart forgets nothing."""

import logging
import time
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.notify.dispatch.thread import NotificationThread
from thongsuot_collector.notify.message import ChannelOutcome
from thongsuot_collector.store.tables import CONVERSATIONS, DELIVERIES

TEXT_LIMIT = 500
"""Characters of an answer that are kept."""


_log = logging.getLogger(__name__)


class DeliveryLogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """
    One try: what (``kind``, of the incident's ``entry``), to whom, by which ``channel``, and what
    came of it. ``began_ns`` is Unix time.
    """

    incident: str
    entry: int
    audience: str
    channel: str
    kind: str
    began_ns: int
    took_ns: int
    outcome: ChannelOutcome
    reference: str = ""
    text: str = ""


def save_threads(
    engine: Engine,
    conversations: Sequence[NotificationThread],
    tried: Sequence[DeliveryLogEntry] = (),
) -> None:
    """Keep conversations as they are now, and what was tried; durable when it returns."""
    rows = [msgspec.structs.asdict(item) | {"text": item.text[:TEXT_LIMIT]} for item in tried]
    with engine.begin() as connection:
        for thread in conversations:
            _put(connection, thread)
        if rows:
            connection.execute(insert(DELIVERIES), rows)


def load_open_threads(engine: Engine) -> list[NotificationThread]:
    """Return the conversations in which something is to be done, or to be taken back one day."""
    wanted = select(CONVERSATIONS.c.state).where(CONVERSATIONS.c.is_live)
    with engine.connect() as connection:
        states = [row.state for row in connection.execute(wanted)]
    return [state for state in map(_decoded, states) if state is not None]


def load_thread(
    engine: Engine, incident: str, audience: ResponsibleParty
) -> NotificationThread | None:
    """Return what a party was told of an incident, also when that is over."""
    wanted = select(CONVERSATIONS.c.state).where(
        CONVERSATIONS.c.incident == incident, CONVERSATIONS.c.audience == str(audience)
    )
    with engine.connect() as connection:
        state = connection.execute(wanted).scalar()
    return None if state is None else _decoded(state)


def load_attempts(engine: Engine, incident: str) -> list[DeliveryLogEntry]:
    """Return every try to tell of an incident, in the order in which they began."""
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
    """Drop what was over before a time, with its tries."""
    old = CONVERSATIONS.c.changed_ns < before_ns
    with engine.begin() as connection:
        connection.execute(delete(CONVERSATIONS).where(old, CONVERSATIONS.c.is_live.is_(False)))
        kept = select(CONVERSATIONS.c.incident)
        connection.execute(
            delete(DELIVERIES).where(
                DELIVERIES.c.began_ns < before_ns, DELIVERIES.c.incident.not_in(kept)
            )
        )


def _put(connection: Connection, thread: NotificationThread) -> None:
    new = upsert(CONVERSATIONS).values(
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
        # Better told once more than a collector that does not start.
        _log.error("cannot read a conversation (%d bytes): %s; begun anew", len(state), error)
        return None
