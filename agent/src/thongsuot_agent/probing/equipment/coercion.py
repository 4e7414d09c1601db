"""
Coerces what equipment answers into the shapes that parsers rely on. Pure.

A firmware may put a list where another has a text, or nothing at all. A value without the expected
shape is left out as if it were missing: one odd field only costs that field.
"""

from collections.abc import Mapping
from typing import Final

MAX_TEXT: Final = 512
"""Maximum size of one field; the longest that is read is RouterOS' list of bands, about 150."""

MAX_NUMBER: Final = 40
"""A 64-bit counter has 20 digits; a longer run of digits is not a number."""


def as_table(raw: object) -> Mapping[str, object]:
    """Return a table, empty if it is missing."""
    return raw if isinstance(raw, Mapping) else {}


def as_rows(raw: object) -> list[Mapping[str, object]]:
    """Return the tables of a list, empty if it is missing."""
    return [row for row in raw if isinstance(row, Mapping)] if isinstance(raw, list | tuple) else []


def as_text(raw: object) -> str:
    """
    Return a text or a number as text; empty for everything else, and for values that are too long.
    """
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return ""
    if isinstance(raw, int) and raw.bit_length() > MAX_NUMBER * 3:
        return ""  # str() of a number without end is refused by Python itself
    text = str(raw).strip()
    return text if len(text) <= MAX_TEXT else ""


def as_flat_texts(raw: object) -> dict[str, str]:
    """Return the texts and numbers of a table, each as text; other values are left out."""
    fields = {name: as_text(value) for name, value in as_table(raw).items()}
    return {name: value for name, value in fields.items() if value}


def as_whole_number(raw: object) -> int | None:
    """Return a whole number: an integer, or decimal digits as text."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    text = as_text(raw)
    is_number = text.isascii() and text.isdecimal() and len(text) <= MAX_NUMBER
    return int(text) if is_number else None
