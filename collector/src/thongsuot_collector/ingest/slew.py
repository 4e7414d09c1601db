"""
Slew: the epochs of a boot's batches change gradually from one to the next, as ``adjtime`` does.

An epoch that moved back between two batches could date two results of a series at the same
millisecond, and a database keeps one of them. So each batch is dated near its neighbours in its
stream: also when a backlog comes in behind newer batches, and after a restart or through another
collector, because the journal knows how the neighbours were dated. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from thongsuot_collector.journal.journal import StreamNeighbours
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.batch.conversion import NS_PER_MS

STEP_NS = 2 * 10**9
"""From this difference on a clock was wrong: that is corrected at once."""

_RATIO = 100
"""
An epoch moves by no more than this part of the time that a batch covers: 0.15 s of 15 s, less than
the distance between two runs of a series.
"""

_CHAINS = 4
"""
Chains of batches in memory of each boot: the fresh ones, the backlog's, and one of each from before
an agent's restart.
"""

BatchKey = tuple[str, int]
"""Stream and number."""


class BatchSpan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A batch: its name, and the boot times of the first and the last event in it."""

    stream: str
    number: int
    first_ns: int
    last_ns: int


def span_of(columns: Columns) -> BatchSpan:
    """Return the span of a batch; without a result it begins when it was sealed."""
    header = columns.header
    if columns.earliest_ms is None:
        first_ns = header.clock.boottime_ns
    else:
        first_ns = columns.earliest_ms * NS_PER_MS
    return BatchSpan(
        stream=header.stream,
        number=header.number,
        first_ns=first_ns,
        last_ns=columns.latest_boottime_ns,
    )


@dataclass(slots=True)
class Slew:
    """
    How the batches of a boot were dated.

    ``tails`` are the epochs of the last batch of each chain of successive numbers, ``heads`` those
    of the batches that had no predecessor: a backlog ends there. ``newest_ns`` is the epoch of the
    batch with the latest events, ``until_ns`` their boot time.
    """

    tails: dict[BatchKey, int] = field(default_factory=dict)
    heads: dict[BatchKey, int] = field(default_factory=dict)
    newest_ns: int | None = None
    until_ns: int = 0

    def is_known(self, stream: str, number: int) -> bool:
        """Return whether the neighbours of a batch need not be looked up."""
        return (stream, number) in self.tails or (stream, number - 1) in self.tails

    def slewed_ns(self, epoch_ns: int, batch: BatchSpan, stored: StreamNeighbours) -> int:
        """Return the epoch of a batch, near ``epoch_ns`` and those of its neighbours."""
        again_ns = self.tails.get((batch.stream, batch.number))
        if again_ns is None and stored.up_to is not None and stored.up_to[0] == batch.number:
            again_ns = stored.up_to[1]
        if again_ns is not None:  # the push is repeated
            return again_ns
        if stored.above is not None:
            self.heads[batch.stream, stored.above[0]] = stored.above[1]
        windows = [
            (reference_ns - distance_ns // _RATIO, reference_ns + distance_ns // _RATIO)
            for reference_ns, distance_ns in self._references(batch, stored)
            if abs(epoch_ns - reference_ns) < STEP_NS
        ]
        if not windows:
            return epoch_ns
        lowest_ns, highest_ns = max(low for low, _ in windows), min(high for _, high in windows)
        if lowest_ns > highest_ns:  # two neighbours are too far apart: half of it to each
            return (lowest_ns + highest_ns) // 2
        return min(max(epoch_ns, lowest_ns), highest_ns)

    def _references(self, batch: BatchSpan, stored: StreamNeighbours) -> Iterator[tuple[int, int]]:
        """Yield the epochs of neighbours, and the boot time between them and the batch."""
        stream, number = batch.stream, batch.number
        span_ns = max(0, batch.last_ns - batch.first_ns)
        below_ns = self.tails.get((stream, number - 1))
        above_ns = self.heads.get((stream, number + 1))
        below = stored.up_to if below_ns is None else (number - 1, below_ns)
        above = stored.above if above_ns is None else (number + 1, above_ns)
        if below is not None:
            yield below[1], span_ns * (number - below[0])
        if above is not None:
            yield above[1], span_ns * (above[0] - number)
        if (below is None or below[0] < number - 1) and self.newest_ns is not None:
            # The first one after a restart of the agent, or after an outage.
            yield self.newest_ns, abs(batch.last_ns - self.until_ns)

    def note(self, epoch_ns: int, batch: BatchSpan) -> None:
        """Record how a batch was dated."""
        stream, number = batch.stream, batch.number
        key = (stream, number)
        has_before = self.tails.pop((stream, number - 1), None) is not None
        if not has_before and number > 1 and key not in self.tails:
            self.heads[key] = epoch_ns
        self.heads.pop((stream, number + 1), None)
        self.tails[key] = epoch_ns
        for chains in (self.tails, self.heads):
            while len(chains) > _CHAINS:
                del chains[next(iter(chains))]
        if batch.last_ns >= self.until_ns:
            self.newest_ns, self.until_ns = epoch_ns, batch.last_ns

    def forget(self, stream: str, number: int) -> None:
        """Forget how a batch was dated: the journal may have it from another collector."""
        self.tails.pop((stream, number), None)
        self.heads.pop((stream, number), None)
        self.newest_ns, self.until_ns = None, 0
