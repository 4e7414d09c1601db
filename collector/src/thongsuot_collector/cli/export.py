"""``thongsuot-collector export``: raw results of a period into a file."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from thongsuot_collector.cli.command import (
    EXIT_FAILED,
    CommandFailed,
    Commands,
    UsageError,
    configured,
    opened_journal,
    print_error,
)
from thongsuot_collector.export.column import COLUMNS, ExportColumn, Row
from thongsuot_collector.export.csv import CsvWriter
from thongsuot_collector.export.rows import ExportQuery, ExportTally, export_rows
from thongsuot_collector.journal.view import JournalView
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.dates import VIETNAM
from thongsuot_schema.words.language import Text


class TableWriter(Protocol):
    """Writes a table in some format."""

    def write(self, rows: list[Row]) -> None:
        """Add rows."""

    def close(self) -> None:
        """Write the end of the file, which stays open."""


OpenWriter = Callable[[BinaryIO, Sequence[ExportColumn]], TableWriter]


def _parquet_writer() -> OpenWriter:
    """
    Return the writer of Parquet; its library is only loaded for this format.

    Raises:
        CommandFailed: the library is not installed.
    """
    try:
        from thongsuot_collector.export.parquet import ParquetWriter  # noqa: PLC0415 - 56 MB
    except ModuleNotFoundError as error:
        if error.name != "pyarrow":
            raise
        raise CommandFailed(Text("collector.cli.error.no_parquet")) from error
    return ParquetWriter


_WRITERS: Mapping[str, Callable[[], OpenWriter]] = {
    "parquet": _parquet_writer,
    "csv": lambda: CsvWriter,
}


def add_commands(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add("export", _export, localized(Text("collector.cli.export")))
    when = localized(Text("collector.cli.export.from"))
    parser.add_argument("--from", dest="start", required=True, metavar="TIME", help=when)
    parser.add_argument(
        "--to",
        dest="end",
        metavar="TIME",
        default="",
        help=localized(Text("collector.cli.export.to")),
    )
    parser.add_argument(
        "--site", default="", metavar="NAME", help=localized(Text("collector.cli.any.site"))
    )
    parser.add_argument("--format", choices=tuple(_WRITERS), default="parquet")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help=localized(Text("collector.cli.export.out")),
    )


def _export(options: argparse.Namespace) -> int:
    """
    Write a file; return the exit status.

    The file gets its name when it is complete. 1: parts of the journal could not be read, and are
    listed; the rest is in the file.
    """
    configuration, directory = configured(options)
    query = _query_from(options)
    # Before a file is begun: a dependency may not be installed.
    open_writer = _WRITERS[options.format]()
    tally = ExportTally()
    with opened_journal(configuration) as journal:

        def write(file: BinaryIO) -> None:
            writer = open_writer(file, COLUMNS)
            for rows in export_rows(journal, query, directory.labels_of, tally):
                writer.write(rows)
            writer.close()

        if str(options.out) == "-":
            write(sys.stdout.buffer)
        else:
            part = options.out.with_name(options.out.name + ".part")
            with part.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(options.out)
        _warn_of_trimmed(journal, query)
    written = Text("collector.cli.said.rows_written", rows=tally.rows, file=str(options.out))
    print(localized(written), file=sys.stderr)
    for why in tally.undecodable:
        print_error(Text("collector.cli.said.cannot_read_batch", why=why))
    return EXIT_FAILED if tally.undecodable else 0


def _query_from(options: argparse.Namespace) -> ExportQuery:
    try:
        start_ms = moment_ms(options.start)
        end_ms = moment_ms(options.end) if options.end else time.time_ns() // 1_000_000
    except ValueError as error:
        raise UsageError(str(error)) from error
    if end_ms <= start_ms:
        raise UsageError(
            Text("collector.cli.error.not_after", start=options.start, end=options.end or "now")
        )
    return ExportQuery(from_ms=start_ms, until_ms=end_ms, site=options.site)


def moment_ms(text: str) -> int:
    """
    Parse a moment; return Unix time in ms.

    Raises:
        ValueError: the text is not a moment; the message is for a person.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no time such as 2026-11-01T08:00") from error
    if when.tzinfo is None:
        when = when.replace(tzinfo=VIETNAM)
    return round(when.timestamp() * 1000)


def _warn_of_trimmed(journal: JournalView, query: ExportQuery) -> None:
    tail_ms = journal.extent().tail_received_ns // 1_000_000
    if journal.trimmed() and query.from_ms < tail_ms:
        since = datetime.fromtimestamp(tail_ms / 1000, VIETNAM).isoformat(timespec="seconds")
        text = f"the journal begins at {since}; older results are not in the file"
        print_error(text)
