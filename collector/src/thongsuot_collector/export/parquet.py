"""
Writes Parquet: flat tables, one row group at a time, compressed by zstd.

pyarrow is the extra ``export``: 165 MB on the disk and 56 MB of memory, needed only by the command
that writes such a file (decision 0026).
"""

from collections.abc import Sequence
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet

from thongsuot_collector.export.column import ColumnType, ExportColumn, Row

_TYPES: dict[ColumnType, Any] = {
    ColumnType.TEXT: pa.string(),
    ColumnType.WHOLE: pa.int64(),
    ColumnType.NUMBER: pa.float64(),
    ColumnType.MOMENT: pa.timestamp("ms", tz="UTC"),
}

GROUP_ROWS = 100_000
"""Rows per group: about 60 MB in memory while it is collected, one or two on the disk."""


class ParquetWriter:
    """Writes rows to a file that it does not close; ``close`` writes the end of the file."""

    def __init__(
        self, file: BinaryIO, columns: Sequence[ExportColumn], *, group_rows: int = GROUP_ROWS
    ) -> None:
        self._schema: Any = pa.schema(
            [pa.field(column.name, _TYPES[column.holds]) for column in columns]
        )
        self._writer: Any = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._group_rows = group_rows
        self._rows: list[Row] = []

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows, each with a value for each column."""
        self._rows += rows
        while len(self._rows) >= self._group_rows:
            self._write_group(self._rows[: self._group_rows])
            del self._rows[: self._group_rows]

    def close(self) -> None:
        """Write the remaining rows, and the footer."""
        if self._rows:
            self._write_group(self._rows)
            self._rows = []
        self._writer.close()

    def _write_group(self, rows: Sequence[Row]) -> None:
        columns = [
            pa.array(values, type=field.type)
            for field, values in zip(self._schema, zip(*rows, strict=True), strict=True)
        ]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))
