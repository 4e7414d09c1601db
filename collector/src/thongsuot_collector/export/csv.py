"""
Writes CSV (RFC 4180): times in UTC, absent values are empty.

Names of links and targets are as devices sent them, and the file is opened with a spreadsheet, too.
"""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import BinaryIO

from thongsuot_collector.export.column import ColumnType, ExportColumn, Row
from thongsuot_collector.queries.selection import spreadsheet_text


class CsvWriter:
    """Writes rows to a file that it does not close."""

    def __init__(self, file: BinaryIO, columns: Sequence[ExportColumn]) -> None:
        self._text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        self._writer = csv.writer(self._text)
        self._moments = [
            place for place, column in enumerate(columns) if column.holds is ColumnType.MOMENT
        ]
        self._writer.writerow([column.name for column in columns])

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows, each with a value for each column."""
        for row in rows:
            shown = [spreadsheet_text(cell) if isinstance(cell, str) else cell for cell in row]
            for place in self._moments:
                shown[place] = _moment(row[place])
            self._writer.writerow(shown)

    def close(self) -> None:
        """Write the remaining rows."""
        self._text.flush()
        self._text.detach()


def _moment(value: object) -> str | None:
    if value is None:
        return None
    assert isinstance(value, int)
    moment = datetime.fromtimestamp(value / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
