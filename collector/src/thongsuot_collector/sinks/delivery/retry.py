"""
Retries until the receiver accepts: growing waits, one log line per doubling, and one for the
recovery.
"""

import asyncio
import logging
import random
import time

from thongsuot_collector.sinks.delivery.http_status import DeliveryAction
from thongsuot_runtime.backoff import Backoff

_OPERATOR_FACTOR, _OPERATOR_LIMIT_FACTOR = 10.0, 5.0
"""A change by a person takes longer than seconds: 10 s growing to five minutes by default."""

_log = logging.getLogger(__name__)


class DeliveryRetry:
    """
    The waits of one sink between attempts.

    They double from ``min_backoff_s`` to ``max_backoff_s``; if a person has to change something,
    they are longer.
    """

    def __init__(self, name: str, *, min_backoff_s: float, max_backoff_s: float) -> None:
        self._name = name
        self._backoff = Backoff(first_s=min_backoff_s, limit_s=max_backoff_s, random=random.random)
        self._operator_backoff = Backoff(
            first_s=_OPERATOR_FACTOR * min_backoff_s,
            limit_s=_OPERATOR_LIMIT_FACTOR * max_backoff_s,
            random=random.random,
        )
        self._failing_since_s: float | None = None

    async def wait(
        self, action: DeliveryAction, reason: str, *, size_bytes: int, at_least_s: float = 0.0
    ) -> None:
        """Wait after a failed attempt, at least as long as the receiver requested."""
        is_transient = action is DeliveryAction.RETRY
        backoff = self._backoff if is_transient else self._operator_backoff
        wait_s = backoff.next_wait_s(at_least_s=at_least_s)
        if backoff.is_worth_logging():
            _log.log(
                logging.WARNING if is_transient else logging.ERROR,
                "cannot deliver (%d bytes) sink=%s: %s; nothing is dropped, retrying in %.0f s",
                size_bytes,
                self._name,
                reason,
                wait_s,
            )
        if self._failing_since_s is None:
            self._failing_since_s = time.monotonic()
        await asyncio.sleep(wait_s)

    def succeed(self) -> int:
        """Reset to the shortest wait; return the number of failed attempts until now."""
        failures = self._backoff.reset() + self._operator_backoff.reset()
        if failures and self._failing_since_s is not None:
            took_s = time.monotonic() - self._failing_since_s
            _log.info(
                "sink recovered sink=%s after %.0f s, %d failures", self._name, took_s, failures
            )
        self._failing_since_s = None
        return failures
