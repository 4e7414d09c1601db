"""What was set aside: batches that could not be digested, kept whole so that a person can look."""

import time

import msgspec
from sqlalchemy import Engine, delete, func, insert, select

from thongsuot_collector.journal.entry import JournalEntry
from thongsuot_collector.store.tables import DEAD_LETTERS

KEPT_PER_SITE = 1000
"""A site that sends nothing but poison may fill this much, and no more; the oldest goes."""

ERROR_LIMIT = 4000
"""Characters of the explanation that are kept: enough for a traceback."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """
    One batch set aside; see ``JournalEntry`` for its identity. ``sequence`` 0: it is not in the
    journal.
    """

    id: int
    at_ns: int
    consumer: str
    site: str
    stream: str
    number: int
    sequence: int
    error: str
    body: bytes


def put(engine: Engine, entry: JournalEntry, *, consumer: str, sequence: int, error: str) -> None:
    """Keep a batch with who could not digest it and why; once for each consumer."""
    same = (
        (DEAD_LETTERS.c.consumer == consumer)
        & (DEAD_LETTERS.c.site == entry.site)
        & (DEAD_LETTERS.c.stream == entry.stream)
        & (DEAD_LETTERS.c.number == entry.number)
        & (DEAD_LETTERS.c.body == entry.body)
    )
    with engine.begin() as connection:
        if connection.execute(select(func.count()).where(same)).scalar_one():
            return
        connection.execute(
            insert(DEAD_LETTERS).values(
                at_ns=time.time_ns(),
                consumer=consumer,
                site=entry.site,
                stream=entry.stream,
                number=entry.number,
                sequence=sequence,
                error=error[:ERROR_LIMIT],
                body=entry.body,
            )
        )
        newest = (
            select(DEAD_LETTERS.c.id)
            .where(DEAD_LETTERS.c.site == entry.site)
            .order_by(DEAD_LETTERS.c.id.desc())
            .limit(KEPT_PER_SITE)
        )
        connection.execute(
            delete(DEAD_LETTERS).where(
                DEAD_LETTERS.c.site == entry.site,
                DEAD_LETTERS.c.id.not_in(newest.scalar_subquery()),
            )
        )


def listed(engine: Engine) -> list[DeadLetter]:
    """Return all that was set aside, oldest first, without the bodies (``b""``)."""
    columns = [column for column in DEAD_LETTERS.c if column.name != "body"]
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).order_by(DEAD_LETTERS.c.id)).mappings()
        return [DeadLetter(**row, body=b"") for row in rows]


def get(engine: Engine, aside_id: int) -> DeadLetter | None:
    """Return one batch set aside, whole."""
    with engine.connect() as connection:
        row = (
            connection.execute(select(DEAD_LETTERS).where(DEAD_LETTERS.c.id == aside_id))
            .mappings()
            .first()
        )
    return None if row is None else DeadLetter(**row)


def count(engine: Engine) -> int:
    """Return how many batches are set aside."""
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(DEAD_LETTERS)).scalar_one()
