"""
Extensions of a test packet: what follows it as type, length and value (RFC 8972, section 4).

A reflector answers with the same extensions in the same order and at the same length, so that an
answer is never longer than its request. Unknown extensions are marked and returned unchanged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct

from thongsuot_schema.stamp import location
from thongsuot_schema.stamp.location import SeenSource, reflect_location
from thongsuot_schema.stamp.packet import HMAC_BYTES, hmac_of, is_authentic

UNRECOGNISED, MALFORMED, INTEGRITY = 0x80, 0x40, 0x20

HEAD_BYTES = 4

_HEAD = Struct("!BBH")
_NUMBER = Struct("!I")


class TlvType(IntEnum):
    """The types that are known here (RFC 8972, section 5.1)."""

    EXTRA_PADDING = 1
    LOCATION = 2
    TIMESTAMP_INFORMATION = 3
    HMAC = 8


class SyncSource(IntEnum):
    """The source of a clock's synchronization (RFC 8972, section 4.3)."""

    NTP = 1
    PTP = 2
    SUPPLY = 3
    SATELLITE = 4
    FREE_RUNNING = 5


class TimestampMethod(IntEnum):
    """How a time stamp is taken (RFC 8972, section 4.3)."""

    HARDWARE = 1
    SOFTWARE = 2
    CONTROL_PLANE = 3


_LENGTHS: dict[int, int] = {
    TlvType.TIMESTAMP_INFORMATION: 4,
    TlvType.HMAC: HMAC_BYTES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tlv:
    """
    One extension as transmitted; a sender marks each as unrecognized until a reflector recognizes
    it.
    """

    type: int
    value: bytes
    flags: int = UNRECOGNISED


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampInformation:
    """A reflector's information about its clock: its source, and how its timestamps are taken."""

    source: SyncSource
    method: TimestampMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectorKnowledge:
    """The data from which a reflector answers extensions; without ``seen`` none about addresses."""

    clock: TimestampInformation
    seen: SeenSource | None = None


def pack_tlvs(extensions: tuple[Tlv, ...], number: int, key: bytes = b"") -> bytes:
    """Return extensions as bytes; with a key, sealed by one more, over the packet's number too."""
    packed = b"".join(
        _HEAD.pack(tlv.flags, tlv.type, len(tlv.value)) + tlv.value for tlv in extensions
    )
    if not key or not packed:
        return packed
    seal = hmac_of(key, _NUMBER.pack(number) + packed)
    return packed + _HEAD.pack(UNRECOGNISED, TlvType.HMAC, HMAC_BYTES) + seal


def unpack_tlvs(data: bytes) -> Iterator[Tlv]:
    """Yield extensions; the last is marked malformed where the bytes end inside of it."""
    place = 0
    while len(data) - place >= HEAD_BYTES:
        flags, kind, length = _HEAD.unpack_from(data, place)
        value = data[place + HEAD_BYTES : place + HEAD_BYTES + length]
        if len(value) < length:
            yield Tlv(type=kind, value=value, flags=flags | MALFORMED)
            return
        yield Tlv(type=kind, value=value, flags=flags)
        place += HEAD_BYTES + length


def reflect_tlvs(
    data: bytes, known: ReflectorKnowledge, *, asked: int, number: int, key: bytes = b""
) -> bytes:
    """
    Return a reflector's answer to the extensions of a request, with the same number of bytes.

    ``asked`` and ``number`` are those of request and answer: each seals its own extensions. Under a
    seal that is wrong nothing is answered: all go back as they came, each marked (section 4.8).
    """
    if key and _is_hmac_wrong(data, asked, key):
        return _with_flag(data, INTEGRITY)
    out = bytearray()
    place = 0
    while len(data) - place >= HEAD_BYTES:
        _, kind, length = _HEAD.unpack_from(data, place)
        end = place + HEAD_BYTES + length
        value = data[place + HEAD_BYTES : end]
        if len(value) < length or _is_wrong_length(kind, length):
            # What follows cannot be found any more, or means nothing: it goes back as it came.
            out += _HEAD.pack(MALFORMED, kind, length) + data[place + HEAD_BYTES :]
            return bytes(out)
        flags = 0
        if kind == TlvType.HMAC and key:
            value = hmac_of(key, _NUMBER.pack(number) + bytes(out))
        elif kind == TlvType.TIMESTAMP_INFORMATION:
            value = bytes((known.clock.source, known.clock.method) * 2)
        elif kind == TlvType.LOCATION and known.seen is not None:
            value = reflect_location(value, known.seen)
        elif kind != TlvType.EXTRA_PADDING:
            flags = UNRECOGNISED
        out += _HEAD.pack(flags, kind, length) + value
        place = end
    return bytes(out) + data[place:]


def _is_wrong_length(kind: int, length: int) -> bool:
    if kind == TlvType.LOCATION:
        return length < location.SHORTEST_BYTES
    return _LENGTHS.get(kind, length) != length


def _is_hmac_wrong(data: bytes, number: int, key: bytes) -> bool:
    """Return whether a seal does not match the data before it, or more than padding follows it."""
    place, was_sealed = 0, False
    for unpack_tlv in unpack_tlvs(data):
        if unpack_tlv.type == TlvType.HMAC:
            covered = _NUMBER.pack(number) + data[:place]
            if was_sealed or not is_authentic(key, covered, unpack_tlv.value):
                return True
            was_sealed = True
        elif was_sealed and unpack_tlv.type != TlvType.EXTRA_PADDING:
            return True
        place += HEAD_BYTES + len(unpack_tlv.value)
    return False


def _with_flag(data: bytes, flag: int) -> bytes:
    """Return extensions as they came but for a flag that is set in each."""
    out = bytearray(data)
    place = 0
    for unpack_tlv in unpack_tlvs(data):
        out[place] |= flag
        place += HEAD_BYTES + len(unpack_tlv.value)
    return bytes(out)


def padding_tlv(size_bytes: int) -> Tlv:
    """Return an extension that makes a packet longer by ``size_bytes``, its head included."""
    return Tlv(type=TlvType.EXTRA_PADDING, value=bytes(max(0, size_bytes - HEAD_BYTES)))


def location_tlv() -> Tlv:
    """Return the question from where the reflector sees the packet come."""
    return Tlv(type=TlvType.LOCATION, value=location.location_request())


def is_sealed(data: bytes, number: int, key: bytes) -> bool:
    """Return whether extensions have a seal that covers them and the packet's number."""
    has_seal = any(extension.type == TlvType.HMAC for extension in unpack_tlvs(data))
    return has_seal and not _is_hmac_wrong(data, number, key)
