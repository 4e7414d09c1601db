"""
Entries of the open log since the last batch, one frame each, readable after a kill.

A frame is ``length (4) crc32 (4) kind (1) payload``, little-endian; length and checksum cover kind
and payload. The payload is msgpack of the entry's own type. A process can be killed in the middle
of a write: ``unpack_log`` stops at the first incomplete frame, and returns the number of good
bytes.
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
"""Far above any entry; a larger length is corruption, and must not cause a read of a gigabyte."""


class LogHeading(msgspec.Struct, frozen=True, kw_only=True):
    """
    The first frame of an open log: its number as a batch, and the link of the chain.

    ``boottime_ns`` and ``wall_ns`` are the clocks when the log was opened: after a crash of the
    device they are the clock of the log's entries.
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
    The content of an open log.

    ``entries`` are in order of their creation; ``good_bytes`` is the length of the intact part
    (after it is a frame truncated by a kill); ``unreadable`` counts complete frames of an unknown
    kind or shape, possibly written by another version.
    """

    heading: LogHeading
    entries: tuple[Entry, ...]
    good_bytes: int
    unreadable: int


def unpack_log(log: bytes) -> OpenLogContent | None:
    """
    Return the content of an open log; ``None`` if it does not begin with a complete heading of a
    known form.
    """
    body = _body_at(log, 0)
    if body is None or body[:1] != _HEADING_KIND:
        return None
    try:
        heading = _HEADING_DECODER.decode(body[1:])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    offset = _HEADER.size + len(body)
    entries: list[Entry] = []
    unreadable = 0
    while (body := _body_at(log, offset)) is not None:
        try:
            entries.append(_DECODERS[body[:1]].decode(body[1:]))
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
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
