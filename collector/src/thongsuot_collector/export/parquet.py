"""
Writing Parquet: flat tables, a row group at a time, plain pages compressed by zstd.

By hand, because that is all an export needs: pyarrow would be 165 MB on the collector's disk, and
DuckDB 66 (2026-11). A test reads what is written with a reader that is not ours.

Source: Apache Parquet format 2.x, ``parquet.thrift`` and "Encodings" (PLAIN; RLE for definition
levels, in pages of version 1).
"""

import struct
from collections.abc import Sequence
from itertools import groupby
from typing import BinaryIO

import zstandard

from thongsuot_collector.export import thrift
from thongsuot_collector.export.column import ColumnType, ExportColumn, Row, Value

_MAGIC = b"PAR1"
_DATA_PAGE = 0
_PLAIN, _RLE = 0, 3
_ZSTD = 6
_OPTIONAL = 1
_INT64, _DOUBLE, _BYTE_ARRAY = 2, 5, 6
_TYPES = {
    ColumnType.TEXT: _BYTE_ARRAY,
    ColumnType.WHOLE: _INT64,
    ColumnType.NUMBER: _DOUBLE,
    ColumnType.MOMENT: _INT64,
}
_UTF8, _TIMESTAMP_MILLIS = 0, 9

_GROUP_ROWS = 100_000
"""Rows of a group: some 60 MB in memory while they gather, one or two on the disk."""


class ParquetWriter:
    """Writes rows to a file that it does not close; ``close`` writes what has to stand last."""

    def __init__(self, file: BinaryIO, columns: Sequence[ExportColumn]) -> None:
        self._file = file
        self._columns = columns
        self._rows: list[Row] = []
        self._groups: list[bytes] = []
        self._count = 0
        self._at = 0
        self._compressor = zstandard.ZstdCompressor(level=3)
        self._write(_MAGIC)

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows, each with a value for each column."""
        self._rows += rows
        while len(self._rows) >= _GROUP_ROWS:
            self._group(self._rows[:_GROUP_ROWS])
            del self._rows[:_GROUP_ROWS]

    def close(self) -> None:
        """Write the rest, and the foot."""
        if self._rows:
            self._group(self._rows)
            self._rows = []
        schema = [
            thrift.struct(thrift.text(4, "results"), thrift.i32(5, len(self._columns))),
            *map(_schema_of, self._columns),
        ]
        foot = thrift.struct(
            thrift.i32(1, 1),
            thrift.structs(2, schema),
            thrift.i64(3, self._count),
            thrift.structs(4, self._groups),
            thrift.text(6, "thongsuot-collector"),
        )
        self._write(foot + struct.pack("<I", len(foot)) + _MAGIC)

    def _group(self, rows: Sequence[Row]) -> None:
        chunks = [
            self._chunk(column, values)
            for column, values in zip(self._columns, zip(*rows, strict=True), strict=True)
        ]
        self._count += len(rows)
        self._groups.append(
            thrift.struct(
                thrift.structs(1, [about for about, _ in chunks]),
                thrift.i64(2, sum(size_bytes for _, size_bytes in chunks)),
                thrift.i64(3, len(rows)),
            )
        )

    def _chunk(self, column: ExportColumn, values: Sequence[Value]) -> tuple[bytes, int]:
        """
        Write one column of a group as one page; return what the foot says of it, and its size.
        """
        levels = _levels(values)
        page = struct.pack("<I", len(levels)) + levels + _plain(column.holds, values)
        packed = self._compressor.compress(page)
        head = thrift.struct(
            thrift.i32(1, _DATA_PAGE),
            thrift.i32(2, len(page)),
            thrift.i32(3, len(packed)),
            thrift.inner(
                5,
                thrift.i32(1, len(values)),
                thrift.i32(2, _PLAIN),
                thrift.i32(3, _RLE),
                thrift.i32(4, _RLE),
            ),
        )
        page_at = self._at
        self._write(head + packed)
        about = thrift.inner(
            3,
            thrift.i32(1, _TYPES[column.holds]),
            thrift.numbers(2, (_PLAIN, _RLE)),
            thrift.texts(3, (column.name,)),
            thrift.i32(4, _ZSTD),
            thrift.i64(5, len(values)),
            thrift.i64(6, len(head) + len(page)),
            thrift.i64(7, len(head) + len(packed)),
            thrift.i64(9, page_at),
        )
        return thrift.struct(thrift.i64(2, page_at), about), len(head) + len(page)

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._at += len(data)


def _schema_of(column: ExportColumn) -> bytes:
    fields = [
        thrift.i32(1, _TYPES[column.holds]),
        thrift.i32(3, _OPTIONAL),
        thrift.text(4, column.name),
    ]
    if column.holds is ColumnType.TEXT:
        fields += (thrift.i32(6, _UTF8), thrift.inner(10, thrift.inner(1)))
    elif column.holds is ColumnType.MOMENT:
        milliseconds = thrift.inner(
            8, thrift.truth(1, value=True), thrift.inner(2, thrift.inner(1))
        )
        fields += (thrift.i32(6, _TIMESTAMP_MILLIS), thrift.inner(10, milliseconds))
    return thrift.struct(*fields)


def _levels(values: Sequence[Value]) -> bytes:
    """Return which values are there, as runs: 1 there, 0 absent."""
    runs = groupby(value is not None for value in values)
    return b"".join(
        thrift.varint(sum(1 for _ in run) << 1) + (b"\x01" if there else b"\x00")
        for there, run in runs
    )


def _plain(holds: ColumnType, values: Sequence[Value]) -> bytes:
    there = [value for value in values if value is not None]
    if holds is ColumnType.TEXT:
        encoded = [str(value).encode() for value in there]
        return b"".join([part for one in encoded for part in (_length(len(one)), one)])
    return struct.pack(f"<{len(there)}{'d' if holds is ColumnType.NUMBER else 'q'}", *there)


_length = struct.Struct("<I").pack
