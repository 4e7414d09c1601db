"""Client: the narrow SNMP interface of a survey, behind which the library can be replaced."""

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

    ``oid`` is dotted, without a leading dot. ``value`` is an integer, or text: an octet string as
    UTF-8 if it is valid, else its bytes in hex after ``0x``: never interpreted as a number.
    """

    oid: str
    tag: ValueType
    value: int | str


class SnmpFailed(Exception):
    """
    Nothing can be read; the text names no credential.

    ``is_silent``: no answer. The host is down, the community or privacy key is wrong, or a filter
    drops it: SNMP does not distinguish these. ``is_refused``: it answered with a refusal.
    """

    def __init__(self, text: str, *, is_silent: bool = False, is_refused: bool = False) -> None:
        self.is_silent = is_silent
        self.is_refused = is_refused
        super().__init__(text)


class SnmpClient(Protocol):
    """Read-only access to one device."""

    async def get(self, oids: Sequence[str]) -> list[Varbind]:
        """
        Return the existing objects, in the requested order; any number, split if necessary.

        Objects that the device refuses individually (``genError``, ``authorizationError``) are left
        out like missing ones.

        Raises:
            SnmpFailed: no answer, or no read access at all.
        """
        ...

    async def walk(self, base: str, *, limit: int = 2000) -> list[Varbind]:
        """
        Return the objects below an OID in order, at most ``limit``.

        Ends if the device leaves the subtree, has no more, or goes back.

        Raises:
            SnmpFailed: as for ``get``.
        """
        ...
