"""Rate limit: how often one sender may send, with a reserve for senders that catch up. Pure."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

_SENDERS_KEPT = 100_000
"""
Senders remembered, about 20 MB; the one not seen for longest starts with a full reserve again.
"""


_NETWORK_BITS = 64
"""Every customer of a carrier, and every rented server, has a whole /64 of IPv6."""


@lru_cache(maxsize=16_384)
def network_of(address: str) -> str:
    """Return the sender behind an address: itself, or of IPv6 its network of 64 bits."""
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), _NETWORK_BITS), strict=False))


@dataclass(slots=True)
class _TokenBucket:
    left: float
    at_s: float


class RateLimiter:
    """
    A token bucket for each sender.

    ``per_second`` is the rate allowed indefinitely, ``reserve`` the amount allowed at once before
    that. Times are of a monotonic clock. ``sender_of`` returns the sender that a name stands for;
    without it a name is the sender.
    """

    def __init__(
        self,
        *,
        per_second: float,
        reserve: float,
        sender_of: Callable[[str], str] | None = None,
    ) -> None:
        self._per_second = per_second
        self._reserve = reserve
        self._sender_of = sender_of
        self._senders: OrderedDict[str, _TokenBucket] = OrderedDict()

    def acquire(self, sender: str, *, now_s: float, cost: float = 1.0) -> float:
        """
        Count one request, and return 0; or do not, and return after how long to try again.

        A request that costs more than the whole reserve is counted when the reserve is full.
        """
        known = self._refilled(sender, now_s)
        needed = min(self._reserve, cost)
        if known.left < needed:
            return (needed - known.left) / self._per_second
        known.left -= needed
        return 0.0

    def wait_s(self, sender: str, *, now_s: float, cost: float = 1.0) -> float:
        """Return after how long a request may be made, 0: now. Counts nothing."""
        missing = min(cost, self._reserve) - self._refilled(sender, now_s).left
        return missing / self._per_second if missing > 0.0 else 0.0

    def pay(self, sender: str, *, now_s: float, cost: float) -> float:
        """
        Count a cost that may be made now, and return 0; or do not, and return when to try again.

        As ``wait_s`` and then ``charge``: one that costs more than the reserve is owed.
        """
        known = self._refilled(sender, now_s)
        missing = min(cost, self._reserve) - known.left
        if missing > 0.0:
            return missing / self._per_second
        known.left = max(-self._reserve, known.left - cost)
        return 0.0

    def charge(self, sender: str, *, now_s: float, cost: float) -> None:
        """Count what was done already; a sender may owe as much as its reserve."""
        known = self._refilled(sender, now_s)
        known.left = max(-self._reserve, known.left - cost)

    def is_exhausted(self, sender: str, *, now_s: float) -> bool:
        """Whether a sender would have to wait, without counting anything."""
        named = sender if self._sender_of is None else self._sender_of(sender)
        return named in self._senders and self._refilled(sender, now_s).left < 1.0

    def _refilled(self, name: str, now_s: float) -> _TokenBucket:
        sender = name if self._sender_of is None else self._sender_of(name)
        known = self._senders.get(sender)
        if known is None:
            known = self._senders[sender] = _TokenBucket(self._reserve, now_s)
            if len(self._senders) > _SENDERS_KEPT:
                self._senders.popitem(last=False)
            return known
        self._senders.move_to_end(sender)
        left = known.left + (now_s - known.at_s) * self._per_second
        known.left = min(self._reserve, left)
        known.at_s = now_s
        return known
