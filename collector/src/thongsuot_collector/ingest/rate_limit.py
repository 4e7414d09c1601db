"""Rate limit: how often one sender may send, with a reserve for senders that catch up. Pure."""

from collections import OrderedDict
from dataclasses import dataclass

_SENDERS_KEPT = 100_000
"""
Senders remembered, about 20 MB; the one not seen for longest starts with a full reserve again.
"""


@dataclass(slots=True)
class _TokenBucket:
    left: float
    at_s: float


class RateLimiter:
    """
    A token bucket for each sender.

    ``per_second`` is what may go on indefinitely, ``reserve`` what may come at once before that.
    Times are of a monotonic clock.
    """

    def __init__(self, *, per_second: float, reserve: float) -> None:
        self._per_second = per_second
        self._reserve = reserve
        self._senders: OrderedDict[str, _TokenBucket] = OrderedDict()

    def acquire(self, sender: str, *, now_s: float, cost: float = 1.0) -> float:
        """
        Count one request, and return 0; or do not, and return after how long to try again.

        A request that costs more than the whole reserve is counted when the reserve is full.
        """
        known = self._refilled(sender, now_s)
        needed = min(cost, self._reserve)
        if known.left < needed:
            return (needed - known.left) / self._per_second
        known.left -= needed
        return 0.0

    def wait_s(self, sender: str, *, now_s: float, cost: float = 1.0) -> float:
        """Return after how long a request may be made, 0: now. Counts nothing."""
        left = self._refilled(sender, now_s).left
        return max(0.0, min(cost, self._reserve) - left) / self._per_second

    def charge(self, sender: str, *, now_s: float, cost: float) -> None:
        """Count what was done already; a sender may owe as much as its reserve."""
        known = self._refilled(sender, now_s)
        known.left = max(-self._reserve, known.left - cost)

    def is_exhausted(self, sender: str, *, now_s: float) -> bool:
        """Whether a sender would have to wait, without counting anything."""
        return sender in self._senders and self._refilled(sender, now_s).left < 1.0

    def _refilled(self, sender: str, now_s: float) -> _TokenBucket:
        known = self._senders.get(sender)
        if known is None:
            known = self._senders[sender] = _TokenBucket(self._reserve, now_s)
            if len(self._senders) > _SENDERS_KEPT:
                self._senders.popitem(last=False)
            return known
        self._senders.move_to_end(sender)
        known.left = min(self._reserve, known.left + (now_s - known.at_s) * self._per_second)
        known.at_s = now_s
        return known
