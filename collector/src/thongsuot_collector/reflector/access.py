"""Access: authorisation of the reflector's clients, by address or by a key."""

from collections.abc import Sequence
from functools import lru_cache
from hmac import compare_digest
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from thongsuot_collector.errors import CollectorError
from thongsuot_runtime.file_errors import describe
from thongsuot_schema.localizable import Localizable

Network = IPv4Network | IPv6Network

SHORTEST_KEY = 16
_OTHERS = 0o007

_ADDRESSES_KEPT = 4096
"""Size of the cache of decisions; a flood of forged addresses only costs time."""


def networks_from(texts: Sequence[str]) -> tuple[Network, ...]:
    """
    Return networks or single addresses.

    Raises:
        ValueError: one of them is invalid.
    """
    return tuple(ip_network(text) for text in texts)


class AddressFilter:
    """Matches addresses against a list of networks."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = tuple(networks)
        self.admits = lru_cache(_ADDRESSES_KEPT)(self._admits)
        """Return whether an address, as text, is allowed."""

    def _admits(self, address: str) -> bool:
        parsed = _unscoped(address)
        return any(parsed in network for network in self._networks)


def _unscoped(address: str) -> IPv4Address | IPv6Address:
    """Return an address without its zone, and an IPv4-mapped IPv6 address as IPv4."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed


def read_key(path: Path) -> bytes:
    """
    Return the key in a file.

    Raises:
        CollectorError: it cannot be read, others may read it, or it is too short a key.
    """
    try:
        mode = path.stat().st_mode
        key = path.read_bytes().strip()
    except OSError as error:
        raise CollectorError(
            Localizable("cannot read key file {path}: {why}", path=path, why=describe(error))
        ) from error
    if mode & _OTHERS:
        raise CollectorError(
            Localizable(
                "key file {path} may be used by anybody (mode {mode}); chmod 640 {path}",
                path=path,
                mode=f"{mode & 0o777:o}",
            )
        )
    # The same rule as in agents: printable ASCII without blanks.
    if len(key) < SHORTEST_KEY or any(not 0x21 <= letter <= 0x7E for letter in key):
        raise CollectorError(
            Localizable(
                "key file {path} holds no key: one line of {shortest_key} "
                "characters or more, without blanks",
                path=path,
                shortest_key=SHORTEST_KEY,
            )
        )
    return key


def is_key(key: bytes, offered: bytes) -> bool:
    """Return whether the offered text is the key, in constant time."""
    return compare_digest(key, offered)
