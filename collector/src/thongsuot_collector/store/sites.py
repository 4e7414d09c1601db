"""Snapshots of the sites' states, and the place in the journal up to which they hold."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.dialects.sqlite import insert

from thongsuot_collector.store.tables import POSITIONS, SITES


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Up to which sequence of which journal something holds."""

    journal: str
    sequence: int


def put(
    engine: Engine, states: Iterable[tuple[str, bytes]], *, consumer: str, position: Position
) -> None:
    """Replace the states of some sites and the position, all in one act."""
    rows = [{"site": site, "state": state} for site, state in states]
    with engine.begin() as connection:
        if rows:
            new = insert(SITES)
            connection.execute(
                new.on_conflict_do_update(
                    index_elements=["site"], set_={"state": new.excluded.state}
                ),
                rows,
            )
        place = insert(POSITIONS).values(
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
