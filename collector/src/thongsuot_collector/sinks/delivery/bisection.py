"""
What is refused: found by halving, dropped alone, and counted, for every sink alike.

A receiver that refuses something of a request says so for the whole of it, and some roll the whole
back. Asked for halves, it takes all but what is really refused.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from thongsuot_collector.metrics import Metrics
from thongsuot_collector.sinks.delivery.http_status import DeliveryAction

_GIVE_UP_AFTER = 256
"""
Items refused one after the other without any that is taken: the receiver takes nothing of this
kind (no out-of-order window), and asking for each of ten thousand would take minutes.
"""


class Divisible(Protocol):
    """What is taken or refused as a whole."""

    @property
    def time_ms(self) -> int:
        """When it was measured."""

    @property
    def count(self) -> int:
        """How many samples it holds."""


T = TypeVar("T", bound=Divisible)


class SampleCounter:
    """Counts what became of samples, for one sink."""

    def __init__(self, name: str, metrics: Metrics) -> None:
        self._name = name
        self._metrics = metrics

    def sent(self, count: int) -> None:
        """Count samples that the receiver has."""
        self._metrics.sent_samples.labels(self._name).inc(count)

    def drop(self, count: int, reason: str) -> None:
        """Count samples that it will never have."""
        if count:
            self._metrics.dropped_samples.labels(self._name, reason).inc(count)


async def deliver_by_bisection(
    items: Sequence[T],
    ask: Callable[[Sequence[T]], Awaitable[tuple[DeliveryAction, str]]],
    *,
    counter: SampleCounter,
    is_too_old: Callable[[str], bool],
) -> None:
    """
    Deliver items of which some are refused, in order of time, all but those.

    ``ask`` returns ``done`` or ``split`` and what the receiver said; ``is_too_old`` recognises in
    that a refusal which holds for everything that is older as well.
    """
    waiting: list[Sequence[T]] = [sorted(items, key=lambda item: item.time_ms)]
    too_old_ms = 0
    refused = 0
    while waiting:
        half = waiting.pop()
        part = [item for item in half if item.time_ms > too_old_ms]
        counter.drop(_count(half) - _count(part), "too_old")
        if refused >= _GIVE_UP_AFTER:
            counter.drop(_count(part), "refused")
            continue
        if not part:
            continue
        action, text = await ask(part)
        if action is DeliveryAction.DONE:
            counter.sent(_count(part))
            refused = 0
        elif len(part) > 1:
            middle = len(part) // 2
            older, newer = part[:middle], part[middle:]
            # The last one is sent first. Without an out-of-order window that has to be the
            # older half; with one, the newer half finds the window's edge in few requests.
            waiting += (older, newer) if is_too_old(text) else (newer, older)
        elif is_too_old(text):
            too_old_ms = part[0].time_ms
            counter.drop(_count(part), "too_old")
        else:
            refused += 1
            counter.drop(_count(part), "refused")


def _count(items: Sequence[Divisible]) -> int:
    return sum(item.count for item in items)
