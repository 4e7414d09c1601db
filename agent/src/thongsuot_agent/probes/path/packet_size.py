"""
The largest packet that a path takes, and the hop behind which larger ones vanish.

By asking with packets that must not be cut up (RFC 8899, in the manner of RFC 4821), because a
black hole is a path whose routers do not say "too big". Sizes include the IP header.
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
"""Sizes at which tunnels, PPPoE and mobile cores cut; the first guess at where it lies."""

_TRIES = 2
_BEYOND_HOPS = 64
_TOLD_AT_MOST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketSize:
    """
    What a path takes.

    ``largest_bytes`` is the largest that got there and back, ``None`` where none of the sizes
    tried did. ``hop`` is the last hop that full packets reach, ``None`` where they reach the
    target. ``told_by`` is the router that said "too big"; empty with a ``hop``: nobody did.
    """

    largest_bytes: int | None
    hop: int | None = None
    told_by: str = ""

    @property
    def is_black_hole(self) -> bool:
        """Whether large packets vanish without a word."""
        return self.hop is not None and not self.told_by


async def measure_packet_size(
    tracer: Tracer, *, full_bytes: int, floor_bytes: int, near: Sequence[int], timeout_s: float
) -> PacketSize:
    """
    Return what a path takes whose target answers small packets.

    ``full_bytes`` is what the link itself takes, ``floor_bytes`` what any path must take. ``near``
    are the hops before the target that answer, in their order. One exchange where nothing is
    wrong; where large packets vanish about a dozen, 20 to 40 kB.
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
    """Return the largest size below ``ceiling_bytes`` that gets through, ``None``: no size does."""
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
    """Return what answers a probe; a single one may be lost, so it is sent again once."""
    for _ in range(_TRIES):
        sent = tracer.send(hops, size_bytes)
        await tracer.wait_for([sent], timeout_s)
        if sent.is_settled:
            return sent.answer
    return None


def _is_from_target(answer: TimedReply) -> bool:
    return answer.reply.is_target and answer.reply.reason is None
