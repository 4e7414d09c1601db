"""
Networks: the owner of an address, from a local table. No service is queried.

The table is ``networks.csv`` beside the inventory: ``prefix,asn`` a line, and whose it is where no
carrier of the inventory has that AS number (``103.21.150.0/24,63737,VIETSERVER``). The most
specific prefix counts. Empty lines and lines that begin with ``#`` are passed over.
"""

from collections.abc import Collection, Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from thongsuot_schema.errors import DocumentError
from thongsuot_schema.inventory.model import Carrier
from thongsuot_schema.localizable import Localizable, sentence_of
from thongsuot_schema.prefixes import PrefixTable

FILE = "networks.csv"

_LARGEST_ASN = 2**32 - 1

Network = IPv4Network | IPv6Network


class NetworkOwners:
    """
    The table: the owner of each network (``titles``), and its AS number (``asns``).
    """

    def __init__(
        self,
        titles: Mapping[Network, str] | None = None,
        asns: Mapping[Network, int] | None = None,
    ) -> None:
        self._table = PrefixTable(titles or {})
        self._asns = dict(asns or {})

    def __len__(self) -> int:
        """Return the number of prefixes."""
        return len(self._table)

    def of(self, address: str) -> str:
        """Return the owner of an address (``AS45899 VNPT``); empty if it is not in the table."""
        return self._table.owner_of(address)

    def named(self, addresses: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return addresses with their owners, for those in the table."""
        pairs = ((address, self.of(address)) for address in dict.fromkeys(addresses))
        return tuple((address, owner) for address, owner in pairs if owner)

    def networks_of(self, asns: Collection[int]) -> tuple[str, ...]:
        """Return all networks of some AS numbers, adjacent ones merged, IPv4 first."""
        announced = [network for network, asn in self._asns.items() if asn in asns]
        v4 = [network for network in announced if isinstance(network, IPv4Network)]
        v6 = [network for network in announced if isinstance(network, IPv6Network)]
        return tuple(str(network) for network in (*collapse_addresses(v4), *collapse_addresses(v6)))


def networks_from(
    name: str, text: str, carriers: Iterable[Carrier]
) -> tuple[NetworkOwners, list[DocumentError]]:
    """Return the networks of a table, and every line of it that cannot be read."""
    titles = {asn: carrier.title or carrier.name for carrier in carriers for asn in carrier.asn}
    labels: dict[Network, str] = {}
    asns: dict[Network, int] = {}
    mistakes: list[DocumentError] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            prefix, asn, title = _read(line)
        except ValueError as error:
            mistakes.append(DocumentError(name, number, sentence_of(error)))
            continue
        network = ip_network(prefix)
        label = titles.get(asn) or title
        labels[network], asns[network] = f"AS{asn} {label}".strip(), asn
    return NetworkOwners(labels, asns), mistakes


def _read(line: str) -> tuple[str, int, str]:
    prefix, _, rest = (part.strip() for part in line.partition(","))
    asn, _, title = (part.strip() for part in rest.partition(","))
    if not asn.isdecimal() or not 0 < int(asn) <= _LARGEST_ASN:
        raise ValueError(
            Localizable('"{line}" is not a line as in "113.160.0.0/11,45899"', line=line)
        )
    try:
        ip_network(prefix)
    except ValueError as error:
        raise ValueError(
            Localizable('"{prefix}" is not a network: {why}', prefix=prefix, why=error)
        ) from error
    return prefix, int(asn), title[:60]
