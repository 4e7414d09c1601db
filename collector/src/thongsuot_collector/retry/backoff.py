"""Backoff: how long to wait before trying again. Pure but for the randomness it is given."""

from collections.abc import Callable
from email.utils import parsedate_to_datetime

_RETRY_AFTER_LIMIT_S = 600.0
"""A receiver that asks for more than this is asked again earlier."""


class Backoff:
    """
    Waits that double from ``first_s`` to ``limit_s``, each shortened at random by up to a half.

    ``random`` returns a number from 0 to 1, so that many senders do not come back at once.
    """

    def __init__(self, *, first_s: float, limit_s: float, random: Callable[[], float]) -> None:
        self._first_s = first_s
        self._limit_s = limit_s
        self._random = random
        self.failures = 0
        """Failures since the last success."""

    def failed(self, *, at_least_s: float = 0.0) -> float:
        """Count a failure, and return how long to wait; not less than the receiver asked for."""
        doubled_s = min(self._limit_s, self._first_s * 2.0 ** min(self.failures, 32))
        self.failures += 1
        return max(at_least_s, doubled_s * (1.0 - 0.5 * self._random()))

    def succeeded(self) -> int:
        """Forget the failures; return how many there were."""
        failures, self.failures = self.failures, 0
        return failures

    def is_worth_logging(self) -> bool:
        """Whether this failure is one to log: the first, and then once per doubling."""
        return self.failures & (self.failures - 1) == 0


def retry_after_s(header: str, *, now_s: float) -> float:
    """
    Return the wait a ``Retry-After`` header asks for, 0 where it cannot be read.

    Source: RFC 9110, 10.2.3: seconds, or a date.
    """
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _RETRY_AFTER_LIMIT_S)
    try:
        at_s = parsedate_to_datetime(text).timestamp()
    except ValueError:
        return 0.0
    return min(max(0.0, at_s - now_s), _RETRY_AFTER_LIMIT_S)
