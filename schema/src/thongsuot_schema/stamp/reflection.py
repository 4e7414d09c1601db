"""
How a reflector answers one request; pure, so that any bytes can be tried on it.

An answer is never longer than its request (a spoofed sender gains nothing), but for senders that
the operator has named: TWAMP-Light requests may be shorter than their answers.
"""

from dataclasses import dataclass

from thongsuot_schema.stamp import extension
from thongsuot_schema.stamp.moment import ErrorEstimate, stamp_from
from thongsuot_schema.stamp.packet import (
    OPEN_BYTES,
    SEALED_BYTES,
    Answer,
    Request,
    pack_answer,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """When a request came in (Unix time), and with what hop limit; as the kernel told."""

    received_ns: int
    hop_limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """
    How one request is answered: what is said of the clock, sealed with a key or in the open.

    Without ``may_grow`` an answer ends where its request ended; of less than
    ``SHORTEST_ANSWER_BYTES`` nobody can make use.
    """

    error: ErrorEstimate
    known: extension.Known
    key: bytes = b""
    may_grow: bool = False


def answer_to(
    data: bytes, request: Request, seen: Seen, manner: Manner, *, number: int, sent_ns: int
) -> bytes:
    """Return the answer to a request that was read from ``data``."""
    key, may_grow = manner.key, manner.may_grow
    base = SEALED_BYTES if key else OPEN_BYTES
    packed = pack_answer(
        Answer(
            number=number,
            stamp=stamp_from(sent_ns),
            error=manner.error,
            received=stamp_from(seen.received_ns),
            request_number=request.number,
            request_stamp=request.stamp,
            request_error_bits=request.error_bits,
            hop_limit=seen.hop_limit,
            session=request.session,
        ),
        key,
    )
    if len(data) <= base:
        return packed if may_grow else packed[: len(data)]
    return packed + extension.answered(
        data[base:], manner.known, asked=request.number, number=number, key=key
    )
