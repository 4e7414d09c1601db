"""
Bisection: finds refused items by halving, drops only these, and counts them, for all sinks.

A receiver that refuses an item of a request refuses the whole request, and some roll all of it
back. With halves, it accepts everything except the really refused items.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from thongsuot_collector.metrics import Metrics
from thongsuot_collector.sinks.delivery.http_status import DeliveryAction

_GIVE_UP_AFTER = 256
"""
Consecutive refusals without an accepted item: the receiver accepts nothing of this kind (no
out-of-order window), and trying each of ten thousand would take minutes.
"""


class Divisible(Protocol):
    """An item that is accepted or refused as a whole."""

    @property
    def time_ms(self) -> int:
        """The time of its measurement."""

    @property
    def count(self) -> int:
        """The number of its samples."""


T = TypeVar("T", bound=Divisible)


class SampleCounter:
    """Counts the outcomes of samples, for one sink."""

    def __init__(self, name: str, metrics: Metrics) -> None:
        self._name = name
        self._metrics = metrics

    def sent(self, count: int) -> None:
        """Count delivered samples."""
        self._metrics.sent_samples.labels(self._name).inc(count)

    def drop(self, count: int, reason: str) -> None:
        """Count dropped samples."""
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
    Deliver items in order of time, except the refused ones.

    ``ask`` returns ``done`` or ``split`` and the receiver's text; ``is_too_old`` recognises in it a
    refusal that also applies to everything older.
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
