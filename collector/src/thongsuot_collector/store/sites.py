"""Snapshots of the sites' states, and the place in the journal up to which they hold."""

import logging
from collections.abc import Callable, Iterable

import msgspec
from sqlalchemy import Connection, Engine, select

from thongsuot_collector.store.tables import POSITIONS, SITES
from thongsuot_collector.store.upsert import upsert

_log = logging.getLogger(__name__)


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Up to which sequence of which journal something holds."""

    journal: str
    sequence: int

    def in_journal(self, name: str, head: int) -> int:
        """
        Return up to which sequence of a journal it holds; 0 where that is another one, or an older.

        A journal that was put back from a copy has the name, and not yet the sequences.
        """
        if self.journal != name:
            return 0
        if self.sequence > head:
            _log.error(
                "the journal is older than the store: it ends at %d, and was read up to %d; it is "
                "read again from its beginning",
                head,
                self.sequence,
            )
            return 0
        return self.sequence


def put(
    engine: Engine,
    states: Iterable[tuple[str, bytes]],
    *,
    consumer: str,
    position: Position,
    write_more: Callable[[Connection], None] | None = None,
) -> None:
    """
    Replace the states of some sites and the position, all in one act; ``write_more`` writes what
    holds with them.
    """
    rows = [{"site": site, "state": state} for site, state in states]
    with engine.begin() as connection:
        if write_more is not None:
            write_more(connection)
        if rows:
            new = upsert(connection, SITES)
            connection.execute(
                new.on_conflict_do_update(
                    index_elements=["site"], set_={"state": new.excluded.state}
                ),
                rows,
            )
        place = upsert(connection, POSITIONS).values(
            consumer=consumer, journal=position.journal, sequence=position.sequence
        )
        connection.execute(
            place.on_conflict_do_update(
                index_elements=["consumer"],
                set_={"journal": place.excluded.journal, "sequence": place.excluded.sequence},
            )
        )


def all_states(engine: Engine) -> list[tuple[str, bytes]]:
    """Return the states of all sites."""
    with engine.connect() as connection:
        return [(row.site, row.state) for row in connection.execute(select(SITES))]


def position(engine: Engine, consumer: str) -> Position | None:
    """Return up to where the states hold; ``None`` when none was ever put."""
    wanted = select(POSITIONS.c.journal, POSITIONS.c.sequence).where(
        POSITIONS.c.consumer == consumer
    )
    with engine.connect() as connection:
        row = connection.execute(wanted).mappings().first()
    return None if row is None else Position(**row)
