"""
Networks: whose an address is, from a local table. Nothing is asked of anybody.

The table is ``networks.csv`` beside the inventory: ``prefix,asn`` a line, and whose it is where no
carrier of the inventory has that AS number (``103.21.150.0/24,63737,VIETSERVER``). The most
specific prefix counts. Empty lines and lines that begin with ``#`` are passed over.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from thongsuot_schema.errors import DocumentError
from thongsuot_schema.inventory.model import Carrier

FILE = "networks.csv"

_LARGEST_ASN = 2**32 - 1
_Key = tuple[int, int, int]


class NetworkOwners:
    """
    The table, ready to be asked: a look-up is one question for each length of prefix in it.

    ``whose`` is by version, length and the prefix's own bits.
    """

    def __init__(self, whose: Mapping[_Key, str] | None = None) -> None:
        self._whose = dict(whose or {})
        self._lengths: dict[int, list[int]] = {4: [], 6: []}
        for version, length in sorted({key[:2] for key in self._whose}, reverse=True):
            self._lengths[version].append(length)

    def __len__(self) -> int:
        """Return how many prefixes there are."""
        return len(self._whose)

    def of(self, address: str) -> str:
        """Return whose an address is (``AS45899 VNPT``); empty where the table does not say."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return ""
        return self._of(parsed)

    def named(self, addresses: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return addresses with whose they are, of those that the table knows."""
        pairs = ((address, self.of(address)) for address in dict.fromkeys(addresses))
        return tuple((address, whose) for address, whose in pairs if whose)

    def _of(self, address: IPv4Address | IPv6Address) -> str:
        bits = int(address)
        for length in self._lengths[address.version]:
            key = (address.version, length, bits >> (address.max_prefixlen - length))
            if key in self._whose:
                return self._whose[key]
        return ""


def networks_from(
    name: str, text: str, carriers: Iterable[Carrier]
) -> tuple[NetworkOwners, list[DocumentError]]:
    """Return the networks of a table, and every line of it that cannot be read."""
    titles = {asn: carrier.title or carrier.name for carrier in carriers for asn in carrier.asn}
    whose: dict[_Key, str] = {}
    mistakes: list[DocumentError] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            prefix, asn, title = _read(line)
        except ValueError as error:
            mistakes.append(DocumentError(name, number, str(error)))
            continue
        network = ip_network(prefix)
        bits = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
        label = titles.get(asn) or title
        whose[network.version, network.prefixlen, bits] = f"AS{asn} {label}".strip()
    return NetworkOwners(whose), mistakes


def _read(line: str) -> tuple[str, int, str]:
    prefix, _, rest = (part.strip() for part in line.partition(","))
    asn, _, title = (part.strip() for part in rest.partition(","))
    if not asn.isdecimal() or not 0 < int(asn) <= _LARGEST_ASN:
        raise ValueError(f'"{line}" is not a line as in "113.160.0.0/11,45899"')
    try:
        ip_network(prefix)
    except ValueError as error:
        raise ValueError(f'"{prefix}" is not a network: {error}') from error
    return prefix, int(asn), title[:60]
