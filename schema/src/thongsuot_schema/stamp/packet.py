"""
Test packets of STAMP, in both modes, without their extensions.

Source: RFC 8762, sections 4.2 and 4.3; RFC 8972, section 3 for the session identifier. TWAMP-Light
(RFC 5357) is the same on the wire, with answers that may end after the copied stamp.
"""

from dataclasses import dataclass
from struct import Struct

from thongsuot_schema.stamp.moment import ErrorEstimate, bits_from, estimate_from
from thongsuot_schema.stamp.seal import SEAL_BYTES, is_sealed, seal_of

OPEN_BYTES = 44
"""A packet of the unauthenticated mode."""

SEALED_BYTES = 112
"""A packet of the authenticated mode."""

SHORTEST_REQUEST_BYTES = 14
"""What TWAMP-Light sends without padding: number, stamp, error estimate."""

SHORTEST_ANSWER_BYTES = 36
"""Up to the copied time stamp; twampy sends 40, without the hop limit."""

PORT = 862

_REQUEST = Struct("!IQHH")
_ANSWER = Struct("!IQHHQIQ")
_ANSWER_REST = Struct("!H2xB3x")
_SEALED_REQUEST = Struct("!I12xQHH68x")
_SEALED_ANSWER = Struct("!I12xQHH4xQ8xI12xQH6xB15x")
_COVERED_BYTES = SEALED_BYTES - SEAL_BYTES  # the first six blocks
_REST_BYTES = 8


class Malformed(ValueError):
    """These bytes are no test packet; the text says why."""


class Unsealed(ValueError):
    """The seal of a packet is not that of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """
    What a session-sender sends. ``stamp`` is 64 bits in the format that the error estimate names.

    ``error_bits`` are an error estimate as it travels. ``session`` is the session identifier (RFC
    8972), 0 of a sender that has none.
    """

    number: int
    stamp: int
    error_bits: int
    session: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What a session-reflector answers.

    ``number`` is its own count where it keeps state, else the sender's. ``hop_limit`` is what was
    left when the request came in; ``None`` where the packet ends before.
    """

    number: int
    stamp: int
    error: ErrorEstimate
    received: int
    request_number: int
    request_stamp: int
    request_error_bits: int = 0
    hop_limit: int | None = None
    session: int = 0


def pack_request(request: Request, key: bytes = b"") -> bytes:
    """Return a request; sealed where there is a key."""
    fields = (request.number, request.stamp, request.error_bits, request.session)
    if not key:
        return _REQUEST.pack(*fields).ljust(OPEN_BYTES, b"\0")
    packed = _SEALED_REQUEST.pack(*fields)
    return packed + seal_of(key, packed)


def unpack_request(data: bytes, key: bytes = b"") -> Request:
    """
    Read a request; without a key also a short one of TWAMP-Light.

    Raises:
        Malformed: it is too short.
        Unsealed: there is a key and the seal is wrong.
    """
    if not key:
        if len(data) < SHORTEST_REQUEST_BYTES:
            raise Malformed(f"a request of {len(data)} bytes; {SHORTEST_REQUEST_BYTES} at least")
        # Padding of TWAMP may be random: only a whole packet has a session identifier.
        whole = data[: _REQUEST.size] if len(data) >= OPEN_BYTES else data[:14] + b"\0\0"
        number, stamp, error, session = _REQUEST.unpack(whole)
    else:
        _check_seal(data, key)
        number, stamp, error, session = _SEALED_REQUEST.unpack_from(data)
    return Request(number=number, stamp=stamp, error_bits=error, session=session)


def pack_answer(answer: Answer, key: bytes = b"") -> bytes:
    """Return an answer; sealed where there is a key."""
    head = (answer.number, answer.stamp, bits_from(answer.error), answer.session, answer.received)
    copied = (answer.request_number, answer.request_stamp)
    rest = (answer.request_error_bits, answer.hop_limit or 0)
    if not key:
        return _ANSWER.pack(*head, *copied) + _ANSWER_REST.pack(*rest)
    packed = _SEALED_ANSWER.pack(*head, *copied, *rest)
    return packed + seal_of(key, packed)


def unpack_answer(data: bytes, key: bytes = b"") -> Answer:
    """
    Read an answer.

    Raises:
        Malformed: it is too short.
        Unsealed: there is a key and the seal is wrong.
    """
    if not key:
        if len(data) < SHORTEST_ANSWER_BYTES:
            raise Malformed(f"an answer of {len(data)} bytes; {SHORTEST_ANSWER_BYTES} at least")
        number, stamp, error, session, received, asked, asked_at = _ANSWER.unpack_from(data)
        rest = data[SHORTEST_ANSWER_BYTES : SHORTEST_ANSWER_BYTES + _REST_BYTES]
        error_bits, hops = _ANSWER_REST.unpack(rest.ljust(_REST_BYTES, b"\0"))
    else:
        _check_seal(data, key)
        unpacked = _SEALED_ANSWER.unpack_from(data)
        number, stamp, error, session, received, asked, asked_at, error_bits, hops = unpacked
    return Answer(
        number=number,
        stamp=stamp,
        error=estimate_from(error),
        received=received,
        request_number=asked,
        request_stamp=asked_at,
        request_error_bits=error_bits,
        hop_limit=hops or None,
        session=session,
    )


def _check_seal(data: bytes, key: bytes) -> None:
    if len(data) < SEALED_BYTES:
        raise Malformed(f"a sealed packet of {len(data)} bytes; {SEALED_BYTES} at least")
    if not is_sealed(key, data[:_COVERED_BYTES], data[_COVERED_BYTES:SEALED_BYTES]):
        raise Unsealed("the seal is not that of the key")
