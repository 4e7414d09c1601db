"""Carrier networks: by whose line a packet left, by the address that the far end saw."""

from collections.abc import Iterable
from ipaddress import ip_network

from thongsuot_schema.inventory.model import Carrier
from thongsuot_schema.prefixes import PrefixTable


def carrier_networks(carriers: Iterable[Carrier]) -> PrefixTable:
    """Return whose the public networks of carriers are, as far as the settings name them."""
    return PrefixTable(
        {ip_network(network): carrier.name for carrier in carriers for network in carrier.networks}
    )


UNKNOWN_NETWORKS = PrefixTable({})
"""Where no carrier's networks are known, nothing is proved and nothing contradicted."""
