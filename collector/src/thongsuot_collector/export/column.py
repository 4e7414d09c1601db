"""Which columns an exported table has: one row for each value, and one for a run without any."""

from dataclasses import dataclass
from enum import Enum


class Holds(Enum):
    """What a column holds; each may be absent."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    MOMENT = "moment"
    """Milliseconds since 1970, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column."""

    name: str
    holds: Holds


COLUMNS = tuple(
    Column(name=name, holds=holds)
    for name, holds in (
        ("time", Holds.MOMENT),
        ("site", Holds.TEXT),
        ("commune", Holds.TEXT),
        ("link", Holds.TEXT),
        ("medium", Holds.TEXT),
        ("carrier", Holds.TEXT),
        ("target", Holds.TEXT),
        ("family", Holds.TEXT),
        ("kind", Holds.TEXT),
        ("revision", Holds.WHOLE),
        ("outcome", Holds.TEXT),
        ("reason", Holds.TEXT),
        ("metric", Holds.TEXT),
        ("value", Holds.NUMBER),
        ("stream", Holds.TEXT),
        ("number", Holds.WHOLE),
        ("received", Holds.MOMENT),
        ("clock", Holds.TEXT),
    )
)

Value = str | int | float | None
Row = tuple[Value, ...]
"""One value for each of ``COLUMNS``."""
