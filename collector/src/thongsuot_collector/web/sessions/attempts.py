"""
Attempts: the wait before the next attempt to sign in. Pure.

Three counts of failures, each with free attempts and then doubling waits:

- of a name from one address, which stops guessing without affecting other addresses;
- of a name from anywhere, against guessing from many addresses;
- of an address, against trying one password with many names. It does not apply to a name without
  failures from there: behind the NAT of a carrier or an office a valid login is accepted at once
  while a neighbour is guessing, unless they try more new names than ``NEW_NAMES`` allows. Of IPv6
  the addresses of a network of 64 bits, all of which one customer has, count as one.

All waits are limited, and counts expire: nobody is locked out permanently. A browser that has
signed in with a name before is counted separately. An unknown name is counted like any other.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from thongsuot_collector.ingest.rate_limit import network_of

_COUNTS_KEPT: Final = 20_000
_FORGOTTEN_AFTER_S: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class BackoffBound:
    """``free`` failures without a wait; then it doubles from a second to ``longest_s``."""

    free: int
    longest_s: float


OF_NAME_AND_PLACE: Final = BackoffBound(free=5, longest_s=300.0)
OF_NAME: Final = BackoffBound(free=50, longest_s=60.0)
OF_ADDRESS: Final = BackoffBound(free=30, longest_s=60.0)
NEW_NAMES: Final = BackoffBound(free=90, longest_s=60.0)
"""For one address with names that have not failed from it."""
OF_CODES: Final = BackoffBound(free=5, longest_s=900.0)
"""
For codes of a second factor. An attacker who tries them knows the password; with three valid codes
of a million, four attempts an hour find one in ten years.
"""


@dataclass(slots=True)
class _Count:
    failed: int = 0
    last_s: float = 0.0
    until_s: float = 0.0


class FailureCounts:
    """Failures by key, with one limit; the least recently used are dropped first."""

    def __init__(self, bound: BackoffBound) -> None:
        self._bound = bound
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def wait_s(self, key: str, *, now_s: float) -> float:
        """Return the wait before the next attempt, 0: none."""
        count = self._count(key, now_s)
        return 0.0 if count is None else max(0.0, count.until_s - now_s)

    def has_failed(self, key: str, *, now_s: float) -> bool:
        """Return whether there was a recent failure."""
        return self._count(key, now_s) is not None

    def add(self, key: str, *, now_s: float) -> None:
        """Count a failure."""
        count = self._count(key, now_s) or self._counts.setdefault(key, _Count())
        count.failed += 1
        count.last_s = now_s
        over = count.failed - self._bound.free
        if over > 0:
            count.until_s = now_s + min(self._bound.longest_s, 2.0 ** min(over - 1, 20))
        self._counts.move_to_end(key)
        if len(self._counts) > _COUNTS_KEPT:
            self._counts.popitem(last=False)

    def take_back(self, key: str) -> None:
        """Revoke one failure."""
        count = self._counts.get(key)
        if count is None:
            return
        count.failed -= 1
        if count.failed <= self._bound.free:
            count.until_s = 0.0
        if not count.failed:
            self.clear(key)

    def clear(self, key: str) -> None:
        """Clear the failures of one key."""
        self._counts.pop(key, None)

    def _count(self, key: str, now_s: float) -> _Count | None:
        count = self._counts.get(key)
        if count is None or now_s - count.last_s < _FORGOTTEN_AFTER_S:
            return count
        del self._counts[key]
        return None


class SignInAttempts:
    """
    Recent failures and the resulting waits; times are of a monotonic clock.

    An attempt counts as failed from its start until it has succeeded: concurrent attempts cannot
    bypass the counts.
    """

    def __init__(self) -> None:
        self._pairs = FailureCounts(OF_NAME_AND_PLACE)
        self._names = FailureCounts(OF_NAME)
        self._addresses = FailureCounts(OF_ADDRESS)
        self._new_names = FailureCounts(NEW_NAMES)
        self._codes = FailureCounts(OF_CODES)

    def begin(self, name: str, address: str, *, device: str = "", now_s: float) -> float:
        """
        Count an attempt with a password, and return 0; or refuse it, and return the wait.

        ``device`` is the token of a browser that signed in with this name before; empty: none.
        """
        address = network_of(address)
        pair = _pair(name, device or address)
        waits = [self._pairs.wait_s(pair, now_s=now_s)]
        is_new = not self._pairs.has_failed(pair, now_s=now_s)
        if not device:
            of_address = self._new_names if is_new else self._addresses
            waits.append(self._names.wait_s(name, now_s=now_s))
            waits.append(of_address.wait_s(address, now_s=now_s))
        if max(waits):
            return max(waits)
        self._pairs.add(pair, now_s=now_s)
        if not device:
            self._names.add(name, now_s=now_s)
            self._addresses.add(address, now_s=now_s)
            if is_new:
                self._new_names.add(address, now_s=now_s)
        return 0.0

    def succeeded(self, name: str, address: str, *, device: str = "") -> None:
        """
        Clear the failures of a name. For the address only revoke this attempt: one valid account
        must not reset attempts with others.
        """
        address = network_of(address)
        self._pairs.clear(_pair(name, device or address))
        if not device:
            self._names.clear(name)
            self._addresses.take_back(address)
            self._new_names.take_back(address)

    def begin_code(self, name: str, *, now_s: float) -> float:
        """Count an attempt with a code of a person's second factor, like ``begin``."""
        wait_s = self._codes.wait_s(name, now_s=now_s)
        if not wait_s:
            self._codes.add(name, now_s=now_s)
        return wait_s

    def code_succeeded(self, name: str) -> None:
        """Clear the wrong codes of a person."""
        self._codes.clear(name)


def _pair(name: str, place: str) -> str:
    return f"{name}\0{place}"
