"""
Carrier networks: which carrier's line a packet left by, determined from its source address at the
far end.
"""

from collections.abc import Iterable, Mapping
from ipaddress import ip_network

from thongsuot_schema.inventory.model import Carrier
from thongsuot_schema.prefixes import PrefixTable


def carrier_networks(carriers: Iterable[Carrier]) -> PrefixTable:
    """Return the carrier of each public network in the settings."""
    return PrefixTable(
        {ip_network(network): carrier.name for carrier in carriers for network in carrier.networks}
    )


def carriers_by_plmn(carriers: Iterable[Carrier]) -> Mapping[str, str]:
    """
    Return the carrier of each mobile network; a network shared by two carriers belongs to none.
    """
    owners: dict[str, set[str]] = {}
    for carrier in carriers:
        for plmn in carrier.plmn:
            owners.setdefault(plmn, set()).add(carrier.name)
    return {plmn: next(iter(names)) for plmn, names in owners.items() if len(names) == 1}


def lease_owner(addresses: Iterable[str], networks: PrefixTable, own: str) -> str:
    """
    Return the owner of an interface's addresses if none of them belongs to its own carrier.

    Private addresses belong to no carrier; without known networks no address does.
    """
    owners = {owner for address in addresses if (owner := networks.owner_of(address))}
    return "" if not own or own in owners else min(owners, default="")


UNKNOWN_NETWORKS = PrefixTable({})
"""For settings without carriers' networks: proves and contradicts nothing."""
