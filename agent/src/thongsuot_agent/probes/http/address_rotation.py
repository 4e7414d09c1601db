"""
Address rotation: which of several addresses is tried next.

A service with two addresses of which one is dead fails every second visitor. Name servers answer in
any order, many always in the same one, so anyone who takes the first answer may never meet the dead
one. Each series therefore goes round: of n addresses, each is met within n runs.
"""

from collections.abc import Hashable, Sequence
from typing import TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_SERIES_KEPT = 512  # hosts of redirects included; far more than a site has
_ADDRESSES_KEPT = 64  # a network of caches may answer with others each time


class AddressRotation:
    """Remembers, for each series, in which order its addresses were tried."""

    def __init__(self) -> None:
        # The innermost dictionaries are ordered sets: the last tried one is at the end.
        self._tried: dict[Hashable, dict[str, None]] = {}
        self._worked: dict[Hashable, str] = {}

    def next_address(self, series: Hashable, addresses: Sequence[str]) -> str:
        """
        Return the address that this series has not tried for longest, a new one first.

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
        """Note at which address a series just worked."""
        self._worked.pop(series, None)
        self._worked[series] = address
        _forget(self._worked, _SERIES_KEPT)

    def last_worked(self, series: Hashable) -> str | None:
        """Return the address at which a series last worked, ``None`` when it never did."""
        return self._worked.get(series)


def _forget(kept: dict[_Key, _Value], limit: int) -> None:
    """Drop the least recently used."""
    while len(kept) > limit:
        del kept[next(iter(kept))]
