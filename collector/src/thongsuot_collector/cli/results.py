"""
The final output of a command: text for a person, or one JSON document for a program.

With ``--json`` standard output contains one document and nothing else. That is the command's own
record, or an ``ErrorReport`` if the command was refused; the sentence for people is on the error
stream either way, and the exit code is the same with and without ``--json``.
"""

import argparse
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from types import GenericAlias
from typing import Any

import msgspec

from thongsuot_schema.localizable import Localizable

Shape = Any
"""
The type of a command's output with ``--json``: a record, a list or a union of them. A type checker
cannot distinguish types of types from other values.
"""


class RevokedCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """The number of revoked tokens or certificates of a site."""

    site: str
    revoked: int


class RevokedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A revoked key or token, by its id in the list."""

    id: str


class WrittenFiles(msgspec.Struct, frozen=True, kw_only=True, tag="files", tag_field="what"):
    """The files that a command has written."""

    files: list[str]


class ImportedInventory(msgspec.Struct, frozen=True, kw_only=True):
    """An inventory file generated from NetBox: the changes, and the omitted objects."""

    file: str
    changes: list[str]
    left_out: list[str]
    is_written: bool


def print_result(
    options: argparse.Namespace, result: msgspec.Struct, lines: Iterable[str] = ()
) -> None:
    """Print the result of a command in the form that the command line selects."""
    if options.json:
        print(json_text(result))
        return
    for line in lines:
        print(line)


def json_text(value: object) -> str:
    """Return a value as JSON, indented so that a person can read it too."""
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=_plain), indent=2).decode()


def _plain(value: object) -> str:
    """Return a sentence that can be read in other languages as JSON has it: in English."""
    if isinstance(value, Localizable):
        return str(value)
    raise NotImplementedError(type(value))


def utc(unix_ns: int) -> datetime:
    """Return a moment in the form of JSON: RFC 3339, in UTC."""
    return datetime.fromtimestamp(unix_ns / 1e9, UTC)


def rows_shape(head: Iterable[str]) -> Shape:
    """Return the type of a table's rows in JSON: objects of texts, ``null`` for a missing value."""
    columns = [(key_of(word), str | None) for word in head]
    row = msgspec.defstruct("Row", columns, kw_only=True)
    return GenericAlias(list, (row,))


def key_of(word: str) -> str:
    """Return the JSON key of a column: "second factor" is ``second_factor``."""
    return re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_")
