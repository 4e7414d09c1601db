"""Commissioning runs in the store: the steps of each, as reported by the site's device."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import (
    Connection,
    Engine,
    delete,
    insert,
    select,
    update,
)

from thongsuot_collector.store.site_tables import COMMISSIONING_RUNS
from thongsuot_schema.commissioning.events import DatedEvent

EVENTS_KEPT = 500
"""Steps of one run; a correct one with four links has some thirty. The oldest are kept."""

RUNS_KEPT = 50
"""Runs of one site, the newest."""

_DECODER = msgspec.msgpack.Decoder(list[DatedEvent])


def add_events(engine: Engine, site: str, events: Iterable[DatedEvent]) -> list[DatedEvent]:
    """Store steps of a site's runs, each once; return those of the site's newest run."""
    by_run: dict[str, list[DatedEvent]] = {}
    for dated in events:
        by_run.setdefault(dated.event.run, []).append(dated)
    # Excess runs are not written at all: one batch can name a thousand of them.
    newest = sorted(by_run, key=lambda run: min(by_run[run]), reverse=True)[:RUNS_KEPT]
    with engine.begin() as connection:
        for run in newest:
            _merge(connection, site, run, by_run[run])
        old = (
            select(COMMISSIONING_RUNS.c.run)
            .where(COMMISSIONING_RUNS.c.site == site)
            .order_by(COMMISSIONING_RUNS.c.begun_ns.desc())
            .offset(RUNS_KEPT)
        )
        names = [row.run for row in connection.execute(old)]
        if names:
            connection.execute(
                delete(COMMISSIONING_RUNS).where(
                    COMMISSIONING_RUNS.c.site == site, COMMISSIONING_RUNS.c.run.in_(names)
                )
            )
        body = connection.execute(
            select(COMMISSIONING_RUNS.c.body)
            .where(COMMISSIONING_RUNS.c.site == site)
            .order_by(COMMISSIONING_RUNS.c.begun_ns.desc())
            .limit(1)
        ).scalar()
    return [] if body is None else _DECODER.decode(body)


def runs_of(engine: Engine, site: str) -> list[list[DatedEvent]]:
    """Return the steps of each run of a site, the newest run first."""
    wanted = (
        select(COMMISSIONING_RUNS.c.body)
        .where(COMMISSIONING_RUNS.c.site == site)
        .order_by(COMMISSIONING_RUNS.c.begun_ns.desc())
    )
    with engine.connect() as connection:
        return [_DECODER.decode(row.body) for row in connection.execute(wanted)]


def newest_runs(engine: Engine) -> dict[str, list[DatedEvent]]:
    """Return the steps of the newest run of each site."""
    wanted = select(COMMISSIONING_RUNS.c.site, COMMISSIONING_RUNS.c.body).order_by(
        COMMISSIONING_RUNS.c.begun_ns
    )
    with engine.connect() as connection:
        return {row.site: _DECODER.decode(row.body) for row in connection.execute(wanted)}


def _merge(connection: Connection, site: str, run: str, added: list[DatedEvent]) -> None:
    is_run = (COMMISSIONING_RUNS.c.site == site, COMMISSIONING_RUNS.c.run == run)
    body = connection.execute(select(COMMISSIONING_RUNS.c.body).where(*is_run)).scalar()
    before = [] if body is None else _DECODER.decode(body)
    merged = sorted({*before, *added})[:EVENTS_KEPT]
    values = {"begun_ns": merged[0].at_ns, "body": msgspec.msgpack.encode(merged)}
    if body is None:
        connection.execute(insert(COMMISSIONING_RUNS).values(site=site, run=run, **values))
    else:
        connection.execute(update(COMMISSIONING_RUNS).where(*is_run).values(**values))
