"""``thongsuot-collector account``: the location of every batch made by agents."""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Engine

from thongsuot_collector.accounts.consumer import gone_from
from thongsuot_collector.accounts.overview import (
    SiteTotal,
    accounts_in,
    sinks_with_accepted,
    site_days,
    site_totals,
)
from thongsuot_collector.accounts.site_account import DayAccount, SinkLine, SinkProgress
from thongsuot_collector.accounts.stream_account import SILENT, BatchFate, StreamAccount
from thongsuot_collector.cli.command import (
    CommandFailed,
    Commands,
    has_store,
    opened_journal,
    opened_store,
)
from thongsuot_collector.cli.record_reports import (
    CityAccountReport,
    MissingBatches,
    SiteAccountReport,
    UndeliveredEntries,
    city_account_report,
    day_text,
    site_account_report,
)
from thongsuot_collector.cli.results import print_result
from thongsuot_collector.cli.tables import localized_table
from thongsuot_collector.config.read import Configuration, read_configuration
from thongsuot_collector.journal import ranges
from thongsuot_collector.journal.journal import day_of
from thongsuot_collector.journal.ranges import Range
from thongsuot_collector.journal.view import JournalView
from thongsuot_collector.sinks.delivery.progress import progress_of_all
from thongsuot_collector.store import acceptances, record_accounts
from thongsuot_collector.store.acceptances import AcceptedAtSink
from thongsuot_runtime.terminal import localized
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.suggestions import suggested

_DAYS = 7
_DAY_NS = 86_400 * 10**9
_LAST_NUMBER = 1 << 62
_IN_COLUMNS = (BatchFate.KEPT, BatchFate.WAITING)

FATES = {
    BatchFate.NOT_REPORTED: Text("collector.cli.fate.not_reported"),
    BatchFate.REJECTED: Text("collector.cli.fate.rejected"),
    BatchFate.DROPPED: Text("collector.cli.fate.dropped"),
    BatchFate.REJECTED_DELETED: Text("collector.cli.fate.rejected_deleted"),
    BatchFate.UNREADABLE: Text("collector.cli.fate.unreadable"),
    BatchFate.POWER_CUT: Text("collector.cli.fate.power_cut"),
    BatchFate.JOURNAL_DAMAGED: Text("collector.cli.fate.journal_damaged"),
    BatchFate.JOURNAL_REPLACED: Text("collector.cli.fate.journal_replaced"),
    BatchFate.FORGOTTEN: Text("collector.cli.fate.forgotten"),
    BatchFate.UNEXPLAINED: Text("collector.cli.fate.unexplained"),
    BatchFate.ACCEPTED: Text("collector.cli.fate.accepted"),
}
"""The fate of a batch that is neither here nor on its device, for people."""


def add_commands(commands: Commands) -> None:
    """Add the command."""
    account = commands.add_result(
        "account",
        _account,
        localized(Text("collector.cli.account")),
        CityAccountReport | SiteAccountReport,
    )
    account.add_argument(
        "site", nargs="?", default="", help=localized(Text("collector.cli.account.site"))
    )
    account.add_argument(
        "--days", type=int, default=_DAYS, help=localized(Text("collector.cli.account.days"))
    )


def _account(options: argparse.Namespace) -> int:
    configuration = read_configuration(options.config)
    with (
        opened_journal(configuration) as journal,
        opened_store(configuration) as store,
    ):
        accepted = acceptances.at_sinks(store, journal.name())
        sinks = sinks_of(configuration, journal, accepted)
        if not options.site:
            totals = site_totals(store, from_ns=_window_ns(configuration))
            text = f"{totals_table(totals)}\n\n{sinks_table(sinks)}"
            print_result(options, city_account_report(totals, sinks), [text])
            return 0
        from_ns = time.time_ns() - options.days * _DAY_NS
        tallies = journal.tallies(from_day=day_of(from_ns), site=options.site)
        days = site_days(store, options.site, tallies, sinks, accepted=accepted, from_ns=from_ns)
        if not days:
            known = {total.site for total in site_totals(store, from_ns=_window_ns(configuration))}
            near = suggested(options.site, sorted(known - {options.site}))
            raise CommandFailed(
                Text(
                    "collector.cli.error.nothing_of_site",
                    name=options.site,
                    days=options.days,
                    near=near,
                )
            )
        print_result(options, site_account_report(options.site, days), [days_text(days)])
    return 0


def missing_batches(
    configuration: Configuration, journal: JournalView, site: str
) -> Iterator[MissingBatches]:
    """Yield the batches that are gone without an announcement, in ranges."""
    if not has_store(configuration):
        print(localized(Text("collector.cli.said.no_store")), file=sys.stderr)
        return
    with opened_store(configuration) as store:
        for account, (first, last), why in silent_losses(store, journal, site):
            yield MissingBatches(
                site=account.site, stream=account.stream, first=first, last=last, why=why
            )


