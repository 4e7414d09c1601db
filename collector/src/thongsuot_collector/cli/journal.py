"""``thongsuot-collector journal``, ``verify``, ``dead-letters``: the stored record."""

import argparse
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from thongsuot_collector.app.durable import JOURNAL_FILE, STORE_FILE
from thongsuot_collector.cli import (
    accept_loss,
    accept_record,
    account,
    evidence,
    record_lines,
    tables,
)
from thongsuot_collector.cli.command import (
    EXIT_FAILED,
    CommandFailed,
    Commands,
    check_user,
    opened_journal,
    opened_store,
    print_error,
)
from thongsuot_collector.cli.record_reports import (
    DeadLetterReport,
    EvidenceReport,
    JournalReport,
    VerificationReport,
    dead_letter_report,
    journal_report,
)
from thongsuot_collector.cli.results import print_result
from thongsuot_collector.config.read import Configuration, read_configuration
from thongsuot_collector.journal.sqlite_tables import open_or_recover
from thongsuot_collector.journal.view import JournalView
from thongsuot_collector.notify.render.document import IncidentDocument
from thongsuot_collector.store import dead_letters
from thongsuot_collector.store.folder_lock import lock_folder
from thongsuot_collector.store.progress import reporting
from thongsuot_collector.store.sqlite_integrity import FileDamage, find_damage
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.suggestions import suggested


class CopiedJournal(msgspec.Struct, frozen=True, kw_only=True):
    """A journal copied into a database; ``was_damaged``: its file could not be read completely."""

    database: str
    entries: int
    last_sequence: int
    was_damaged: bool


