"""``thongsuot-collector export``: raw results of a period into a file."""

import argparse
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from thongsuot_collector.directory import InventoryDirectory
from thongsuot_collector.export.column import COLUMNS, ExportColumn, Row
from thongsuot_collector.export.csv import CsvWriter
from thongsuot_collector.export.parquet import ParquetWriter
from thongsuot_collector.export.rows import ExportQuery, ExportTally, export_rows
from thongsuot_collector.journal import sqlite_rows
from thongsuot_collector.journal.sqlite_tables import connect
from thongsuot_schema.words.dates import VIETNAM

EXIT_FAILED = 1
EXIT_WRONG = 2


class TableWriter(Protocol):
    """What writes a table."""

    def write(self, rows: list[Row]) -> None:
        """Add rows."""

    def close(self) -> None:
        """Write what has to stand last; the file itself stays open."""


_WRITERS: Mapping[str, Callable[[BinaryIO, Sequence[ExportColumn]], TableWriter]] = {
    "parquet": ParquetWriter,
    "csv": CsvWriter,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    when = "2026-11-01, or 2026-11-01T08:00 (in Vietnam, unless it ends in Z or an offset)"
    parser.add_argument("--from", dest="start", required=True, metavar="TIME", help=when)
    parser.add_argument(
        "--to", dest="end", metavar="TIME", default="", help="until before; default: now"
    )
    parser.add_argument("--site", default="", metavar="NAME", help="only this one")
    parser.add_argument("--format", choices=tuple(_WRITERS), default="parquet")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="- is the output")


def export(options: argparse.Namespace, journal: Path, directory: InventoryDirectory) -> int:
    """
    Write a file; return the exit status.

    The file gets its name when it is whole. 1: something in the journal could not be read, which is
    named; what could be is in the file.
    """
    try:
        start_ms = moment_ms(options.start)
        end_ms = moment_ms(options.end) if options.end else time.time_ns() // 1_000_000
    except ValueError as error:
        return _say(str(error), EXIT_WRONG)
    if end_ms <= start_ms:
        return _say(f"--to {options.end or 'now'} is not after --from {options.start}", EXIT_WRONG)
    if not journal.exists():
        return _say(f"there is no journal yet at {journal}", EXIT_FAILED)
    wanted = ExportQuery(from_ms=start_ms, until_ms=end_ms, site=options.site)
    found = ExportTally()
    with closing(connect(journal, writable=False)) as connection:
        if str(options.out) == "-":
            _write(sys.stdout.buffer, options.format, connection, wanted, directory, found)
        else:
            part = options.out.with_name(options.out.name + ".part")
            with part.open("wb") as file:
                _write(file, options.format, connection, wanted, directory, found)
                file.flush()
                os.fsync(file.fileno())
            part.replace(options.out)
        _warn_of_trimmed(connection, wanted)
    print(f"{found.rows} rows written to {options.out}", file=sys.stderr)
    for text in found.undigestible:
        _say(f"cannot read a batch, left out: {text}", EXIT_FAILED)
    return EXIT_FAILED if found.undigestible else 0


def moment_ms(text: str) -> int:
    """
    Return the moment that a text means, as Unix time in ms.

    Raises:
        ValueError: it means none; the message is for a person.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no time such as 2026-11-01T08:00") from error
    if when.tzinfo is None:
        when = when.replace(tzinfo=VIETNAM)
    return round(when.timestamp() * 1000)


def _write(  # noqa: PLR0917 - two kinds of file share it
    file: BinaryIO,
    kind: str,
    connection: sqlite3.Connection,
    wanted: ExportQuery,
    directory: InventoryDirectory,
    found: ExportTally,
) -> None:
    writer = _WRITERS[kind](file, COLUMNS)
    for some in export_rows(connection, wanted, directory.labels_of, found):
        writer.write(some)
    writer.close()


def _warn_of_trimmed(connection: sqlite3.Connection, wanted: ExportQuery) -> None:
    tail_ms = sqlite_rows.extent(connection).tail_received_ns // 1_000_000
    trimmed = connection.execute("SELECT EXISTS (SELECT 1 FROM trimmed)").fetchone()[0]
    if trimmed and wanted.from_ms < tail_ms:
        since = datetime.fromtimestamp(tail_ms / 1000, VIETNAM).isoformat(timespec="seconds")
        text = f"the journal holds what came in since {since}; older results are not in the file"
        print(f"thongsuot-collector: {text}", file=sys.stderr)


def _say(message: str, status: int) -> int:
    print(f"thongsuot-collector: {message}", file=sys.stderr)
    return status
