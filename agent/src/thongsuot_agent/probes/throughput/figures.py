"""
Computes metrics from byte counts; pure.

Rates are goodput: bytes of the body, divided by the time after the slow start. Responsiveness
follows the idea of draft-ietf-ippm-responsiveness: round trips per minute of small requests on
separate connections while the link is full. Simplifications: requests are not on the loaded
connections themselves (those use HTTP/1.1), the number of streams is fixed, and the load ends by
time instead of by stability.
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
    """Return bytes per second after the slow start; ``None`` if the remaining time is too short."""
    # The first and the last bin are partly inside the test. Data after the end of the test is from
    # draining buffers, one stream after the other.
    first = max(1, round(warmup_s / BIN_S))
    bins = load.bins[first:-1][: round(duration_s / BIN_S)]
    if len(bins) * BIN_S < SHORTEST_S:
        return None
    return sum(bins) / (len(bins) * BIN_S)


def latency(echoes: Sequence[RequestTiming]) -> float | None:
    """
    Return the median time to open a connection, which is one round trip; ``None`` without any.
    """
    return median([echo.connect_s for echo in echoes]) if echoes else None


def responsiveness(echoes: Sequence[RequestTiming]) -> float | None:
    """Return round trips per minute; ``None`` without any request."""
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
    """The mean of the smallest 95 %: a request that lost a packet is an outlier."""
    kept = sorted(values)[: max(1, int(len(values) * _TRIM))]
    return sum(kept) / len(kept)
