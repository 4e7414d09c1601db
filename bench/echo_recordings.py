"""The truth for ``bench.rtt``: round trips from recordings of requests and replies."""

import struct
from pathlib import Path

from thongsuot_agent.links.echo import PAYLOAD_BYTES
from thongsuot_agent.proto.icmp import ECHO_HEADER_BYTES

OWN_BYTES = 2 * PAYLOAD_BYTES
"""
The payload of the measured echoes of the agent: after a loss it also asks, with ``PAYLOAD_BYTES``,
whether only the previous flow is dead; that echo has no result of its own.
"""

Rtts = list[float | None]
"""One per echo in the order sent, in µs; None for a lost one."""


def wire(requests: Path, replies: Path) -> Rtts:
    """Compute the round trips from recordings of both directions, in the order of the requests."""
    sent, back = stamps(requests), stamps(replies)
    return [(back[key] - stamp) / 1000 if key in back else None for key, stamp in sent.items()]


def stamps(file: Path) -> dict[tuple[int, int], int]:
    """Return when each echo (identifier and number) first appeared, in nanoseconds."""
    data = file.read_bytes()
    if struct.unpack_from("<I", data)[0] != 0xA1B23C4D:
        raise SystemExit("the recording has no nanosecond stamps")
    first: dict[tuple[int, int], int] = {}
    offset = 24
    while offset + 16 <= len(data):
        seconds, nanoseconds, length, _ = struct.unpack_from("<IIII", data, offset)
        packet = data[offset + 16 : offset + 16 + length]
        offset += 16 + length
        header_bytes = (packet[14] & 15) * 4
        (size_bytes,) = struct.unpack_from("!H", packet, 14 + 2)
        identifier, sequence = struct.unpack_from("!HH", packet, 14 + header_bytes + 4)
        if size_bytes - header_bytes != ECHO_HEADER_BYTES + PAYLOAD_BYTES:
            first.setdefault((identifier, sequence), seconds * 10**9 + nanoseconds)
    return first
