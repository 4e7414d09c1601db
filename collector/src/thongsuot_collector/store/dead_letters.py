"""The dead-letter queue in the store: batches that a consumer failed to process, kept whole."""

import msgspec
from sqlalchemy import Engine, delete, func, insert, select

from thongsuot_collector.store.tables import DEAD_LETTERS

KEPT_PER_SITE = 1000
"""A site whose every batch fails may fill this much, and no more; the oldest goes."""

ERROR_LIMIT = 4000
"""Characters of the explanation that are kept: enough for a traceback."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """
    One batch that a consumer failed to process, whole, with the reason.

    ``sequence`` 0: it is not in the journal. The store gives ``id``; ``at_ns`` is when it came.
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


def put(engine: Engine, letter: DeadLetter) -> None:
    """Keep a dead letter; once for each consumer."""
    same = (
        (DEAD_LETTERS.c.consumer == letter.consumer)
        & (DEAD_LETTERS.c.site == letter.site)
        & (DEAD_LETTERS.c.stream == letter.stream)
        & (DEAD_LETTERS.c.number == letter.number)
        & (DEAD_LETTERS.c.body == letter.body)
    )
    with engine.begin() as connection:
        if connection.execute(select(func.count()).where(same)).scalar_one():
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
    """Return one dead letter, whole."""
    with engine.connect() as connection:
        row = (
            connection.execute(select(DEAD_LETTERS).where(DEAD_LETTERS.c.id == letter_id))
            .mappings()
            .first()
        )
    return None if row is None else DeadLetter(**row)


def count(engine: Engine) -> int:
    """Return how many dead letters there are."""
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(DEAD_LETTERS)).scalar_one()
