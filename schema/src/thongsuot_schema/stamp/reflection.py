"""
How a reflector answers one request; pure, so that any bytes can be tried on it.

An answer is never longer than its request (a spoofed sender gains nothing), but for senders that
the operator has named: TWAMP-Light requests may be shorter than their answers.
"""

from dataclasses import dataclass

from thongsuot_schema.stamp import tlv
from thongsuot_schema.stamp.location import SeenSource
from thongsuot_schema.stamp.packet import (
    AUTHENTICATED_BYTES,
    UNAUTHENTICATED_BYTES,
    ReflectorPacket,
    SenderPacket,
    pack_reflector_packet,
)
from thongsuot_schema.stamp.timestamp import ErrorEstimate, ntp_timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketReception:
    """
    When a request came in (Unix time), with what hop limit, and from where; as the kernel told.
    """

    received_ns: int
    hop_limit: int | None
    source: SeenSource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectorBehaviour:
    """
    How one request is answered: clock information, authenticated with a key or unauthenticated.

    Without ``may_amplify`` an answer ends where its request ended; answers shorter than
    ``packet.SHORTEST_REPLY_BYTES`` are useless.
    """

    error: ErrorEstimate
    timestamp_information: tlv.TimestampInformation
    key: bytes = b""
    may_amplify: bool = False


def reflect_packet(
    data: bytes,
    request: SenderPacket,
    seen: PacketReception,
    manner: ReflectorBehaviour,
    *,
    number: int,
    sent_ns: int,
) -> bytes:
    """Return the answer to a request that was read from ``data``."""
    key, may_grow = manner.key, manner.may_amplify
    base = AUTHENTICATED_BYTES if key else UNAUTHENTICATED_BYTES
    packed = pack_reflector_packet(
        ReflectorPacket(
            sequence_number=number,
            timestamp=ntp_timestamp(sent_ns),
            error=manner.error,
            receive_timestamp=ntp_timestamp(seen.received_ns),
            sender_sequence_number=request.sequence_number,
            sender_timestamp=request.timestamp,
            sender_error_bits=request.error_bits,
            hop_limit=seen.hop_limit,
            session=request.session,
        ),
        key,
    )
    if len(data) <= base:
        return packed if may_grow else packed[: len(data)]
    return packed + tlv.reflect_tlvs(
        data[base:],
        tlv.ReflectorKnowledge(clock=manner.timestamp_information, seen=seen.source),
        asked=request.sequence_number,
        number=number,
        key=key,
    )
