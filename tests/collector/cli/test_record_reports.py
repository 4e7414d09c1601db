"""What programs read of the record: nothing where nothing is, days and times by ISO 8601."""

from datetime import UTC, datetime

from thongsuot_collector.accounts.overview import SiteTotal
from thongsuot_collector.accounts.site_account import DayAccount, SinkLine
from thongsuot_collector.accounts.stream_account import SILENT, BatchFate
from thongsuot_collector.cli.record_reports import (
    city_account_report,
    dead_letter_report,
    journal_report,
    site_account_report,
)
from thongsuot_collector.journal.journal import Cursor, Extent
from thongsuot_collector.store.dead_letters import DeadLetter

NOON = datetime(2026, 12, 1, 5, tzinfo=UTC)
NOON_NS = int(NOON.timestamp()) * 10**9


def test_an_empty_journal_has_no_times_and_no_entries() -> None:
    empty = Extent(head=9, tail=0, tail_received_ns=0, head_received_ns=0, size_bytes=0)
    report = journal_report(empty, {"state": Cursor(sequence=7, lost=2)}, ())
    assert (report.entries, report.oldest, report.newest) == (0, None, None)
    (consumer,) = report.consumers
    assert (consumer.behind, consumer.lost) == (2, 2)
    kept = Extent(head=9, tail=5, tail_received_ns=NOON_NS, head_received_ns=NOON_NS, size_bytes=1)
    report = journal_report(kept, {}, ())
    assert (report.entries, report.oldest) == (5, NOON), "both ends are kept"


def test_an_account_closes_while_nothing_is_gone_in_silence() -> None:
    whole, gone = {BatchFate.KEPT: 3}, {BatchFate.KEPT: 1, next(iter(SILENT)): 1}
    totals = [SiteTotal(site=site, fates=fates) for site, fates in (("a", whole), ("b", gone))]
    report = city_account_report(totals, ())
    assert [(site.site, site.made, site.closes) for site in report.sites] == [
        ("a", 3, True),
        ("b", 2, False),
    ]
    skipped = SinkLine(sink="prometheus", delivered=2, skipped=1)
    day = DayAccount(site="a", day=20_788, made=3, fates=whole, arrived=3, sinks=(skipped,))
    (told,) = site_account_report("a", [day]).days
    assert (told.day, told.arrived, told.closes) == ("2026-12-01", 3, False)


def test_a_dead_letter_outside_the_journal_has_no_sequence() -> None:
    letter = DeadLetter(
        site="a",
        stream="s",
        number=4,
        consumer="ingest",
        sequence=0,
        error="why\n",
        body=b"xyz",
        at_ns=NOON_NS,
        id=1,
    )
    report = dead_letter_report(letter)
    assert (report.sequence, report.at, report.error) == (None, NOON, "why")
    assert report.body_bytes == 3
