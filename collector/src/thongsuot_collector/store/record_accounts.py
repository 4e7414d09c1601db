"""The accounts of streams, the number of batches by day, and the journal position of both."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Engine, delete, func, insert, or_, select

from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.sites import Position, put_position
from thongsuot_collector.store.tables import (
    RECORD_ACCEPTANCES,
    RECORD_ARRIVALS,
    RECORD_STREAMS,
)
from thongsuot_collector.store.upsert import upsert


class StreamRow(msgspec.Struct, frozen=True, kw_only=True):
    """The account of one stream: encoded, and its searchable columns."""

    site: str
    stream: str
    heard_ns: int
    made: int
    kept: int
    body: bytes


def put(
    engine: Engine,
    streams: Iterable[StreamRow],
    arrivals: Mapping[tuple[str, int], int],
    *,
    consumer: str,
    position: Position,
) -> None:
    """
    Replace the accounts of streams, add arrivals and advance the position, in one transaction.
    """
    rows = [msgspec.structs.asdict(stream) for stream in streams]
    with engine.begin() as connection:
        if rows:
            new = upsert(connection, RECORD_STREAMS)
            changed = {name: new.excluded[name] for name in ("heard_ns", "made", "kept", "body")}
            connection.execute(
                new.on_conflict_do_update(index_elements=["site", "stream"], set_=changed), rows
            )
        if arrivals:
            came = upsert(connection, RECORD_ARRIVALS)
            connection.execute(
                came.on_conflict_do_update(
                    index_elements=["site", "day"],
                    set_={"entries": RECORD_ARRIVALS.c.entries + came.excluded.entries},
                ),
                [
                    {"site": site, "day": day, "entries": count}
                    for (site, day), count in arrivals.items()
                ],
            )
        put_position(connection, consumer, position)


def streams(
    engine: Engine,
    *,
    site: str = "",
    heard_after_ns: int = 0,
    or_missing: bool = False,
    missing_only: bool = False,
) -> list[bytes]:
    """
    Return the encoded accounts of streams of a site (empty: of all), by site and age.

    ``or_missing``: also earlier ones with missing batches; ``missing_only``: only these.
    """
    is_missing = RECORD_STREAMS.c.made != RECORD_STREAMS.c.kept
    is_wanted = RECORD_STREAMS.c.heard_ns >= heard_after_ns
    wanted = select(RECORD_STREAMS.c.body).where(
        or_(is_wanted, is_missing) if or_missing else is_wanted
    )
    if site:
        wanted = wanted.where(RECORD_STREAMS.c.site == site)
    if missing_only:
        wanted = wanted.where(is_missing)
    ordered = wanted.order_by(RECORD_STREAMS.c.site, RECORD_STREAMS.c.heard_ns)
    with engine.connect() as connection:
        return [row.body for row in connection.execute(ordered)]


def stream(engine: Engine, site: str, name: str) -> bytes | None:
    """Return the encoded account of one stream."""
    wanted = select(RECORD_STREAMS.c.body).where(
        RECORD_STREAMS.c.site == site, RECORD_STREAMS.c.stream == name
    )
    with engine.connect() as connection:
        return connection.execute(wanted).scalar()


def made_and_kept(engine: Engine, *, heard_after_ns: int) -> dict[str, tuple[int, int]]:
    """Return the number of batches made by each site, and how many of those are stored."""
    made, kept = func.sum(RECORD_STREAMS.c.made), func.sum(RECORD_STREAMS.c.kept)
    wanted = (
        select(RECORD_STREAMS.c.site, made, kept)
        .where(RECORD_STREAMS.c.heard_ns >= heard_after_ns)
        .group_by(RECORD_STREAMS.c.site)
    )
    with engine.connect() as connection:
        return {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(wanted)}


def arrivals(engine: Engine, *, site: str = "", from_day: int = 0) -> dict[str, dict[int, int]]:
    """Return the number of batches received on each day from one on, by site (empty: of all)."""
    wanted = select(RECORD_ARRIVALS).where(RECORD_ARRIVALS.c.day >= from_day)
    if site:
        wanted = wanted.where(RECORD_ARRIVALS.c.site == site)
    by_site: dict[str, dict[int, int]] = {}
    with engine.connect() as connection:
        for row in connection.execute(wanted):
            by_site.setdefault(row.site, {})[row.day] = row.entries
    return by_site


class AcceptedLoss(msgspec.Struct, frozen=True, kw_only=True):
    """
    A loss that a person has accepted, with the person, the reason and the time.

    ``first`` to ``last`` are batches of a stream. Without ``site`` it is one ``LostRange`` without
    one, found at ``found_ns``: then they are its sequences, or ``forgotten`` is its table.
    """

    site: str
    stream: str
    first: int
    last: int
    by: str
    reason: str
    at_ns: int
    forgotten: str = ""
    found_ns: int = 0

    @property
    def of_damage(self) -> str:
        """What it is, if it is damage without a site."""
        return self.forgotten or (f"{self.first} to {self.last}" if self.last else "all")


def accept(engine: Engine, accepted: Sequence[AcceptedLoss]) -> None:
    """Store accepted losses, each with a line in the audit log."""
    with engine.begin() as connection:
        for part in accepted:
            connection.execute(insert(RECORD_ACCEPTANCES).values(msgspec.structs.asdict(part)))
            what = f"{part.stream} {part.first} to {part.last}" if part.site else part.of_damage
            detail = f"{what}, by {part.by}: {part.reason}"
            subject = part.site or "journal"
            audit.write(connection, AuditAction.LOSS_ACCEPTED, subject, detail=detail)


def acceptances(engine: Engine, *, site: str = "") -> list[AcceptedLoss]:
    """
    Return the accepted losses of a site (empty: of all) and those without one, in order of
    acceptance.
    """
    wanted = select(RECORD_ACCEPTANCES).order_by(RECORD_ACCEPTANCES.c.id)
    if site:
        wanted = wanted.where(RECORD_ACCEPTANCES.c.site.in_((site, "")))
    with engine.connect() as connection:
        return [
            AcceptedLoss(**{name: row[name] for name in AcceptedLoss.__struct_fields__})
            for row in connection.execute(wanted).mappings()
        ]


def forget(engine: Engine, *, heard_before_ns: int, before_day: int) -> None:
    """Delete accounts and arrivals that are not needed any more."""
    with engine.begin() as connection:
        connection.execute(
            delete(RECORD_STREAMS).where(RECORD_STREAMS.c.heard_ns < heard_before_ns)
        )
        connection.execute(delete(RECORD_ARRIVALS).where(RECORD_ARRIVALS.c.day < before_day))
