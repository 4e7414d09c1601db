"""Waiting for what other processes do, with a bound that a slow machine may stretch."""

import time
from collections.abc import Callable
from typing import TypeVar

from tests.timing import MS

T = TypeVar("T")

WAIT_AT_MOST_S = 300_000 * MS
"""
Far more than anything here takes, which is half a minute: a machine that is slow, busy and pauses
takes minutes.
"""

_EVERY_S = 0.1


def wait_for(
    awaited: str,
    ask: Callable[[], T | None],
    *,
    within_s: float = WAIT_AT_MOST_S,
    shown: Callable[[], object] | None = None,
) -> T:
    """Ask until the answer is true, and return it; fail with what was waited for, and ``shown``."""
    deadline = time.monotonic() + within_s
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            instead = "" if shown is None else f"; instead: {shown()}"
            raise AssertionError(f"waited {within_s:.0f} s in vain for {awaited}{instead}")
        time.sleep(_EVERY_S)


def wait_until_none(
    awaited: str, count: Callable[[], int], *, within_s: float = WAIT_AT_MOST_S
) -> None:
    """Ask until nothing is left; fail once it has not become less for a while."""
    fewest, deadline = count(), time.monotonic() + within_s
    while fewest:
        assert time.monotonic() < deadline, f"{fewest} left: waited in vain for {awaited}"
        time.sleep(_EVERY_S)
        left = count()
        if left < fewest:
            fewest, deadline = left, time.monotonic() + within_s
