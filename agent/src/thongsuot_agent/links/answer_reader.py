"""
Answer reader: when a channel reads the answers that wait in its socket.

A round over two links in both families has four answers, milliseconds apart. Their time is that of
the kernel's timestamps, so they need not be read as they arrive: read together, they wake the
process once.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass

AFTER_S = 0.03
"""
Answers are read this long after the request, or half as long again as the answer before took, so
that one wake-up serves all links and families.
"""
WITHIN_S = 0.15
"""A destination that takes longer is listened to all the time: its result must not wait."""
GRID_S = 0.01
"""The moments of reading, so that all links and families share them."""
JOIN_S = WITHIN_S - AFTER_S
"""
A reading waits this much longer for slower answers at most: the answers of a fibre and of a 5G
link to one round were read in two wake-ups, one of seven a second (2026-12).
"""
_JOIN_STEPS = round(JOIN_S / GRID_S)


@dataclass(slots=True, kw_only=True, eq=False)
class _Reading:
    """A moment of reading, in steps of the grid; it is never postponed beyond ``latest``."""

    moment: int
    latest: int
    callbacks: list[Callable[[], None]]
    timer: asyncio.TimerHandle


class ReadingMoments:
    """Calls several channels at one moment, with one timer; belongs to an event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._readings: list[_Reading] = []

    def is_of_this_loop(self) -> bool:
        """Return whether this object belongs to the running event loop."""
        return self._loop is asyncio.get_running_loop()

    def call_after(self, after_s: float, callback: Callable[[], None]) -> float:
        """
        Call a function after a time, with what else is called within ``JOIN_S`` of it; returns the
        latest possible moment (the loop's time).
        """
        moment = math.ceil((self._loop.time() + after_s) / GRID_S)
        for reading in self._readings:
            if moment <= reading.latest and reading.moment <= moment + _JOIN_STEPS:
                break
        else:
            reading = self._begin(moment)
        if moment > reading.moment:
            reading.timer.cancel()
            reading.moment, reading.timer = moment, self._timer(moment, reading.callbacks)
        reading.callbacks.append(callback)
        return reading.latest * GRID_S

    def _begin(self, moment: int) -> _Reading:
        callbacks: list[Callable[[], None]] = []
        reading = _Reading(
            moment=moment,
            latest=moment + _JOIN_STEPS,
            callbacks=callbacks,
            timer=self._timer(moment, callbacks),
        )
        self._readings.append(reading)
        return reading

    def _timer(self, moment: int, callbacks: list[Callable[[], None]]) -> asyncio.TimerHandle:
        return self._loop.call_at(moment * GRID_S, self._call, callbacks)

    def _call(self, callbacks: list[Callable[[], None]]) -> None:
        self._readings = [each for each in self._readings if each.callbacks is not callbacks]
        for callback in callbacks:
            # In this turn of the event loop; one turn more for each channel costs more than its
            # reading. The failure of one must not keep the others from their answers.
            try:
                callback()
            except Exception as error:  # noqa: BLE001 - the loop reports it, as of any callback
                self._loop.call_exception_handler(
                    {"message": "cannot read answers", "exception": error}
                )


_moments: ReadingMoments | None = None


def reading_moments() -> ReadingMoments:
    """Return the running event loop's moments; created on first use."""
    global _moments  # noqa: PLW0603 - all links of a device share them
    if _moments is None or not _moments.is_of_this_loop():
        _moments = ReadingMoments()
    return _moments


class AnswerReader:
    """
    Calls ``read`` when answers may have arrived on ``listener``; ``await_rest`` is called if they
    were read together, and returns whether any is missing.

    A destination whose last answer was stamped by the kernel is read together with others; one that
    is new, slow, or did not answer the last time is listened to, and read as it answers.
    """

    def __init__(
        self, listener: int, read: Callable[[], None], await_rest: Callable[[], bool]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._moments = reading_moments()
        self._listener = listener
        self._read = read
        self._await_rest = await_rest
        self._is_listening = False
        self._reads_at_s: float | None = None
        self._is_closed = False
        self._after_s: dict[bytes, float] = {}

    def expect_answer(self, destination: bytes, deadline_s: float, *, is_alone: bool) -> bool:
        """
        Choose when to read; ``is_alone``: nothing else is expected.

        Returns whether ``await_rest`` will be called before the deadline (the loop's time).
        """
        after_s = self._after_s.get(destination)
        if after_s is None:
            self._listen()
        elif self._is_listening and is_alone:
            self._stop_listening()
        if after_s is not None and self._reads_at_s is None and not self._is_listening:
            self._reads_at_s = self._moments.call_after(after_s, self._read_together)
        return self._reads_at_s is not None and self._reads_at_s < deadline_s

    def note_answer(self, destination: bytes, rtt_s: float, *, is_stamped: bool) -> None:
        """Record an answer; ``is_stamped``: its time does not depend on when it is read."""
        after_s = max(AFTER_S, 1.5 * rtt_s)
        if is_stamped and after_s <= WITHIN_S:
            self._after_s[destination] = after_s
        else:
            self._after_s.pop(destination, None)

    def note_silence(self, destination: bytes) -> None:
        """Record that an answer did not come in time."""
        self._after_s.pop(destination, None)

    def close(self) -> None:
        """Read nothing more."""
        self._is_closed = True
        self._stop_listening()

    def _read_together(self) -> None:
        self._reads_at_s = None
        if self._is_closed:
            return
        try:
            self._read()
        finally:
            if self._await_rest():
                self._listen()  # the others take longer than the last time, or are lost

    def _listen(self) -> None:
        if not self._is_listening:
            self._loop.add_reader(self._listener, self._read)
            self._is_listening = True

    def _stop_listening(self) -> None:
        if self._is_listening:
            self._loop.remove_reader(self._listener)
            self._is_listening = False
