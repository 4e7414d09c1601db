"""Reads and writes line rollups; those too old for any chart are deleted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Engine, delete, or_, select

from thongsuot_collector.state.line_rollups import Rollups, split_key
from thongsuot_collector.store.site_tables import LINE_ROLLUPS
from thongsuot_collector.store.upsert import upsert
from thongsuot_schema.line_rollup import COARSE_S, FINE_S, LENGTHS_S, LineRollup

KEPT_S: Mapping[int, int] = {FINE_S: 73 * 3600, COARSE_S: 32 * 86_400}
"""
How long rollups are kept, by their length: three days by five minutes, for the chart of the day and
for the time around an incident; a month by hours. Two links are 2,500 rows of 80 bytes a site.
"""

_AHEAD_S = 86_400
"""Rollups dated further ahead than this come from a wrong clock, and are dropped."""

_AT_ONCE = 400
"""Sites queried in one statement."""

_Row = tuple[str, str, int, int]


def add_rollups(
    connection: Connection, complete: Mapping[str, Rollups], *, now_s: float | None = None
) -> None:
    """
    Merge complete rollups, by site, into those of the same times in the store; with ``now_s``
    without those that would be deleted at once: a device may return with the record of a month.
    """
    added: dict[_Row, LineRollup] = {}
    for site, rollups in complete.items():
        for key, rollup in rollups.items():
            link, start_s = split_key(key)
            for length_s in LENGTHS_S:
                if now_s is not None and start_s < now_s - KEPT_S[length_s]:
                    continue
                row = (site, link, length_s, start_s // length_s * length_s)
                added.setdefault(row, LineRollup()).add(rollup)
    by_time: dict[tuple[int, int], set[str]] = {}
    for site, _, length_s, start_s in added:
        by_time.setdefault((length_s, start_s), set()).add(site)
    for (length_s, start_s), sites in by_time.items():
        for row, body in _stored_rollups(connection, length_s, start_s, sorted(sites)):
            if row in added:
                added[row].add(msgspec.msgpack.decode(body, type=LineRollup))
    values = [
        {
            "site": site,
            "link": link,
            "length_s": length_s,
            "start_s": start_s,
            "body": msgspec.msgpack.encode(rollup),
        }
        for (site, link, length_s, start_s), rollup in added.items()
    ]
    if values:
        new = upsert(connection, LINE_ROLLUPS)
        connection.execute(
            new.on_conflict_do_update(
                index_elements=["site", "link", "length_s", "start_s"],
                set_={"body": new.excluded.body},
            ),
            values,
        )


def _stored_rollups(
    connection: Connection, length_s: int, start_s: int, sites: Sequence[str]
) -> Iterator[tuple[_Row, bytes]]:
    """Yield the stored rollups of some sites at one time: one query for many, not one for each."""
    for at in range(0, len(sites), _AT_ONCE):
        wanted = select(LINE_ROLLUPS.c.site, LINE_ROLLUPS.c.link, LINE_ROLLUPS.c.body).where(
            LINE_ROLLUPS.c.site.in_(sites[at : at + _AT_ONCE]),
            LINE_ROLLUPS.c.length_s == length_s,
            LINE_ROLLUPS.c.start_s == start_s,
        )
        for row in connection.execute(wanted):
            yield (row.site, row.link, length_s, start_s), row.body


def forget_rollups(connection: Connection, now_s: float) -> None:
    """Delete rollups that no chart shows any more, and those in the future."""
    for length_s, kept_s in KEPT_S.items():
        connection.execute(
            delete(LINE_ROLLUPS).where(
                LINE_ROLLUPS.c.length_s == length_s,
                or_(
                    LINE_ROLLUPS.c.start_s < int(now_s) - kept_s,
                    LINE_ROLLUPS.c.start_s > int(now_s) + _AHEAD_S,
                ),
            )
        )


def load_rollups(
    engine: Engine, site: str, links: Iterable[str], *, length_s: int, from_s: int, until_s: int
) -> dict[str, list[tuple[int, LineRollup]]]:
    """Return the rollups of some links of a site, by link: with the start of each, in order."""
    loaded: dict[str, list[tuple[int, LineRollup]]] = {link: [] for link in links}
    wanted = (
        select(LINE_ROLLUPS.c.link, LINE_ROLLUPS.c.start_s, LINE_ROLLUPS.c.body)
        .where(
            LINE_ROLLUPS.c.site == site,
            LINE_ROLLUPS.c.link.in_(list(loaded)),
            LINE_ROLLUPS.c.length_s == length_s,
            LINE_ROLLUPS.c.start_s >= from_s,
            LINE_ROLLUPS.c.start_s < until_s,
        )
        .order_by(LINE_ROLLUPS.c.start_s)
    )
    with engine.connect() as connection:
        for row in connection.execute(wanted):
            loaded[row.link].append(
                (row.start_s, msgspec.msgpack.decode(row.body, type=LineRollup))
            )
    return loaded
