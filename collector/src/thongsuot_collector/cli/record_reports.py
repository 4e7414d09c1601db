"""The output of ``journal status``, ``account`` and ``verify`` with ``--json``, for programs."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

import msgspec

from thongsuot_collector.accounts.overview import SiteTotal
from thongsuot_collector.accounts.site_account import DayAccount, SinkLine, SinkProgress
from thongsuot_collector.accounts.stream_account import BatchFate
from thongsuot_collector.cli.evidence import EvidenceCheck
from thongsuot_collector.journal.hash_chain import StreamAudit
from thongsuot_collector.journal.journal import Cursor, Extent, LostRange
from thongsuot_collector.store.acceptances import AcceptedEntries, AcceptedFlaw
from thongsuot_collector.store.dead_letters import DeadLetter
from thongsuot_collector.store.record_accounts import AcceptedLoss
from thongsuot_collector.store.sqlite_integrity import FileDamage

_EPOCH = date(1970, 1, 1)


class MissingBatches(msgspec.Struct, frozen=True, kw_only=True):
    """Missing batches ``first`` to ``last`` of a stream, and the evidence."""

    site: str
    stream: str
    first: int
    last: int
    why: str


class UndeliveredEntries(msgspec.Struct, frozen=True, kw_only=True):
    """Entries that a sink will never receive, and the reason."""

    sink: str
    entries: int
    why: str


class ConsumerReport(msgspec.Struct, frozen=True, kw_only=True):
    """The position of one consumer of the journal."""

    name: str
    sequence: int
    behind: int
    lost: int


class JournalReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    The content of the journal; ``oldest`` and ``newest`` are the arrival times of those entries
    (UTC).
    """

    entries: int
    first_sequence: int
    last_sequence: int
    oldest: datetime | None
    newest: datetime | None
    size_bytes: int
    waits_for_standby: bool
    consumers: list[ConsumerReport]
    lost: list[LostRange]


class SiteReport(msgspec.Struct, frozen=True, kw_only=True):
    """All batches of a site within the time that the journal keeps, by their fate."""

    site: str
    made: int
    fates: Mapping[BatchFate, int]
    closes: bool


class DayReport(msgspec.Struct, frozen=True, kw_only=True):
    """One day of a site: the batches made on it, and the consumers of those that arrived on it."""

    day: str
    made: int
    fates: Mapping[BatchFate, int]
    closes: bool
    arrived: int
    sinks: tuple[SinkLine, ...]


class CityAccountReport(msgspec.Struct, frozen=True, kw_only=True, tag="city", tag_field="what"):
    """The record of all sites."""

    sites: list[SiteReport]
    sinks: list[SinkProgress]


class SiteAccountReport(msgspec.Struct, frozen=True, kw_only=True, tag="site", tag_field="what"):
    """The record of one site, the newest day first."""

    site: str
    days: list[DayReport]


class VerificationReport(msgspec.Struct, kw_only=True, tag="record", tag_field="what"):
    """
    The findings of ``verify`` about the record; filled as it runs.

    ``damaged`` are files with damaged pages: nothing else is looked at then.
    """

    is_intact: bool = True
    damaged: list[FileDamage] = msgspec.field(default_factory=list)
    accepted: list[AcceptedLoss] = msgspec.field(default_factory=list)
    accepted_entries: list[AcceptedEntries] = msgspec.field(default_factory=list)
    accepted_flaws: list[AcceptedFlaw] = msgspec.field(default_factory=list)
    lost: list[LostRange] = msgspec.field(default_factory=list)
    streams: list[StreamAudit] = msgspec.field(default_factory=list)
    missing: list[MissingBatches] = msgspec.field(default_factory=list)
    undelivered: list[UndeliveredEntries] = msgspec.field(default_factory=list)


class EvidenceReport(msgspec.Struct, kw_only=True, tag="evidence", tag_field="what"):
    """The findings of ``verify --evidence`` about the batches that an incident names."""

    is_intact: bool = True
    batches: list[EvidenceCheck] = msgspec.field(default_factory=list)


class DeadLetterReport(msgspec.Struct, frozen=True, kw_only=True):
    """One batch that a consumer failed to process; no ``sequence``: it is not in the journal."""

    id: int
    at: datetime | None
    consumer: str
    site: str
    stream: str
    number: int
    sequence: int | None
    body_bytes: int
    error: str


def journal_report(
    extent: Extent, cursors: Mapping[str, Cursor], lost: Iterable[LostRange]
) -> JournalReport:
    """Return the content of the journal and the position of each consumer."""
    return JournalReport(
        entries=extent.head - extent.tail + 1 if extent.tail else 0,
        first_sequence=extent.tail,
        last_sequence=extent.head,
        oldest=_moment(extent.tail_received_ns),
        newest=_moment(extent.head_received_ns),
        size_bytes=extent.size_bytes,
        waits_for_standby=extent.waits_for_standby,
        consumers=[
            ConsumerReport(
                name=name,
                sequence=cursor.sequence,
                behind=extent.head - cursor.sequence,
                lost=cursor.lost,
            )
            for name, cursor in cursors.items()
        ],
        lost=list(lost),
    )


def city_account_report(
    totals: Iterable[SiteTotal], sinks: Iterable[SinkProgress]
) -> CityAccountReport:
    """Return the location of the batches of all sites."""
    sites = [
        SiteReport(site=total.site, made=total.made, fates=total.fates, closes=not total.silent)
        for total in totals
    ]
    return CityAccountReport(sites=sites, sinks=list(sinks))


def site_account_report(site: str, days: Iterable[DayAccount]) -> SiteAccountReport:
    """Return the location of the batches of one site, day by day."""
    reports = [
        DayReport(
            day=day_text(day.day),
            made=day.made,
            fates=day.fates,
            closes=day.closes,
            arrived=day.arrived,
            sinks=day.sinks,
        )
        for day in days
    ]
    return SiteAccountReport(site=site, days=reports)


def day_text(day: int) -> str:
    """Return a day in ISO 8601."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def dead_letter_report(letter: DeadLetter) -> DeadLetterReport:
    """Return everything about one dead letter except its body."""
    return DeadLetterReport(
        id=letter.id,
        at=_moment(letter.at_ns),
        consumer=letter.consumer,
        site=letter.site,
        stream=letter.stream,
        number=letter.number,
        sequence=letter.sequence or None,
        body_bytes=len(letter.body),
        error=letter.error.strip(),
    )


def _moment(unix_ns: int) -> datetime | None:
    return datetime.fromtimestamp(unix_ns / 1e9, UTC) if unix_ns else None
