"""
What a person has accepted of the record beside lost batches: entries that a sink will never
receive, and flaws of stored batches.
"""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Engine, insert, select

from thongsuot_collector.store import audit
from thongsuot_collector.store.acceptance_tables import (
    FLAW_ACCEPTANCES,
    SINK_ACCEPTANCE_DAYS,
    SINK_ACCEPTANCES,
)
from thongsuot_collector.store.audit import AuditAction
from thongsuot_schema.localizable import Localizable


class LostOfDay(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of a site that arrived on a day (see ``day_of``), and that a sink has lost."""

    day: int
    site: str
    lost: int


class AcceptedEntries(msgspec.Struct, frozen=True, kw_only=True):
    """
    Entries that a sink will never receive: ``lost`` before it read them, and ``skipped`` by it.

    They are of the journal with this name: another one counts from the start. ``days`` has the lost
    ones by day and site, as far as it is known.
    """

    sink: str
    journal: str
    lost: int
    skipped: int
    by: str
    reason: str
    at_ns: int
    days: tuple[LostOfDay, ...] = ()


class AcceptedFlaw(msgspec.Struct, frozen=True, kw_only=True):
    """A flaw of a stored batch (see ``BatchFlaw``) that a person has accepted."""

    site: str
    stream: str
    number: int
    evidence: str
    text: str
    by: str
    reason: str
    at_ns: int

    @property
    def sentence(self) -> str:
        """The flaw as a sentence that other languages know, unless it has values in it."""
        return self.text if "{" in self.text else Localizable(self.text)


class AcceptedAtSink(msgspec.Struct, frozen=True, kw_only=True):
    """The sum of what was accepted of one sink; ``days`` are lost entries by day and site."""

    lost: int = 0
    skipped: int = 0
    days: Mapping[tuple[int, str], int] = {}


def accept_entries(engine: Engine, accepted: AcceptedEntries) -> None:
    """Store that a sink will never receive some entries, with a line in the audit log."""
    with engine.begin() as connection:
        _insert_entries(connection, accepted)
        detail = (
            f"{accepted.lost} entries lost before it read them, {accepted.skipped} passed over, "
            f"by {accepted.by}: {accepted.reason}"
        )
        audit.write(connection, AuditAction.LOSS_ACCEPTED, accepted.sink, detail=detail)


def _insert_entries(connection: Connection, accepted: AcceptedEntries) -> None:
    columns = msgspec.structs.asdict(accepted)
    days: tuple[LostOfDay, ...] = columns.pop("days")
    done = connection.execute(insert(SINK_ACCEPTANCES).values(columns))
    assert done.inserted_primary_key is not None, "the table numbers its rows"
    rows = [{"acceptance": done.inserted_primary_key[0], **msgspec.structs.asdict(d)} for d in days]
    if rows:
        connection.execute(insert(SINK_ACCEPTANCE_DAYS), rows)


def accept_flaws(engine: Engine, accepted: Sequence[AcceptedFlaw]) -> None:
    """Store accepted flaws, each with a line in the audit log."""
    with engine.begin() as connection:
        for flaw in accepted:
            connection.execute(insert(FLAW_ACCEPTANCES).values(msgspec.structs.asdict(flaw)))
            detail = f"{flaw.stream} {flaw.number} {flaw.text}, by {flaw.by}: {flaw.reason}"
            audit.write(connection, AuditAction.FLAW_ACCEPTED, flaw.site, detail=detail)


def entries(engine: Engine) -> list[AcceptedEntries]:
    """Return what was accepted of sinks, in order of acceptance."""
    with engine.connect() as connection:
        days: dict[int, list[LostOfDay]] = {}
        for row in connection.execute(select(SINK_ACCEPTANCE_DAYS)):
            of_day = LostOfDay(day=row.day, site=row.site, lost=row.lost)
            days.setdefault(row.acceptance, []).append(of_day)
        rows = connection.execute(select(SINK_ACCEPTANCES).order_by(SINK_ACCEPTANCES.c.id))
        names = [name for name in AcceptedEntries.__struct_fields__ if name != "days"]
        return [
            AcceptedEntries(
                **{name: row[name] for name in names}, days=tuple(days.get(row["id"], ()))
            )
            for row in rows.mappings()
        ]


def at_sinks(engine: Engine, journal: str) -> dict[str, AcceptedAtSink]:
    """Return the sums of what was accepted of a journal, by sink."""
    sums: dict[str, AcceptedAtSink] = {}
    for accepted in entries(engine):
        if accepted.journal != journal:
            continue
        before = sums.get(accepted.sink, AcceptedAtSink())
        days = dict(before.days)
        for part in accepted.days:
            days[part.day, part.site] = days.get((part.day, part.site), 0) + part.lost
        sums[accepted.sink] = AcceptedAtSink(
            lost=before.lost + accepted.lost, skipped=before.skipped + accepted.skipped, days=days
        )
    return sums


def flaws(engine: Engine, *, site: str = "") -> list[AcceptedFlaw]:
    """Return the accepted flaws of a site (empty: of all), in order of acceptance."""
    wanted = select(FLAW_ACCEPTANCES).order_by(FLAW_ACCEPTANCES.c.id)
    if site:
        wanted = wanted.where(FLAW_ACCEPTANCES.c.site == site)
    with engine.connect() as connection:
        return [
            AcceptedFlaw(**{name: row[name] for name in AcceptedFlaw.__struct_fields__})
            for row in connection.execute(wanted).mappings()
        ]
