"""Carrier networks: by whose line a packet left, by the address that the far end saw."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_network

from thongsuot_schema.inventory.model import Carrier
from thongsuot_schema.prefixes import PrefixTable


def carrier_networks(carriers: Iterable[Carrier]) -> PrefixTable:
    """Return whose the public networks of carriers are, as far as the settings name them."""
    return PrefixTable(
        {ip_network(network): carrier.name for carrier in carriers for network in carrier.networks}
    )


def carriers_by_plmn(carriers: Iterable[Carrier]) -> Mapping[str, str]:
    """Return whose each mobile network is; one that two share is nobody's."""
    owners: dict[str, set[str]] = {}
    for carrier in carriers:
        for plmn in carrier.plmn:
            owners.setdefault(plmn, set()).add(carrier.name)
    return {plmn: next(iter(names)) for plmn, names in owners.items() if len(names) == 1}


def lease_owner(addresses: Iterable[str], networks: PrefixTable, own: str) -> str:
    """
    Return whose addresses an interface was given, where not one of them is its own carrier's.

    Private addresses are nobody's; so is everything while no networks are known.
    """
    owners = {owner for address in addresses if (owner := networks.owner_of(address))}
    return "" if not own or own in owners else min(owners, default="")


UNKNOWN_NETWORKS = PrefixTable({})
"""Where no carrier's networks are known, nothing is proved and nothing contradicted."""
