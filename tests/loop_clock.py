"""The clock of an event loop, put forward: a time limit is over once its test says so."""

import asyncio

import pytest


class LoopClock:
    """
    The clock of the running loop, until the test ends.

    A limit of a second is too long for a test that waits for it, and too short for one that is to
    reach something before: a slow machine takes longer. Here it may be as long as it likes.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._time = asyncio.get_running_loop().time
        self._ahead_s = 0.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", self._now)

    def put_forward(self, by_s: float) -> None:
        """Let time pass, as a machine does that is paused."""
        self._ahead_s += by_s

    def _now(self) -> float:
        return self._time() + self._ahead_s
