"""Snapshots of the sites' states, and their position in the journal."""

from collections.abc import Callable, Iterable

import msgspec
from sqlalchemy import Connection, Engine, select

from thongsuot_collector.store.tables import POSITIONS, SITES
from thongsuot_collector.store.upsert import upsert


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """
    A position in a journal: its name, a sequence, and the generation in which it was saved (empty:
    by an earlier version).
    """

    journal: str
    sequence: int
    generation: str = ""


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
        put_position(connection, consumer, position)


def put_position(connection: Connection, consumer: str, position: Position) -> None:
    """Replace the position of a consumer."""
    new = upsert(connection, POSITIONS)
    connection.execute(
        new.on_conflict_do_update(
            index_elements=["consumer"],
            set_={name: new.excluded[name] for name in Position.__struct_fields__},
        ),
        {"consumer": consumer} | msgspec.structs.asdict(position),
    )


def all_states(engine: Engine) -> list[tuple[str, bytes]]:
    """Return the states of all sites."""
    with engine.connect() as connection:
        return [(row.site, row.state) for row in connection.execute(select(SITES))]


def position(engine: Engine, consumer: str) -> Position | None:
    """Return the position of the states; ``None`` if there is none."""
    wanted = select(POSITIONS.c.journal, POSITIONS.c.sequence, POSITIONS.c.generation).where(
        POSITIONS.c.consumer == consumer
    )
    with engine.connect() as connection:
        row = connection.execute(wanted).mappings().first()
    return None if row is None else Position(**row)
