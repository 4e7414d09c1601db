"""Prefixes: whose an address is, by the most specific network that holds it."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address

_Key = tuple[int, int, int]


class PrefixTable:
    """
    Networks with their owners, prepared for look-ups: one look-up for each prefix length.
    """

    def __init__(self, owners: Mapping[IPv4Network | IPv6Network, str]) -> None:
        self._owners: dict[_Key, str] = {
            (
                network.version,
                network.prefixlen,
                int(network.network_address) >> (network.max_prefixlen - network.prefixlen),
            ): owner
            for network, owner in owners.items()
        }
        self._lengths: dict[int, list[int]] = {4: [], 6: []}
        for version, length in sorted({key[:2] for key in self._owners}, reverse=True):
            self._lengths[version].append(length)

    def __len__(self) -> int:
        """Return how many prefixes there are."""
        return len(self._owners)

    def owner_of(self, text: str) -> str:
        """Return whose an address is; empty where the table does not say."""
        try:
            address = ip_address(text)
        except ValueError:
            return ""
        bits = int(address)
        for length in self._lengths[address.version]:
            key = (address.version, length, bits >> (address.max_prefixlen - length))
            if key in self._owners:
                return self._owners[key]
        return ""
