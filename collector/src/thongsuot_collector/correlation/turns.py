"""Turns: how long each piece of work holds the event loop, and the longest recent one."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

R = TypeVar("R")

_MINUTE_S = 60.0
_TURN_S = 0.02
"""Maximum wait of other tasks while batches are processed."""


class TurnTimer:
    """
    Times turns of the event loop; ``longest_s`` is the longest of the last one to two minutes.

    While a turn lasts no push is answered and nobody is notified, so it is watched. ``on_work`` is
    called with each site that a turn was for, and the processor time that it took.
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self.on_work: Callable[[str, float], None] = lambda _site, _took_s: None
        self._clock_s = clock_s
        self._yielded_s = clock_s()
        self._minute = 0
        self._longest_s = self._longest_before_s = 0.0
        self._ended_s = clock_s()
        self._pause_until_s = self._ended_s

    @contextmanager
    def turn(self, sites: Iterable[str] = ()) -> Iterator[None]:
        """
        Measure the time spent inside, attributed in equal parts to these sites; it must not await.
        """
        began_s, worked_s = self._clock_s(), time.thread_time()
        try:
            yield
        finally:
            counts = Counter(sites)
            each_s = (time.thread_time() - worked_s) / max(1, counts.total())
            for site, count in counts.items():
                self.on_work(site, each_s * count)
            self._end_turn(began_s)

    def timed(self, site: str, work: Callable[[], R]) -> R:
        """Do some work for a site in one turn, and return its result; called for every batch."""
        began_s, worked_s = self._clock_s(), time.thread_time()
        try:
            return work()
        finally:
            self.on_work(site, time.thread_time() - worked_s)
            self._end_turn(began_s)

    async def run_in_slices(
        self,
        steps: Generator[None, None, R],
        sites: Sequence[str],
        then: Callable[[R], None],
    ) -> None:
        """
        Run steps to their end, for some sites, and yield to the loop in between; ``then`` gets
        their result.
        """
        try:
            while True:
                if self._run_slice(steps, sites, then):
                    return
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            # Work that has begun is completed, so that no incomplete state is written at the end.
            while not self._run_slice(steps, sites, then):
                pass
            raise

    def _run_slice(
        self, steps: Generator[None, None, R], sites: Sequence[str], then: Callable[[R], None]
    ) -> bool:
        """Run steps for as long as others may wait; return whether that was their end."""
        with self.turn(sites):
            began_s = self._clock_s()
            while self._clock_s() - began_s < _TURN_S:
                try:
                    next(steps)
                except StopIteration as done:
                    then(done.value)
                    return True
        return False

    def is_pause_over(self) -> bool:
        """Return whether incidents may be made again, after as long as that took last time."""
        return self._clock_s() >= self._pause_until_s

    @contextmanager
    def pausing_as_long(self) -> Iterator[None]:
        """
        Measure how long it takes to make incidents, for ``is_pause_over``.

        With ten thousand sites in one incident it takes a second after every read, and the entries
        themselves have to be processed as well (2026-12: 125 a second of the 667 that came).
        """
        began_s = self._clock_s()
        try:
            yield
        finally:
            ended_s = self._clock_s()
            self._pause_until_s = ended_s + (ended_s - began_s)

    async def yield_if_due(self) -> None:
        """Yield to other tasks if this one has held the loop for long enough."""
        now_s = self._clock_s()
        if now_s - self._yielded_s > _TURN_S:
            await asyncio.sleep(0)
            self._yielded_s = self._clock_s()

    @property
    def longest_s(self) -> float:
        """The longest turn of this minute and the one before."""
        self._move_to(self._clock_s())
        return max(self._longest_s, self._longest_before_s)

    @property
    def idle_s(self) -> float:
        """The time since the last turn, or since the start if there was none."""
        return self._clock_s() - self._ended_s

    def _end_turn(self, began_s: float) -> None:
        self._ended_s = ended_s = self._clock_s()
        self._move_to(ended_s)
        self._longest_s = max(self._longest_s, ended_s - began_s)

    def _move_to(self, now_s: float) -> None:
        minute = int(now_s // _MINUTE_S)
        if minute != self._minute:
            is_next = minute == self._minute + 1
            self._longest_before_s = self._longest_s if is_next else 0.0
            self._longest_s, self._minute = 0.0, minute
