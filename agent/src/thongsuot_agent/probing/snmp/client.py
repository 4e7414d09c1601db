"""
Client: the narrow interface that a survey needs of SNMP; the library behind it can be replaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class ValueType(StrEnum):
    """Types of a value on the wire, as far as needed (RFC 2578, section 7.1)."""

    INTEGER = "integer"
    TEXT = "text"
    OID = "oid"
    COUNTER32 = "counter32"
    GAUGE = "gauge"
    TICKS = "ticks"
    COUNTER64 = "counter64"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Varbind:
    """
    One object and its value.

    ``oid`` is dotted, without a dot in front. ``value`` is an integer, or text: an octet string as
    UTF-8 where it is that, else its bytes in hex after ``0x``: never taken for a number.
    """

    oid: str
    tag: ValueType
    value: int | str


class SnmpFailed(Exception):
    """
    Nothing can be read; the text names no credential.

    ``is_silent``: nobody answered. That is a dead host, a wrong community, a wrong privacy key or a
    filter: SNMP does not tell them apart. ``is_refused``: it answered that it will not.
    """

    def __init__(self, text: str, *, is_silent: bool = False, is_refused: bool = False) -> None:
        self.is_silent = is_silent
        self.is_refused = is_refused
        super().__init__(text)


class SnmpClient(Protocol):
    """Reading, and nothing but reading, from one device."""

    async def get(self, oids: Sequence[str]) -> list[Varbind]:
        """
        Return the objects that exist, in the order asked for; any number, split as need be.

        Objects that the device refuses individually (``genError``, ``authorizationError``) are left
        out like missing ones.

        Raises:
            SnmpFailed: nobody answers, or it may not be read at all.
        """
        ...

    async def walk(self, base: str, *, limit: int = 2000) -> list[Varbind]:
        """
        Return the objects below an OID in order, at most ``limit``.

        Ends where the device leaves the subtree, has no more, or goes back.

        Raises:
            SnmpFailed: as for ``get``.
        """
        ...
