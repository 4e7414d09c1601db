"""
Address rotation: selects the next of several addresses.

If one of a service's two addresses is dead, every second visitor fails. Name servers answer in any
order, many always in the same one, so a client that uses the first answer may never reach the dead
one. Each series therefore rotates: of n addresses, each is tried within n runs.
"""

from collections.abc import Hashable, Sequence
from typing import TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_SERIES_KEPT = 512  # includes hosts of redirects; far more than a site has
_ADDRESSES_KEPT = 64  # a CDN may answer with other addresses each time


class AddressRotation:
    """Remembers the order in which the addresses of each series were tried."""

    def __init__(self) -> None:
        # The innermost dictionaries are ordered sets: the last tried one is at the end.
        self._tried: dict[Hashable, dict[str, None]] = {}
        self._worked: dict[Hashable, str] = {}

    def next_address(self, series: Hashable, addresses: Sequence[str]) -> str:
        """
        Return the address that this series tried longest ago; new addresses come first.

        ``addresses`` are the current answers, at least one; of several new ones the first.
        """
        tried = self._tried.pop(series, {})
        self._tried[series] = tried
        turns = {address: turn for turn, address in enumerate(tried)}
        chosen = min(addresses, key=lambda address: turns.get(address, -1))
        tried.pop(chosen, None)
        tried[chosen] = None
        _forget(tried, _ADDRESSES_KEPT)
        _forget(self._tried, _SERIES_KEPT)
        return chosen

    def remember(self, series: Hashable, address: str) -> None:
        """Record the address at which a series just worked."""
        self._worked.pop(series, None)
        self._worked[series] = address
        _forget(self._worked, _SERIES_KEPT)

    def last_worked(self, series: Hashable) -> str | None:
        """Return the address at which a series last worked, ``None`` if it never did."""
        return self._worked.get(series)


def _forget(kept: dict[_Key, _Value], limit: int) -> None:
    """Drop the least recently used."""
    while len(kept) > limit:
        del kept[next(iter(kept))]
