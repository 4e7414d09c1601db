"""
Entries of the open log: what was made since the last batch, one frame each, readable after a kill.

A frame is ``length (4) crc32 (4) kind (1) payload``, little-endian; length and checksum cover kind
and payload. The payload is msgpack of the entry's own type. A process can be killed in the middle
of a write: ``unpack_log`` stops at the first frame that is not whole, and says how many bytes were
good.
"""

import struct
from zlib import crc32

import msgspec

from thongsuot_schema.batch.model import Notice
from thongsuot_schema.result import Result
from thongsuot_schema.verdict import VerdictChange

Entry = Result | VerdictChange | Notice

_HEADER = struct.Struct("<II")
_KINDS: dict[type, bytes] = {Result: b"r", VerdictChange: b"c", Notice: b"n"}
_ENCODER = msgspec.msgpack.Encoder()
_DECODERS: dict[bytes, msgspec.msgpack.Decoder[Entry]] = {
    kind: msgspec.msgpack.Decoder(type_) for type_, kind in _KINDS.items()
}
_LARGEST_BYTES = 1 << 20
"""No entry comes near; a length beyond it is garbage, not an order to read a gigabyte."""


class LogHeading(msgspec.Struct, frozen=True, kw_only=True):
    """
    First frame of an open log: the number that it will have as a batch, and the link of the chain.

    ``boottime_ns`` and ``wall_ns`` are the clocks when the log was opened: if the device dies, they
    are the clock of what the log holds.
    """

    number: int
    previous: bytes
    boottime_ns: int
    wall_ns: int


_HEADING_KIND = b"h"
_HEADING_DECODER = msgspec.msgpack.Decoder(LogHeading)


def pack_entry(entry: Entry) -> bytes:
    """Return one entry as a frame."""
    return _framed(_KINDS[type(entry)] + _ENCODER.encode(entry))


def pack_heading(heading: LogHeading) -> bytes:
    """Return a heading as a frame."""
    return _framed(_HEADING_KIND + _ENCODER.encode(heading))


class OpenLogContent(msgspec.Struct, frozen=True, kw_only=True):
    """
    What an open log holds.

    ``entries`` stand in the order they were made; ``good_bytes`` is how far the log is whole (what
    follows is a frame that a kill cut off); ``unreadable`` counts whole frames of an unknown kind
    or shape, as another version may have written them.
    """

    heading: LogHeading
    entries: tuple[Entry, ...]
    good_bytes: int
    unreadable: int


def unpack_log(log: bytes) -> OpenLogContent | None:
    """Return what an open log holds; ``None`` when it does not begin with a whole heading."""
    body = _body_at(log, 0)
    if body is None or body[:1] != _HEADING_KIND:
        return None
    heading = _HEADING_DECODER.decode(body[1:])
    offset = _HEADER.size + len(body)
    entries: list[Entry] = []
    unreadable = 0
    while (body := _body_at(log, offset)) is not None:
        try:
            entries.append(_DECODERS[body[:1]].decode(body[1:]))
        except (msgspec.DecodeError, KeyError):
            unreadable += 1
        offset += _HEADER.size + len(body)
    return OpenLogContent(
        heading=heading, entries=tuple(entries), good_bytes=offset, unreadable=unreadable
    )


def _framed(body: bytes) -> bytes:
    return _HEADER.pack(len(body), crc32(body)) + body


def _body_at(log: bytes, offset: int) -> bytes | None:
    if len(log) - offset < _HEADER.size:
        return None
    length, checksum = _HEADER.unpack_from(log, offset)
    if not 0 < length <= _LARGEST_BYTES:
        return None
    start = offset + _HEADER.size
    body = log[start : start + length]
    return body if len(body) == length and crc32(body) == checksum else None
