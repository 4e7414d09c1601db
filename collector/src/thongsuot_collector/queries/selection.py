"""
Selection: filters, sorts and pages the records of a list, and writes them as CSV. Pure.

Texts are searched without diacritics and sorted as Vietnamese dictionaries do. The CSV is that of
RFC 4180, for spreadsheets.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from functools import cache
from operator import itemgetter

import msgspec

from thongsuot_collector.incidents.party import Severity
from thongsuot_collector.queries.records import Record
from thongsuot_collector.queries.sites import WORST_FIRST
from thongsuot_schema.inventory.communes import fold, sort_key
from thongsuot_schema.state import State

LIMIT = 100
MOST = 1_000

_FORMULA = re.compile(
    r"\A(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])"
    r"|(?<=[;\t\r\n])(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])"
)
"""
Where a formula would begin: at the beginning of a cell, and after what ends a cell for a
spreadsheet that takes other separators than commas, as those of Vietnam do (a semicolon, because
the comma is in numbers): it knows no quotes inside a cell. Full-width signs count, too.
"""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """
    The filters, order and period of a query.

    ``query``: word prefixes that must all occur in the searched fields. ``filters``: for each field
    the accepted values; of a field with several values one match is enough. ``sort`` is a field,
    with a dash before it for descending order; empty: the list's own order. ``since`` and ``until``
    (exclusive) bound the list's own time.
    """

    query: str = ""
    filters: Mapping[str, tuple[str, ...]] = {}
    sort: str = ""
    limit: int = LIMIT
    offset: int = 0
    since: datetime | None = None
    until: datetime | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a list; ``total`` is the number of all selected records."""

    items: Sequence[Record]
    total: int


def select_records(
    records: Sequence[Record], selection: Selection, *, searched: Sequence[str], order: str
) -> list[Record]:
    """Return the selected records, in order; ``order`` is that of the list."""
    words = fold(selection.query).split()
    chosen = [
        record
        for record in records
        if all(_has(getattr(record, name), wanted) for name, wanted in selection.filters.items())
        and (not words or _matches(record, words, searched))
    ]
    # Sort by the least significant key first: Python's sort is stable.
    for field in reversed([*filter(None, [selection.sort]), *order.split()]):
        name = field.removeprefix("-")
        known = [record for record in chosen if getattr(record, name) is not None]
        unknown = [record for record in chosen if getattr(record, name) is None]
        ranked = sorted(
            ((_key(getattr(record, name)), record) for record in known),
            key=itemgetter(0),
            reverse=field.startswith("-"),
        )
        chosen = [record for _, record in ranked] + unknown
    return chosen


def page_of(records: Sequence[Record], selection: Selection) -> Page:
    """Return the requested page of the selected records."""
    end = selection.offset + selection.limit
    return Page(items=records[selection.offset : end], total=len(records))


def text_of(value: object) -> str:
    """Return a value of a record as text, for filters and tables."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return " ".join(map(text_of, value))
    return str(value)


def _has(value: object, wanted: Sequence[str]) -> bool:
    if isinstance(value, tuple):
        return any(text_of(part) in wanted for part in value)
    return text_of(value) in wanted


def _matches(record: Record, words: Sequence[str], searched: Sequence[str]) -> bool:
    hay = _folded(" ".join(text_of(getattr(record, name)) for name in searched))
    # "anh" is a word prefix in Đông Anh, but not in "hành chính".
    return all(f" {word}" in f" {hay}" for word in words)


def _key(value: object) -> tuple[object, ...]:
    if isinstance(value, State):
        return (WORST_FIRST.index(value),)
    if isinstance(value, Severity):
        return (list(Severity).index(value),)
    if isinstance(value, str):
        return _sort_key(value)
    if isinstance(value, tuple):
        return _sort_key(text_of(value))
    return (value,)


_sort_key = cache(sort_key)
_folded = cache(fold)


def csv_bytes(record: type[Record], records: Sequence[Record]) -> bytes:
    """Return records as CSV in UTF-8, with a byte order mark for spreadsheets."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(record.__struct_fields__)
    for row in records:
        writer.writerow([_cell(getattr(row, name)) for name in record.__struct_fields__])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def spreadsheet_text(text: str) -> str:
    """Return a text; what a spreadsheet would take for a formula gets an apostrophe."""
    return _FORMULA.sub("'", text)


def _cell(value: object) -> str:
    text = text_of(value)
    return spreadsheet_text(text) if isinstance(value, str | tuple) else text