def undelivered_entries(
    configuration: Configuration, journal: JournalView
) -> Iterator[UndeliveredEntries]:
    """
    Yield the entries that sinks have skipped, or lost before reading them, and nobody has accepted.
    """
    accepted: dict[str, AcceptedAtSink] = {}
    if has_store(configuration):
        with opened_store(configuration) as store:
            accepted = acceptances.at_sinks(store, journal.name())
    for sink in sinks_of(configuration, journal, accepted):
        if sink.lost:
            yield UndeliveredEntries(sink=sink.sink, entries=sink.lost, why=LOST_UNREAD)
        if sink.skipped:
            yield UndeliveredEntries(sink=sink.sink, entries=sink.skipped, why=PASSED_OVER)


def silent_losses(
    store: Engine, journal: JournalView, site: str
) -> Iterator[tuple[StreamAccount, Range, str]]:
    """
    Yield the batches that are lost without an announcement or acceptance, and the evidence for
    that.
    """
    # The accounts first: entries appended after that are in none of them.
    accounts = list(accounts_in(store, record_accounts.streams(store, site=site), site=site))
    for account in accounts:
        for part, fate in account.fates():
            if fate in SILENT:
                yield account, part, _SENTENCES[fate]
    for account, gone in gone_from(accounts, journal.kept()):
        for part in ranges.minus(gone, account.accepted):
            yield account, part, Localizable("was stored, but is not in the journal")


LOST_UNREAD = Localizable("lost before it read them")
PASSED_OVER = Localizable("passed over")
"""Why a sink will never receive an entry."""

_SENTENCES = {
    BatchFate.JOURNAL_DAMAGED: Localizable("was stored, lost to a broken disk of the collector"),
    BatchFate.JOURNAL_REPLACED: Localizable("was stored in another journal than the present one"),
    BatchFate.FORGOTTEN: Localizable(
        "was reported as waiting; the present device does not know it"
    ),
    BatchFate.UNEXPLAINED: Localizable("never arrived, and its device considers it delivered"),
}


def sinks_of(
    configuration: Configuration, journal: JournalView, accepted: Mapping[str, AcceptedAtSink]
) -> list[SinkProgress]:
    """
    Return the position of each sink in the settings, and of removed ones that lack entries;
    ``accepted`` is what persons have accepted, by sink.
    """
    names = {settings.name for _, settings in configuration.sinks}
    sinks = progress_of_all(names, journal.cursors(), journal.extent().head)
    if not accepted:
        return sinks
    return sinks_with_accepted(sinks, accepted, journal.tallies(from_day=0, lost_only=True))


def totals_table(totals: Iterable[SiteTotal]) -> str:
    """Return a table of sites: the sum of each line is the number of batches made."""
    rows = [
        (
            total.site,
            str(total.made),
            *(str(total.fates.get(fate, 0)) for fate in _IN_COLUMNS),
            _others(total.fates),
            "NO" if total.silent else "yes",
        )
        for total in totals
    ]
    return localized_table(("site", "made", "kept", "waiting", "not here, and why", "closes"), rows)


def sinks_table(sinks: Iterable[SinkProgress]) -> str:
    """Return a table of sinks, over all sites."""
    rows = [
        (
            sink.sink,
            *map(str, (sink.delivered, sink.behind, sink.dead_letters, sink.lost, sink.skipped)),
            str(sink.accepted),
        )
        for sink in sinks
    ]
    head = ("sink", "delivered", "waiting", "dead letters", "lost", "passed over", "accepted")
    return localized_table(head, rows)


def days_text(days: Iterable[DayAccount]) -> str:
    """
    Return two tables: the batches made on each day, and the consumers of those that arrived on it.
    """
    listed = list(days)
    made = [
        (
            day_text(day.day),
            str(day.made),
            *(str(day.fates.get(fate, 0)) for fate in _IN_COLUMNS),
            _others(day.fates),
            "yes" if day.closes else "NO",
        )
        for day in listed
    ]
    came = [
        (day_text(day.day), str(day.arrived), line.sink, *map(str, _numbers(line)))
        for day in listed
        for line in day.sinks
    ]
    head = ("day", "made", "kept", "waiting", "not here, and why", "closes")
    tables = [localized_table(head, made)]
    if came:
        columns = ("delivered", "waiting", "dead letters", "lost", "before it was set up")
        came_head = ("day", "came", "sink", *columns, "passed over", "accepted")
        tables.append(localized_table(came_head, came))
    return "\n\n".join(tables)


def _numbers(line: SinkLine) -> tuple[int, ...]:
    return (
        line.delivered,
        line.waiting,
        line.dead_letters,
        line.lost,
        line.earlier,
        line.skipped,
        line.accepted,
    )


def _others(fates: Mapping[BatchFate, int]) -> str:
    others = sorted((fate.value, count) for fate, count in fates.items() if fate not in _IN_COLUMNS)
    return (
        ", ".join(f"{count} {localized(FATES[BatchFate(fate)])}" for fate, count in others) or "-"
    )


def _window_ns(configuration: Configuration) -> int:
    return time.time_ns() - int(configuration.settings.journal.retention_s * 1e9)
