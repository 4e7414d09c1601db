"""
The throughput test on the wire: the paths of its requests, and a receiver's counts.

A receiver counts bytes by its own clock, in bins whose edges are at multiples of ``BIN_S`` of that
clock: bins of several streams to one receiver can be added.
"""

from collections.abc import Mapping, Sequence

import msgspec

PATH = "/throughput/"
PATH_NOTHING = f"{PATH}nothing"
"""GET: an empty answer at once, for latency."""
PATH_DOWN = f"{PATH}down"
"""GET: bytes, for ``seconds`` or as many as ``bytes``."""
PATH_UP = f"{PATH}up"
"""POST: bytes, which are counted; the answer is a ``ThroughputReport``."""

BIN_S = 0.1
LONGEST_S = 30.0
LARGEST_BYTES = 4 << 30


class ThroughputReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    A receiver's count of one stream: ``bins`` bytes each, the first one number ``first``.

    ``took_s`` is from the first byte to the last.
    """

    received_bytes: int
    took_s: float
    first: int
    bins: tuple[int, ...]


class ByteCounter:
    """Counts received bytes by times of one monotonic clock."""

    def __init__(self) -> None:
        self._bins: dict[int, int] = {}
        self._begin_s: float | None = None
        self._end_s = 0.0
        self.received_bytes = 0

    def add(self, size_bytes: int, now_s: float) -> None:
        """Count some bytes."""
        if self._begin_s is None:
            self._begin_s = now_s
        self._end_s = now_s
        self.received_bytes += size_bytes
        number = int(now_s / BIN_S)
        self._bins[number] = self._bins.get(number, 0) + size_bytes

    def receipt(self) -> ThroughputReport:
        """Return the counts."""
        first = min(self._bins, default=0)
        last = max(self._bins, default=-1)
        return ThroughputReport(
            received_bytes=self.received_bytes,
            took_s=0.0 if self._begin_s is None else self._end_s - self._begin_s,
            first=first,
            bins=tuple(self._bins.get(number, 0) for number in range(first, last + 1)),
        )


def sum_bins(receipts: Sequence[ThroughputReport]) -> Mapping[int, int]:
    """Return the bins of several streams together, by number."""
    total: dict[int, int] = {}
    for receipt in receipts:
        for place, size_bytes in enumerate(receipt.bins):
            number = receipt.first + place
            total[number] = total.get(number, 0) + size_bytes
    return total
