"""Switch-overs in the store: a site's state has a month of them, statements need all."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, Engine, select

from thongsuot_collector.store.site_tables import SWITCH_OVERS
from thongsuot_collector.store.snapshot import reading
from thongsuot_collector.store.upsert import upsert
from thongsuot_schema.counter_path import SwitchOver

_MS_PER_S = 1000


def add_switch_overs(connection: Connection, by_site: Mapping[str, Iterable[SwitchOver]]) -> None:
    """Add those that the store does not have; existing ones are unchanged."""
    values = [
        {
            "site": site,
            "at_ms": round(moved.at_s * _MS_PER_S),
            "from_link": moved.from_link,
            "to_link": moved.to_link,
            "took_ms": round(moved.took_s * _MS_PER_S),
        }
        for site, moves in by_site.items()
        for moved in moves
    ]
    if values:
        connection.execute(upsert(connection, SWITCH_OVERS).on_conflict_do_nothing(), values)


def has_switch_overs(engine: Engine) -> bool:
    """Return whether there are any: none in a store written by an older collector."""
    with engine.connect() as connection:
        return connection.execute(select(SWITCH_OVERS.c.site).limit(1)).first() is not None


def load_switch_overs(
    store: Engine | Connection, site: str, *, from_ms: int, until_ms: int
) -> list[SwitchOver]:
    """Return those of a site in a period (Unix ms), oldest first."""
    wanted = (
        select(SWITCH_OVERS)
        .where(
            SWITCH_OVERS.c.site == site,
            SWITCH_OVERS.c.at_ms >= from_ms,
            SWITCH_OVERS.c.at_ms < until_ms,
        )
        .order_by(SWITCH_OVERS.c.at_ms)
    )
    with reading(store) as connection:
        return [
            SwitchOver(
                at_s=row.at_ms / _MS_PER_S,
                from_link=row.from_link,
                to_link=row.to_link,
                took_s=row.took_ms / _MS_PER_S,
            )
            for row in connection.execute(wanted)
        ]
