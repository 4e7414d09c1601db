"""
Test packets of STAMP, in both modes, without their extensions.

Source: RFC 8762, sections 4.2 and 4.3; RFC 8972, section 3 for the session identifier. TWAMP-Light
(RFC 5357) is the same on the wire, with answers that may end after the copied stamp.
"""

import sys
from dataclasses import dataclass
from struct import Struct

from thongsuot_schema.stamp.timestamp import (
    ErrorEstimate,
    pack_error_estimate,
    unpack_error_estimate,
)

if sys.version_info >= (3, 12):
    from _sha2 import sha256
else:
    # typeshed has left it out; it is there until 3.11.
    from _sha256 import sha256  # type: ignore[import-not-found]

HMAC_BYTES = 16

_BLOCK_BYTES = 64
_INNER = bytes(number ^ 0x36 for number in range(256))
_OUTER = bytes(number ^ 0x5C for number in range(256))


def hmac_of(key: bytes, data: bytes) -> bytes:
    """Return the seal of some bytes."""
    if len(key) > _BLOCK_BYTES:
        key = sha256(key).digest()
    padded = key.ljust(_BLOCK_BYTES, b"\0")
    inner = sha256(padded.translate(_INNER) + data).digest()
    whole: bytes = sha256(padded.translate(_OUTER) + inner).digest()
    return whole[:HMAC_BYTES]


def is_authentic(key: bytes, data: bytes, seal: bytes) -> bool:
    """Return whether a seal is right; how long that takes does not tell how much of it is."""
    expected = hmac_of(key, data)
    if len(seal) != HMAC_BYTES:
        return False
    difference = 0
    for ours, theirs in zip(expected, seal, strict=True):
        difference |= ours ^ theirs
    return difference == 0


UNAUTHENTICATED_BYTES = 44
"""A packet of the unauthenticated mode."""

AUTHENTICATED_BYTES = 112
"""A packet of the authenticated mode."""

SHORTEST_REQUEST_BYTES = 14
"""What TWAMP-Light sends without padding: number, stamp, error estimate."""

SHORTEST_REPLY_BYTES = 36
"""Up to the copied time stamp; twampy sends 40, without the hop limit."""

PORT = 862

_SENDER = Struct("!IQHH")
_REFLECTOR = Struct("!IQHHQIQ")
_REFLECTOR_REST = Struct("!H2xB3x")
_AUTHENTICATED_SENDER = Struct("!I12xQHH68x")
_AUTHENTICATED_REFLECTOR = Struct("!I12xQHH4xQ8xI12xQH6xB15x")
_COVERED_BYTES = AUTHENTICATED_BYTES - HMAC_BYTES  # the first six blocks
_REST_BYTES = 8


class MalformedTestPacket(ValueError):
    """These bytes are not a test packet; the text says why."""


class AuthenticationFailed(ValueError):
    """The seal of a packet is not that of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderPacket:
    """
    A packet of a session-sender. ``timestamp`` is 64 bits in the format of the error estimate.

    ``error_bits`` are an error estimate as it travels. ``session`` is the session identifier (RFC
    8972), 0 of a sender that has none.
    """

    sequence_number: int
    timestamp: int
    error_bits: int
    session: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectorPacket:
    """
    A packet of a session-reflector.

    ``sequence_number`` is its own count if it keeps state, else the sender's. ``hop_limit`` is that
    of the arriving request; ``None`` if the packet ends before.
    """

    sequence_number: int
    timestamp: int
    error: ErrorEstimate
    receive_timestamp: int
    sender_sequence_number: int
    sender_timestamp: int
    sender_error_bits: int = 0
    hop_limit: int | None = None
    session: int = 0


def pack_sender_packet(request: SenderPacket, key: bytes = b"") -> bytes:
    """Return a request; sealed where there is a key."""
    fields = (request.sequence_number, request.timestamp, request.error_bits, request.session)
    if not key:
        return _SENDER.pack(*fields).ljust(UNAUTHENTICATED_BYTES, b"\0")
    packed = _AUTHENTICATED_SENDER.pack(*fields)
    return packed + hmac_of(key, packed)


def unpack_sender_packet(data: bytes, key: bytes = b"") -> SenderPacket:
    """
    Read a request; without a key also a short one of TWAMP-Light.

    Raises:
        Malformed: it is too short.
        Unsealed: there is a key and the seal is wrong.
    """
    if not key:
        if len(data) < SHORTEST_REQUEST_BYTES:
            raise MalformedTestPacket(
                f"a request of {len(data)} bytes; {SHORTEST_REQUEST_BYTES} at least"
            )
        # Padding of TWAMP may be random: only a whole packet has a session identifier.
        whole = data[: _SENDER.size] if len(data) >= UNAUTHENTICATED_BYTES else data[:14] + b"\0\0"
        number, stamp, error, session = _SENDER.unpack(whole)
    else:
        _authenticate(data, key)
        number, stamp, error, session = _AUTHENTICATED_SENDER.unpack_from(data)
    return SenderPacket(sequence_number=number, timestamp=stamp, error_bits=error, session=session)


def pack_reflector_packet(answer: ReflectorPacket, key: bytes = b"") -> bytes:
    """Return an answer; sealed where there is a key."""
    head = (
        answer.sequence_number,
        answer.timestamp,
        pack_error_estimate(answer.error),
        answer.session,
        answer.receive_timestamp,
    )
    copied = (answer.sender_sequence_number, answer.sender_timestamp)
    rest = (answer.sender_error_bits, answer.hop_limit or 0)
    if not key:
        return _REFLECTOR.pack(*head, *copied) + _REFLECTOR_REST.pack(*rest)
    packed = _AUTHENTICATED_REFLECTOR.pack(*head, *copied, *rest)
    return packed + hmac_of(key, packed)


def unpack_reflector_packet(data: bytes, key: bytes = b"") -> ReflectorPacket:
    """
    Read an answer.

    Raises:
        Malformed: it is too short.
        Unsealed: there is a key and the seal is wrong.
    """
    if not key:
        if len(data) < SHORTEST_REPLY_BYTES:
            raise MalformedTestPacket(
                f"an answer of {len(data)} bytes; {SHORTEST_REPLY_BYTES} at least"
            )
        number, stamp, error, session, received, asked, asked_at = _REFLECTOR.unpack_from(data)
        rest = data[SHORTEST_REPLY_BYTES : SHORTEST_REPLY_BYTES + _REST_BYTES]
        error_bits, hops = _REFLECTOR_REST.unpack(rest.ljust(_REST_BYTES, b"\0"))
    else:
        _authenticate(data, key)
        unpacked = _AUTHENTICATED_REFLECTOR.unpack_from(data)
        number, stamp, error, session, received, asked, asked_at, error_bits, hops = unpacked
    return ReflectorPacket(
        sequence_number=number,
        timestamp=stamp,
        error=unpack_error_estimate(error),
        receive_timestamp=received,
        sender_sequence_number=asked,
        sender_timestamp=asked_at,
        sender_error_bits=error_bits,
        hop_limit=hops or None,
        session=session,
    )


def _authenticate(data: bytes, key: bytes) -> None:
    if len(data) < AUTHENTICATED_BYTES:
        raise MalformedTestPacket(
            f"a sealed packet of {len(data)} bytes; {AUTHENTICATED_BYTES} at least"
        )
    if not is_authentic(key, data[:_COVERED_BYTES], data[_COVERED_BYTES:AUTHENTICATED_BYTES]):
        raise AuthenticationFailed("the seal is not that of the key")
