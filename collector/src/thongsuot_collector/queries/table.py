"""Table: records as CSV (RFC 4180) for spreadsheets and as columns for a terminal. Pure."""

import csv
import io
from collections.abc import Sequence

from thongsuot_collector.queries.records import Record
from thongsuot_collector.queries.selection import text_of

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(record: type[Record], records: Sequence[Record]) -> bytes:
    """Return records as CSV in UTF-8, with a byte order mark for spreadsheets."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(record.__struct_fields__)
    for row in records:
        writer.writerow([_cell(getattr(row, name)) for name in record.__struct_fields__])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _cell(value: object) -> str:
    """
    Return a value as text; one that a spreadsheet would take for a formula gets an apostrophe.
    """
    text = text_of(value)
    is_text = isinstance(value, str | tuple)
    return f"'{text}" if is_text and text.startswith(_FORMULA) else text
