"""
From counts to figures; pure.

Rates are goodput: bytes of the body, over the time after the slow start. Responsiveness follows the
idea of draft-ietf-ippm-responsiveness: round trips a minute of small requests on connections of
their own while the link is full. Simplified: not on the loaded connections themselves (those speak
HTTP/1.1), streams are a fixed number, and the load ends by the clock instead of by stability.
"""

from collections.abc import Sequence

from thongsuot_agent.probing.link_load.protocol import LoadReport, RequestTiming
from thongsuot_schema.statistics import median
from thongsuot_schema.throughput import BIN_S

SHORTEST_S = 1.0
"""Less than this after the slow start is not enough for a rate."""

_TRIM = 0.95
_GRADES = ((0.005, 1), (0.030, 2), (0.060, 3), (0.200, 4), (0.400, 5))


def rate(load: LoadReport, warmup_s: float, duration_s: float) -> float | None:
    """Return bytes per second after the slow start; ``None`` when too little is left to tell."""
    # The last bin ends inside of it, and the first began inside of it. What comes after the time of
    # the test are buffers that drain, one stream after the other.
    first = max(1, round(warmup_s / BIN_S))
    bins = load.bins[first:-1][: round(duration_s / BIN_S)]
    if len(bins) * BIN_S < SHORTEST_S:
        return None
    return sum(bins) / (len(bins) * BIN_S)


def latency(echoes: Sequence[RequestTiming]) -> float | None:
    """Return the median time to open a connection, which is a round trip; ``None`` of none."""
    return median([echo.connect_s for echo in echoes]) if echoes else None


def responsiveness(echoes: Sequence[RequestTiming]) -> float | None:
    """Return round trips a minute; ``None`` when there was no request."""
    if not echoes:
        return None
    phases = [[echo.connect_s for echo in echoes], [echo.first_byte_s for echo in echoes]]
    secured = [echo.tls_s for echo in echoes if echo.tls_s is not None]
    if secured:
        phases.append(secured)
    means = [_trimmed_mean(phase) for phase in phases]
    mean_s = sum(means) / len(means)
    return 60.0 / mean_s if mean_s > 0 else None


def grade(added_s: float) -> int:
    """
    Return the grade of the latency that load adds: 1 (A+, below 5 ms), 2 (A, 30), 3 (B, 60), 4 (C,
    200), 5 (D, 400), 6 (F).
    """
    return next((number for limit_s, number in _GRADES if added_s < limit_s), 6)


def _trimmed_mean(values: Sequence[float]) -> float:
    """The mean of the smallest 95 %: one request that lost a packet is not the rule."""
    kept = sorted(values)[: max(1, int(len(values) * _TRIM))]
    return sum(kept) / len(kept)
