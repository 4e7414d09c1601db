"""
Metrics that only the event loop changes, without the locks of ``prometheus_client``: every push
counts, 667 times a second.
"""

from bisect import bisect_left
from collections.abc import Iterator
from math import isinf

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily


class LoopCounter:
    """A counter without labels."""

    def __init__(self, name: str, text: str) -> None:
        self._name, self._text = name, text
        self._value = 0

    def inc(self, amount: int) -> None:
        """Add an amount, at least 0."""
        self._value += amount

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the value, as a registry asks for it."""
        yield CounterMetricFamily(self._name, self._text, value=self._value)


class LoopHistogram:
    """A histogram without labels; ``bounds`` are the upper bounds of its buckets, ascending."""

    def __init__(self, name: str, text: str, bounds: tuple[float, ...]) -> None:
        self._name, self._text = name, text
        self._bounds = (*bounds, float("inf"))
        self._counts = [0] * len(self._bounds)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Yield the buckets, as a registry asks for them."""
        total = 0
        buckets: list[tuple[str, float]] = []
        for bound, count in zip(self._bounds, self._counts, strict=True):
            total += count
            buckets.append(("+Inf" if isinf(bound) else str(float(bound)), total))
        yield HistogramMetricFamily(self._name, self._text, buckets=buckets, sum_value=self._sum)
