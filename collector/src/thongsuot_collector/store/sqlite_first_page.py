"""
The first page of a SQLite file, rebuilt if it is damaged.

It contains the header, and the schema with the first page of every table and index, or the
addresses of the pages with the schema. All other pages are usable again once they can be found.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

_HEADER_BYTES = 100
_MAGIC = b"SQLite format 3\0"
_TABLE_LEAF = 0x0D
_LEAF_HEADER_BYTES = 8
_COLUMNS = 5
_KINDS = frozenset({"table", "index", "view", "trigger"})


class SchemaRow(NamedTuple):
    """A row of ``sqlite_schema``."""

    type: str
    name: str
    tbl_name: str
    rootpage: int
    sql: str | None


class Header(NamedTuple):
    """The fields in the first 100 bytes of a file; 0 if they are not those of a database."""

    page_bytes: int
    size_bytes: int


def header_of(path: Path) -> Header:
    """Return the fields of a file's header."""
    with path.open("rb") as file:
        return _header_in(file.read(_HEADER_BYTES))


def give_first_page(path: Path, donor: bytes) -> None:
    """
    Replace the first page of a file by that of ``donor``, the bytes of another file whose tables
    begin on the same pages.
    """
    page_bytes = _header_in(donor).page_bytes
    _write_first_page(path, bytearray(donor[:page_bytes]))


def restore_schema(path: Path, donor: bytes) -> None:
    """
    Give a file a first page and a schema, from the remains of its own one on other pages.

    ``donor`` are the bytes of a new file of the same program. If all remaining rows are the same in
    it, it was created by the same steps, and the other rows are taken from it.

    Raises:
        sqlite3.DatabaseError: too little is left to find the begin of every table.
    """
    page_bytes = _header_in(donor).page_bytes
    rows = _complete(list(_rows_left(path, page_bytes)), _rows_of(donor))
    page = bytearray(donor[:_HEADER_BYTES]) + bytearray(page_bytes - _HEADER_BYTES)
    page[_HEADER_BYTES] = _TABLE_LEAF
    page[_HEADER_BYTES + 5 : _HEADER_BYTES + 7] = (page_bytes & 0xFFFF).to_bytes(2, "big")
    _write_first_page(path, page)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")


def _header_in(data: bytes) -> Header:
    if not data.startswith(_MAGIC):
        return Header(0, 0)
    page_bytes = int.from_bytes(data[16:18], "big")
    page_bytes = 65_536 if page_bytes == 1 else page_bytes
    return Header(page_bytes, int.from_bytes(data[28:32], "big") * page_bytes)


def _write_first_page(path: Path, page: bytearray) -> None:
    """Write a first page, with the file's own length in its header."""
    pages = -(-path.stat().st_size // len(page))
    page[28:32] = pages.to_bytes(4, "big")
    page[92:96] = page[24:28]  # the length is that of the last change
    page[32:40] = bytes(8)  # which pages are free is not known any more, and not needed
    with path.open("r+b") as file:
        file.write(page)
        file.truncate(pages * len(page))


def _complete(left: list[SchemaRow], wanted: list[SchemaRow]) -> list[SchemaRow]:
    """Return the complete schema of a file with some remaining rows."""
    begins = {(row.type, row.name): row.rootpage for row in left}
    if left and begins.items() <= {(row.type, row.name): row.rootpage for row in wanted}.items():
        return wanted
    is_unambiguous = len(begins) == len(left)
    if is_unambiguous and {(row.type, row.name) for row in wanted} <= begins.keys():
        return left
    raise sqlite3.DatabaseError(
        f"malformed: of {len(wanted)} tables and indexes {len(begins)} can be found"
    )


def _rows_of(donor: bytes) -> list[SchemaRow]:
    # In memory there is no log to write ahead to.
    data = donor[:18] + b"\x01\x01" + donor[20:]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(data)
        return [SchemaRow(*row) for row in connection.execute("SELECT * FROM sqlite_schema")]


def _rows_left(path: Path, page_bytes: int) -> Iterator[SchemaRow]:
    """Yield the rows of the schema on intact pages after the first one."""
    with path.open("rb") as file:
        file.seek(page_bytes)
        while len(page := file.read(page_bytes)) == page_bytes:
            if page[0] == _TABLE_LEAF:
                yield from _rows_on(page)


def _rows_on(page: bytes) -> list[SchemaRow]:
    """Return the rows of a leaf of the schema; none if it belongs to another table."""
    cells = int.from_bytes(page[3:5], "big")
    rows: list[SchemaRow] = []
    for number in range(cells):
        place = _LEAF_HEADER_BYTES + 2 * number
        row = _row_at(page, int.from_bytes(page[place : place + 2], "big"))
        if row is None:
            return []
        rows.append(row)
    return rows


def _row_at(page: bytes, at: int) -> SchemaRow | None:
    """Return the row of a cell; ``None`` if it is not a row of a schema."""
    try:
        _, at = _varint(page, at)  # its length
        _, at = _varint(page, at)  # its number
        header_bytes, column = _varint(page, at)
        types: list[int] = []
        value = at + header_bytes
        while column < value and len(types) <= _COLUMNS:
            type_, column = _varint(page, column)
            types.append(type_)
        fields: list[object] = []
        for type_ in types:
            size_bytes = _size_of(type_)
            data = page[value : value + size_bytes]
            value += size_bytes
            fields.append(_value(type_, data))
        if value > len(page):
            return None
    except (IndexError, UnicodeDecodeError):
        return None
    return _schema_row(fields)


def _schema_row(fields: list[object]) -> SchemaRow | None:
    match fields:
        case [str(type_), str(name), str(table), int(root), str() | None as sql] if type_ in _KINDS:
            return SchemaRow(type_, name, table, root, sql)
        case _:
            return None


def _varint(page: bytes, at: int) -> tuple[int, int]:
    """Return a number in SQLite's variable length, and the end of it."""
    number = 0
    for place in range(at, at + 8):
        number = number << 7 | page[place] & 0x7F
        if page[place] < 0x80:
            return number, place + 1
    return number << 8 | page[at + 8], at + 9


_WHOLE_NUMBERS = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)
"""Bytes of the values of serial types 0 to 9: nothing, numbers, and the constants 0 and 1."""

_FIRST_TEXT = 13


def _size_of(serial_type: int) -> int:
    if serial_type < len(_WHOLE_NUMBERS):
        return _WHOLE_NUMBERS[serial_type]
    return (serial_type - 12) // 2


def _value(serial_type: int, data: bytes) -> object:
    if serial_type == 0:
        return None
    if serial_type >= _FIRST_TEXT and serial_type % 2:
        return data.decode()
    if serial_type <= 6:
        return int.from_bytes(data, "big", signed=True)
    return {8: 0, 9: 1}.get(serial_type, data)
