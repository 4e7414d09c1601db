"""Gate: who is answered, and how often."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_ADDRESSES_KEPT = 4096
"""Of which it is remembered whether they are allowed; a flood of forged ones only costs time."""


def networks_from(texts: Sequence[str]) -> tuple[Network, ...]:
    """
    Return networks or single addresses.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(ip_network(text) for text in texts)


class AddressFilter:
    """Whether an address lies in any of some networks."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = tuple(networks)
        self.admits = lru_cache(_ADDRESSES_KEPT)(self._admits)
        """Return whether an address, as text, is let in."""

    def _admits(self, address: str) -> bool:
        parsed = _unscoped(address)
        return any(parsed in network for network in self._networks)


def _unscoped(address: str) -> IPv4Address | IPv6Address:
    """An address without the scope of a link, and IPv4 as IPv4 where a socket takes both."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed
