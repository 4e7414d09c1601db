"""Channel health: a circuit breaker for each channel, shared by all its messages."""

import asyncio
from collections.abc import Callable

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.notify.dispatch.transitions import ChannelReadiness
from thongsuot_collector.notify.message import ChannelOutcome, ChannelResult
from thongsuot_collector.notify.settings import MAX_CONCURRENT_SENDS, NotifySettings
from thongsuot_runtime.backoff import Backoff

_LIMIT_S = 60.0
_PERSON_FIRST_S = 10.0
_PERSON_LIMIT_S = 300.0


class ChannelHealth:
    """
    One channel's health.

    A failure blocks the channel for a while, longer each time; the next success ends that.
    ``failing_since_ns`` is 0 while it works. ``slots`` bounds concurrent attempts.
    """

    def __init__(
        self, *, failing_after_s: float, random: Callable[[], float], first_s: float = 1.0
    ) -> None:
        self.slots = asyncio.Semaphore(MAX_CONCURRENT_SENDS)
        self.failing_since_ns = 0
        self._failing_after_ns = round(failing_after_s * NS_PER_S)
        self._backoff = Backoff(first_s=first_s, limit_s=_LIMIT_S, random=random)
        self._person = Backoff(
            first_s=_PERSON_FIRST_S * first_s, limit_s=_PERSON_LIMIT_S, random=random
        )
        self._ready_ns = 0
        self._noted_ns = 0
        self._is_shut = False

    def readiness(self, now_ns: int) -> ChannelReadiness:
        """Return when it may be tried again, and whether it is working."""
        since_ns = self.failing_since_ns
        is_long = bool(since_ns) and now_ns - since_ns >= self._failing_after_ns
        return ChannelReadiness(self._ready_ns, self._is_shut or is_long)

    def record(self, result: ChannelResult, *, began_ns: int, now_ns: int) -> bool:
        """
        Record the outcome of an attempt; return whether it is worth a line in the log.

        Of several concurrent attempts only the first counts as a failure.
        """
        if result.outcome in {ChannelOutcome.DELIVERED, ChannelOutcome.REJECTED}:
            failures = self._backoff.reset() + self._person.reset()
            self.failing_since_ns, self._ready_ns, self._is_shut = 0, 0, False
            return failures > 0 or result.outcome is ChannelOutcome.REJECTED
        if began_ns < self._noted_ns:
            return False
        self._noted_ns = now_ns
        self.failing_since_ns = self.failing_since_ns or now_ns
        self._is_shut = result.outcome is ChannelOutcome.CHANNEL_UNAVAILABLE
        backoff = self._person if self._is_shut else self._backoff
        wait_s = backoff.next_wait_s(at_least_s=result.retry_after_s)
        self._ready_ns = now_ns + round(wait_s * NS_PER_S)
        return backoff.is_worth_logging()


class HealthByChannel:
    """The health of each channel, by its name; also of channels removed from the configuration."""

    def __init__(self, settings: NotifySettings, *, random: Callable[[], float]) -> None:
        self._settings = settings
        self._random = random
        self._by_name: dict[str, ChannelHealth] = {}

    def of(self, channel: str) -> ChannelHealth:
        """Return the health of a channel."""
        if channel not in self._by_name:
            self._by_name[channel] = ChannelHealth(
                failing_after_s=self._settings.escalate_after_s,
                random=self._random,
                first_s=self._settings.retry_s,
            )
        return self._by_name[channel]
