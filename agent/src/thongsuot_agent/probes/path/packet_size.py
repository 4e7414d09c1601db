"""
The largest packet that a path carries, and the hop beyond which larger ones are lost.

It probes with packets that must not be fragmented (RFC 8899, in the manner of RFC 4821), because
the routers of a black hole do not report "too big". Sizes include the IP header.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from thongsuot_agent.links.tracer import TimedReply, Tracer

COMMON_SIZES = (
    1280,
    1300,
    1340,
    1358,
    1380,
    1400,
    1412,
    1420,
    1432,
    1440,
    1452,
    1460,
    1472,
    1480,
    1492,
)
"""Typical limits of tunnels, PPPoE and mobile cores; the first guesses of the search."""

_TRIES = 2
_BEYOND_HOPS = 64
_TOLD_AT_MOST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketSize:
    """
    The largest packet of a path.

    ``largest_bytes`` is the largest size that was answered, ``None`` if no tried size was. ``hop``
    is the last hop that full-size packets reach, ``None`` if they reach the target. ``told_by`` is
    the router that reported "too big"; if it is empty and there is a ``hop``, no router did.
    """

    largest_bytes: int | None
    hop: int | None = None
    told_by: str = ""

    @property
    def is_black_hole(self) -> bool:
        """Whether large packets are lost without an ICMP error."""
        return self.hop is not None and not self.told_by


async def measure_packet_size(
    tracer: Tracer, *, full_bytes: int, floor_bytes: int, near: Sequence[int], timeout_s: float
) -> PacketSize:
    """
    Return the packet size of a path whose target answers small packets.

    ``full_bytes`` is the MTU of the link itself, ``floor_bytes`` the minimum MTU of any path.
    ``near`` are the answering hops before the target, in order. A healthy path needs one exchange;
    one that loses large packets about a dozen, 20 to 40 kB.
    """
    size_bytes, told_by, hop = full_bytes, "", None
    for _ in range(_TOLD_AT_MOST):
        answer = await _send_probe(tracer, _BEYOND_HOPS, size_bytes, timeout_s)
        if answer is not None and _is_from_target(answer):
            return PacketSize(largest_bytes=size_bytes, hop=hop, told_by=told_by)
        told_bytes = None if answer is None else answer.reply.mtu_bytes
        if answer is None or told_bytes is None or not floor_bytes <= told_bytes < size_bytes:
            break
        if not told_by:
            told_by = answer.reply.address
            hop = await _reach(tracer, size_bytes, near, timeout_s)
        size_bytes = told_bytes
    hop = await _reach(tracer, size_bytes, near, timeout_s)
    return PacketSize(
        largest_bytes=await _largest(tracer, floor_bytes, size_bytes, timeout_s), hop=hop
    )


async def _reach(tracer: Tracer, size_bytes: int, near: Sequence[int], timeout_s: float) -> int:
    """Return the last of these hops that packets of a size reach; 0: none of them."""
    low, high = 0, len(near)
    while low < high:
        middle = (low + high) // 2
        answer = await _send_probe(tracer, near[middle], size_bytes, timeout_s)
        if answer is not None and answer.reply.reason is None:
            low = middle + 1
        else:
            high = middle
    return near[low - 1] if low else 0


async def _largest(
    tracer: Tracer, floor_bytes: int, ceiling_bytes: int, timeout_s: float
) -> int | None:
    """
    Return the largest size below ``ceiling_bytes`` that gets through; ``None`` if no size does.
    """
    if not await _passes(tracer, floor_bytes, timeout_s):
        return None
    low, high = floor_bytes, ceiling_bytes
    while high - low > 1:
        between = [size for size in COMMON_SIZES if low < size < high]
        size = between[len(between) // 2] if between else (low + high) // 2
        if await _passes(tracer, size, timeout_s):
            low = size
        else:
            high = size
    return low


async def _passes(tracer: Tracer, size_bytes: int, timeout_s: float) -> bool:
    answer = await _send_probe(tracer, _BEYOND_HOPS, size_bytes, timeout_s)
    return answer is not None and _is_from_target(answer)


async def _send_probe(
    tracer: Tracer, hops: int, size_bytes: int, timeout_s: float
) -> TimedReply | None:
    """Return the answer to a probe; a single one may be lost, so it is sent once more."""
    for _ in range(_TRIES):
        sent = tracer.send(hops, size_bytes)
        await tracer.wait_for([sent], timeout_s)
        if sent.is_settled:
            return sent.answer
    return None


def _is_from_target(answer: TimedReply) -> bool:
    return answer.reply.is_target and answer.reply.reason is None
