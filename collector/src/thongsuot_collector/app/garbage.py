"""
Collection of cyclic garbage in short turns: while it lasts nothing else of the process runs.

Batches are many small objects without cycles: by default Python would look for cycles among all of
them again and again, for a fifth of the CPU. It looks when many more objects were made than freed,
so rarely where batches come and go evenly, and then at all that have survived until then: 100 to
136 ms every 20 s with 6,000 sites that push 400 times a second. Every five seconds it was 30 ms at
most with 1,000 sites that push 667 times a second (CPU time on a busy machine, by ``gc.callbacks``,
2026-12), and 0.3 s while 10,000 sites returned with a backlog: each second it is as much less. What
is dropped before that is never looked at.
"""

import asyncio
import gc

_EVERY_S = 1.0

_MADE = 50_000
"""In a storm it looks more often: when so many more objects were made than freed."""

_YOUNG, _MIDDLE = 600, 100
"""Objects that have survived are looked at again after ten minutes, and all after a day or so."""


def limit_turns() -> None:
    """Set when Python collects by itself; what is there already is not looked at any more."""
    gc.freeze()
    gc.set_threshold(_MADE, _YOUNG, _MIDDLE)


async def collect_young(every_s: float = _EVERY_S) -> None:
    """Collect among the youngest objects, until cancelled."""
    while True:
        await asyncio.sleep(every_s)
        gc.collect(0)
