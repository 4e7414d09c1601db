"""The dead-letter queue in the store: complete batches that a consumer failed to process."""

import time
from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, Engine, and_, delete, insert, select, true, update

from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.tables import DEAD_LETTERS

CONFLICTS = "ingest"
"""The consumer of batches whose number was already in use."""

BADLY_SIGNED = "signature"
"""
The consumer of batches with an invalid signature. They are kept for inspection: they are
unauthenticated, and their devices push the original batches again.
"""

KEPT_PER_SITE = 1000
"""The limit for a site whose every batch fails; the oldest is dropped."""

ERROR_LIMIT = 4000
"""Stored characters of the explanation: enough for a traceback."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """
    One complete batch that a consumer failed to process, with the reason.

    ``sequence`` 0: it is not in the journal. The store assigns ``id``; ``at_ns`` is its arrival.
    ``retry_ns`` is the time of a request to retry it, ``None`` without one.
    """

    site: str
    stream: str
    number: int
    consumer: str
    sequence: int
    error: str
    body: bytes
    at_ns: int
    id: int = 0
    retry_ns: int | None = None


def put(engine: Engine, letter: DeadLetter) -> None:
    """
    Store a dead letter; once for each consumer, with the newest ``sequence``: after the journal was
    restored from a copy, a batch that is pushed again has another one.
    """
    same = (
        (DEAD_LETTERS.c.consumer == letter.consumer)
        & (DEAD_LETTERS.c.site == letter.site)
        & (DEAD_LETTERS.c.stream == letter.stream)
        & (DEAD_LETTERS.c.number == letter.number)
        & (DEAD_LETTERS.c.body == letter.body)
    )
    with engine.begin() as connection:
        there = update(DEAD_LETTERS).where(same).values(sequence=letter.sequence)
        if connection.execute(there).rowcount:
            return
        connection.execute(
            insert(DEAD_LETTERS).values(
                at_ns=letter.at_ns,
                consumer=letter.consumer,
                site=letter.site,
                stream=letter.stream,
                number=letter.number,
                sequence=letter.sequence,
                error=letter.error[:ERROR_LIMIT],
                body=letter.body,
            )
        )
        newest = (
            select(DEAD_LETTERS.c.id)
            .where(DEAD_LETTERS.c.site == letter.site)
            .order_by(DEAD_LETTERS.c.id.desc())
            .limit(KEPT_PER_SITE)
        )
        connection.execute(
            delete(DEAD_LETTERS).where(
                DEAD_LETTERS.c.site == letter.site,
                DEAD_LETTERS.c.id.not_in(newest.scalar_subquery()),
            )
        )


def listed(engine: Engine) -> list[DeadLetter]:
    """Return all dead letters, oldest first, without the bodies (``b""``)."""
    columns = [column for column in DEAD_LETTERS.c if column.name != "body"]
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).order_by(DEAD_LETTERS.c.id)).mappings()
        return [DeadLetter(**row, body=b"") for row in rows]


def get(engine: Engine, letter_id: int) -> DeadLetter | None:
    """Return one complete dead letter."""
    with engine.connect() as connection:
        row = (
            connection.execute(select(DEAD_LETTERS).where(DEAD_LETTERS.c.id == letter_id))
            .mappings()
            .first()
        )
    return None if row is None else DeadLetter(**row)


def request_retry(
    engine: Engine, ids: Sequence[int] = (), *, site: str = "", consumer: str = "", by: str = ""
) -> list[int]:
    """
    Request a retry of dead letters, with a line in the audit log; return their ids.

    Those with some ids, or all of a site, a consumer, or both. Selections other than by id leave
    out batches whose number was already in use (consumer ``ingest``): a person has to check each. A
    batch with an invalid signature is never retried.
    """
    which: ColumnElement[bool]
    if ids:
        which = DEAD_LETTERS.c.id.in_(ids)
    elif consumer:
        which = DEAD_LETTERS.c.consumer == consumer
    else:
        which = DEAD_LETTERS.c.consumer != CONFLICTS
    of_site = DEAD_LETTERS.c.site == site if site else true()
    vouched_for = DEAD_LETTERS.c.consumer != BADLY_SIGNED
    wanted = and_(DEAD_LETTERS.c.retry_ns.is_(None), which, of_site, vouched_for)
    with engine.begin() as connection:
        letter_ids = [row.id for row in connection.execute(select(DEAD_LETTERS.c.id).where(wanted))]
        connection.execute(update(DEAD_LETTERS).where(wanted).values(retry_ns=time.time_ns()))
        if letter_ids:
            named = ", ".join(map(str, letter_ids))
            audit.write(
                connection, AuditAction.DEAD_LETTERS_RETRIED, site or "*", by=by, detail=named
            )
    return letter_ids


def retries(engine: Engine, consumer: str, limit: int) -> list[DeadLetter]:
    """Return complete dead letters of a consumer that are to be retried, oldest first."""
    wanted = (
        select(DEAD_LETTERS)
        .where(DEAD_LETTERS.c.consumer == consumer, DEAD_LETTERS.c.retry_ns.is_not(None))
        .order_by(DEAD_LETTERS.c.id)
        .limit(limit)
    )
    with engine.connect() as connection:
        return [DeadLetter(**row) for row in connection.execute(wanted).mappings()]


def remove(engine: Engine, letter_id: int) -> None:
    """Remove a dead letter that its consumer has processed."""
    with engine.begin() as connection:
        connection.execute(delete(DEAD_LETTERS).where(DEAD_LETTERS.c.id == letter_id))


def note_failure(engine: Engine, letter_id: int, error: str) -> None:
    """Record another failure of a dead letter, with its reason."""
    with engine.begin() as connection:
        connection.execute(
            update(DEAD_LETTERS)
            .where(DEAD_LETTERS.c.id == letter_id)
            .values(retry_ns=None, error=error[:ERROR_LIMIT])
        )
