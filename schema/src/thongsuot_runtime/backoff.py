"""Backoff: the wait before the next retry. Pure, except for the given randomness."""

from collections.abc import Callable


class Backoff:
    """
    Waits that double from ``first_s`` to ``limit_s``, each shortened at random by up to a half.

    ``random`` returns a number from 0 to 1, so that many senders do not retry at once.
    """

    def __init__(self, *, first_s: float, limit_s: float, random: Callable[[], float]) -> None:
        self._first_s = first_s
        self._limit_s = limit_s
        self._random = random
        self.failures = 0
        """Failures since the last success."""

    def next_wait_s(self, *, at_least_s: float = 0.0) -> float:
        """Count a failure; return the wait, which is not less than the other side requested."""
        doubled_s = min(self._limit_s, self._first_s * 2.0 ** min(self.failures, 32))
        self.failures += 1
        return max(at_least_s, doubled_s * (1.0 - 0.5 * self._random()))

    def reset(self) -> int:
        """Reset the number of failures, and return it."""
        failures, self.failures = self.failures, 0
        return failures

    def is_worth_logging(self) -> bool:
        """Whether this failure is to be logged: the first, and then one per doubling."""
        return self.failures & (self.failures - 1) == 0
