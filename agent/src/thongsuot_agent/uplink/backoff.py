"""How long to wait after a push that failed. Pure."""

from collections.abc import Callable

FIRST_S = 1.0
LONGEST_S = 60.0
"""
Half of that on average: how long after a repair the first push leaves at the latest, unless a
change of a link or a verdict asks for it at once.
"""


class Backoff:
    """
    Doubling waits with jitter, so that agents cut off together do not come back together.

    ``chance`` returns a number from 0 to 1.
    """

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._failures = 0

    @property
    def failures(self) -> int:
        """Failures in a row."""
        return self._failures

    def next_wait_s(self, *, at_least_s: float = 0.0) -> float:
        """Count a failure; return how long to wait, no less than the other side asked for."""
        longest_s = min(LONGEST_S, FIRST_S * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return max(longest_s * (0.5 + self._jitter() / 2), at_least_s)

    def reset(self) -> None:
        """Begin anew."""
        self._failures = 0
