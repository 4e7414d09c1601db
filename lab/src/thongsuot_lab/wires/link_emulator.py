"""
One direction of a wire as arithmetic: when a frame that arrives now comes out, if at all.

Pure: the time comes with each frame, randomness from a given generator. Times are integer
nanoseconds of one monotonic clock.
"""

import random
from dataclasses import dataclass, field

from thongsuot_lab.topology.model import PERFECT, Impairment

NS = 1_000_000_000


@dataclass(slots=True)
class LinkEmulator:
    """Delay, jitter, loss, reordering, rate and queue of one direction, with its counters."""

    random: random.Random
    impairment: Impairment = PERFECT
    arrived: int = 0
    lost: int = 0
    overflowed: int = 0
    _free_at_ns: int = field(default=0, repr=False)
    _last_due_ns: int = field(default=0, repr=False)

    def due_ns(self, arrived_ns: int, size_bytes: int) -> int | None:
        """Return when the frame comes out, or None if the wire lost it or its queue was full."""
        wire = self.impairment
        self.arrived += 1
        if wire.loss_ratio and self.random.random() < wire.loss_ratio:
            self.lost += 1
            return None
        sent_ns = arrived_ns
        if wire.rate_bps is not None:
            start_ns = max(arrived_ns, self._free_at_ns)
            if start_ns - arrived_ns > wire.queue_s * NS:
                self.overflowed += 1
                return None
            sent_ns = self._free_at_ns = start_ns + int(size_bytes * 8 * NS / wire.rate_bps)
        if wire.reorder_ratio and self.random.random() < wire.reorder_ratio:
            return sent_ns
        delay_s = wire.delay_s
        if wire.jitter_s:
            delay_s = max(0.0, delay_s + self.random.uniform(-wire.jitter_s, wire.jitter_s))
        # A queue keeps its order, so a frame with little delay waits for the one before it.
        self._last_due_ns = max(self._last_due_ns, sent_ns + int(delay_s * NS))
        return self._last_due_ns

    def set_impairment(self, impairment: Impairment) -> None:
        """Change the impairment; frames already in the wire come out as scheduled."""
        self.impairment = impairment
        self._free_at_ns = 0
        self._last_due_ns = 0
