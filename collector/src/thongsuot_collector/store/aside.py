"""What was set aside: batches that could not be digested, kept whole so that a person can look."""

import time

import msgspec
from sqlalchemy import Engine, delete, func, insert, select

from thongsuot_collector.journal.entry import Entry
from thongsuot_collector.store.tables import SET_ASIDE

KEPT_PER_SITE = 1000
"""A site that sends nothing but poison may fill this much, and no more; the oldest goes."""

ERROR_LIMIT = 4000
"""Characters of the explanation that are kept: enough for a traceback."""


class Aside(msgspec.Struct, frozen=True, kw_only=True):
    """
    One batch set aside; see ``Entry`` for its identity. ``sequence`` 0: it is not in the journal.
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


def put(engine: Engine, entry: Entry, *, consumer: str, sequence: int, error: str) -> None:
    """Keep a batch with who could not digest it and why; once for each consumer."""
    same = (
        (SET_ASIDE.c.consumer == consumer)
        & (SET_ASIDE.c.site == entry.site)
        & (SET_ASIDE.c.stream == entry.stream)
        & (SET_ASIDE.c.number == entry.number)
        & (SET_ASIDE.c.body == entry.body)
    )
    with engine.begin() as connection:
        if connection.execute(select(func.count()).where(same)).scalar_one():
            return
        connection.execute(
            insert(SET_ASIDE).values(
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
            select(SET_ASIDE.c.id)
            .where(SET_ASIDE.c.site == entry.site)
            .order_by(SET_ASIDE.c.id.desc())
            .limit(KEPT_PER_SITE)
        )
        connection.execute(
            delete(SET_ASIDE).where(
                SET_ASIDE.c.site == entry.site, SET_ASIDE.c.id.not_in(newest.scalar_subquery())
            )
        )


def listed(engine: Engine) -> list[Aside]:
    """Return all that was set aside, oldest first, without the bodies (``b""``)."""
    columns = [column for column in SET_ASIDE.c if column.name != "body"]
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).order_by(SET_ASIDE.c.id)).mappings()
        return [Aside(**row, body=b"") for row in rows]


def get(engine: Engine, aside_id: int) -> Aside | None:
    """Return one batch set aside, whole."""
    with engine.connect() as connection:
        row = (
            connection.execute(select(SET_ASIDE).where(SET_ASIDE.c.id == aside_id))
            .mappings()
            .first()
        )
    return None if row is None else Aside(**row)


def count(engine: Engine) -> int:
    """Return how many batches are set aside."""
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(SET_ASIDE)).scalar_one()
