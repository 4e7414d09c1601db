"""Snapshots of the sites' states, and their position in the journal."""

import logging
from collections.abc import Callable, Iterable

import msgspec
from sqlalchemy import Connection, Engine, select

from thongsuot_collector.store.tables import POSITIONS, SITES
from thongsuot_collector.store.upsert import upsert

_log = logging.getLogger(__name__)


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A position in a journal: its name and a sequence."""

    journal: str
    sequence: int

    def in_journal(self, name: str, head: int) -> int:
        """
        Return its sequence in a journal; 0 if that is a different or an older one.

        A journal restored from a backup has the name, but not all sequences.
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
    position: Position | None,
    write_more: Callable[[Connection], None] | None = None,
) -> None:
    """
    Replace the states of some sites and the position, if there is one, in one transaction;
    ``write_more`` writes further rows in it.
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
        if position is None:
            return
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
    """Return the position of the states; ``None`` if there is none."""
    wanted = select(POSITIONS.c.journal, POSITIONS.c.sequence).where(
        POSITIONS.c.consumer == consumer
    )
    with engine.connect() as connection:
        row = connection.execute(wanted).mappings().first()
    return None if row is None else Position(**row)