class RetriedLetters(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of the dead letters that are retried, and of those that do not exist."""

    retried: list[int]
    unknown: list[int]


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    journal = commands.group("journal", localized(Text("collector.cli.journal")))
    journal.add_result(
        "status", _status, localized(Text("collector.cli.journal.status")), JournalReport
    )
    journal.add_result("copy", _copy, localized(Text("collector.cli.journal.copy")), CopiedJournal)
    verify = commands.add_result(
        "verify",
        _verify,
        localized(Text("collector.cli.verify")),
        VerificationReport | EvidenceReport,
    )
    verify.add_argument(
        "site", nargs="?", default="", help=localized(Text("collector.cli.any.site"))
    )
    verify.add_argument(
        "--evidence",
        type=Path,
        metavar="FILE",
        help=localized(Text("collector.cli.verify.evidence")),
    )
    letters = commands.group("dead-letters", localized(Text("collector.cli.dead_letters")))
    letters.add_list(
        "list",
        _list,
        localized(Text("collector.cli.dead_letters.list")),
        tables.DEAD_LETTERS_HEAD,
    )
    retry = letters.add_result(
        "retry", _retry, localized(Text("collector.cli.dead_letters.retry")), RetriedLetters
    )
    retry.add_argument("id", type=int, nargs="*")
    retry.add_argument(
        "--site", default="", help=localized(Text("collector.cli.dead_letters.retry.site"))
    )
    retry.add_argument(
        "--consumer",
        default="",
        help=localized(Text("collector.cli.dead_letters.retry.consumer")),
    )
    show = letters.add_result(
        "show", _show, localized(Text("collector.cli.dead_letters.show")), DeadLetterReport
    )
    show.add_argument("id", type=int)
    show.add_argument(
        "--body",
        type=Path,
        metavar="FILE",
        help=localized(Text("collector.cli.dead_letters.show.body")),
    )


def _status(options: argparse.Namespace) -> int:
    with opened_journal(read_configuration(options.config)) as journal:
        extent, cursors, lost = journal.extent(), journal.cursors(), journal.damage().lost
    lines = (tables.journal_table(extent, cursors), *map(record_lines.lost_line, lost))
    print_result(options, journal_report(extent, cursors, lost), lines)
    return 0


def _copy(options: argparse.Namespace) -> int:
    from thongsuot_collector.journal.postgres_copy import (  # noqa: PLC0415 - the driver
        copy_journal,
    )

    configuration = read_configuration(options.config)
    shared, path = configuration.settings.journal, configuration.state_dir / JOURNAL_FILE
    if not shared.url:
        raise CommandFailed(Text("collector.cli.error.no_journal_url", file=str(options.config)))
    check_user(path)
    if not path.exists():
        raise CommandFailed(Text("collector.cli.error.no_journal_file", path=str(path)))
    with lock_folder(configuration.state_dir):
        was_damaged = open_or_recover(path) is not None
        if was_damaged:
            print(localized(Text("collector.cli.said.journal_was_damaged")), file=sys.stderr)
        copied = copy_journal(path, shared.database)
    result = CopiedJournal(
        database=shared.database.shown,
        entries=copied.entries,
        last_sequence=copied.head,
        was_damaged=was_damaged,
    )
    text = Text(
        "collector.cli.said.journal_copied",
        database=result.database,
        entries=copied.entries,
        head=copied.head,
        path=str(path),
    )
    print_result(options, result, [localized(text)])
    return 0


def _verify(options: argparse.Namespace) -> int:
    configuration = read_configuration(options.config)
    # Findings for people are printed at once, because a long record takes minutes.
    say = _say_nothing if options.json else print
    report: EvidenceReport | VerificationReport
    if options.evidence is not None:
        document = evidence.read_incident_document(options.evidence)
        with opened_journal(configuration) as journal:
            report = _verified_evidence(journal, document, say)
    elif damaged := _damaged_files(configuration):
        for damage in damaged:
            say(record_lines.damaged_line(damage))
        print_error(Text("collector.cli.error.verify_damaged"))
        report = VerificationReport(is_intact=False, damaged=damaged)
    else:
        with opened_journal(configuration) as journal:
            report = _verified_record(configuration, journal, options.site, say)
    if options.json:
        print_result(options, report)
    return 0 if report.is_intact else EXIT_FAILED


def _say_nothing(_line: str) -> None:
    """Print nothing: the whole report comes at the end."""


def _damaged_files(configuration: Configuration) -> list[FileDamage]:
    """Read every page of journal and store, before one of them is opened for writing."""
    settings, state_dir = configuration.settings, configuration.state_dir
    kept = (settings.journal, JOURNAL_FILE), (settings.store, STORE_FILE)
    files = [state_dir / file for shared, file in kept if not shared.url]
    checked = (_checked_file(path) for path in files if path.exists())
    return [damage for damage in checked if damage is not None]


def _checked_file(path: Path) -> FileDamage | None:
    check_user(path)
    began_s = time.monotonic()

    def report() -> None:
        text = Text(
            "collector.cli.said.checking",
            file=path.name,
            whole=f"{path.stat().st_size / 1e6:.0f}",
            seconds=f"{time.monotonic() - began_s:.0f}",
        )
        print(localized(text), file=sys.stderr)

    try:
        with reporting(report):
            return find_damage(path)
    except sqlite3.DatabaseError as error:
        unchecked = Text("collector.cli.error.file_unchecked", path=str(path), why=str(error))
        raise CommandFailed(unchecked) from error


def _verified_evidence(
    journal: JournalView, document: IncidentDocument, say: Callable[[str], None]
) -> EvidenceReport:
    report = EvidenceReport()
    for check in evidence.compare_evidence(journal, document):
        say(record_lines.evidence_line(check))
        report.batches.append(check)
        report.is_intact = report.is_intact and check.is_intact is not False
    return report


def _verified_record(
    configuration: Configuration, journal: JournalView, site: str, say: Callable[[str], None]
) -> VerificationReport:
    report = VerificationReport(accepted=accept_loss.accepted_losses(configuration, site))
    for loss in report.accepted:
        say(accept_loss.accepted_line(loss))
    report.accepted_entries, report.accepted_flaws = accept_record.on_record(configuration, site)
    for line in map(accept_record.accepted_entries_line, report.accepted_entries):
        say(line)
    for line in map(accept_record.accepted_flaw_line, report.accepted_flaws):
        say(line)
    for part in journal.damage().lost:
        if site in {"", part.site} or not part.site:
            say(record_lines.lost_line(part))
            report.lost.append(part)
            report.is_intact = report.is_intact and accept_loss.is_accepted(part, report.accepted)
    for stream in accept_record.streams_of(configuration, journal, site, report.accepted_flaws):
        say(record_lines.stream_lines(stream))
        report.streams.append(stream)
        report.is_intact = report.is_intact and stream.is_intact
    for missing in account.missing_batches(configuration, journal, site):
        say(record_lines.missing_line(missing))
        report.missing.append(missing)
    for undelivered in account.undelivered_entries(configuration, journal):
        say(record_lines.undelivered_line(undelivered))
        report.undelivered.append(undelivered)
    report.is_intact = report.is_intact and not (report.missing or report.undelivered)
    if site and not (report.streams or report.missing or report.lost):
        near = suggested(site, sorted({known for known, _ in journal.kept()}))
        raise CommandFailed(Text("collector.cli.error.no_batch", name=site, near=near))
    return report


def _list(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        tables.print_table(tables.dead_letters_table(dead_letters.listed(store)), options)
    return 0


def _retry(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        asked = dead_letters.request_retry(
            store, options.id, site=options.site, consumer=options.consumer
        )
    unknown = set(options.id) - set(asked)
    result = RetriedLetters(retried=sorted(asked), unknown=sorted(unknown))
    text = Text("collector.cli.said.letters_retried", count=len(asked))
    print_result(options, result, [localized(text)])
    if unknown:
        names = ", ".join(map(str, result.unknown))
        print_error(Text("collector.cli.error.no_dead_letters", names=names))
    return EXIT_FAILED if unknown else 0


def _show(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        letter = dead_letters.get(store, options.id)
    if letter is None:
        raise CommandFailed(Text("collector.cli.error.no_dead_letter", id=options.id))
    print_result(options, dead_letter_report(letter), [tables.dead_letter_text(letter)])
    if options.body is not None:
        options.body.write_bytes(letter.body)
    return 0
