"""
The columns of an exported table, with one row for each value, and one for a run without values.
"""

from dataclasses import dataclass
from enum import Enum


class ColumnType(Enum):
    """The types of a column; each value may be absent."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    MOMENT = "moment"
    """Milliseconds since 1970, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportColumn:
    """One column."""

    name: str
    holds: ColumnType


COLUMNS = tuple(
    ExportColumn(name=name, holds=holds)
    for name, holds in (
        ("time", ColumnType.MOMENT),
        ("site", ColumnType.TEXT),
        ("commune", ColumnType.TEXT),
        ("link", ColumnType.TEXT),
        ("medium", ColumnType.TEXT),
        ("carrier", ColumnType.TEXT),
        ("target", ColumnType.TEXT),
        ("family", ColumnType.TEXT),
        ("kind", ColumnType.TEXT),
        ("revision", ColumnType.WHOLE),
        ("outcome", ColumnType.TEXT),
        ("reason", ColumnType.TEXT),
        ("metric", ColumnType.TEXT),
        ("value", ColumnType.NUMBER),
        ("stream", ColumnType.TEXT),
        ("number", ColumnType.WHOLE),
        ("received", ColumnType.MOMENT),
        ("clock", ColumnType.TEXT),
    )
)

Value = str | int | float | None
Row = tuple[Value, ...]
"""One value for each of ``COLUMNS``."""
