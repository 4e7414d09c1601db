"""Circuits: the subjects of statements by name, from the inventory. Pure."""

from collections import Counter

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.sla.calendar import Month
from thongsuot_collector.sla.statement import Circuit, DisplayNames
from thongsuot_collector.sla.terms import AreaKind, Terms, terms_for_contract
from thongsuot_schema.inventory.communes import fold

_AREAS = {"phuong": AreaKind.WARD, "xa": AreaKind.COMMUNE}
"""By the type of a commune, without diacritics."""


def circuits(directory: InventoryDirectory) -> list[Circuit]:
    """
    Return every link for which a carrier is responsible, by name.

    Its name is the carrier's circuit id; without one, or if two links have the same, it is
    ``site/link``.
    """
    links = [
        (site.name, link)
        for site in directory.sites.values()
        for link in site.links
        if link.carrier
    ]
    counts = Counter(link.circuit for _, link in links)
    named = [
        Circuit(
            site=site,
            link=link.name,
            name=link.circuit
            if link.circuit and counts[link.circuit] == 1
            else f"{site}/{link.name}",
            carrier=link.carrier,
            medium=link.medium,
        )
        for site, link in links
    ]
    return sorted(named, key=lambda circuit: (circuit.name, circuit.site, circuit.link))


def circuit_named(directory: InventoryDirectory, name: str) -> Circuit | None:
    """Return the circuit of a name; ``site/link`` is accepted for every one."""
    return next(
        (
            circuit
            for circuit in circuits(directory)
            if name in {circuit.name, f"{circuit.site}/{circuit.link}"}
        ),
        None,
    )


def names_of(circuit: Circuit, directory: InventoryDirectory) -> DisplayNames:
    """Return the display names of a circuit's place and carrier."""
    site = directory.site(circuit.site)
    carrier = directory.carrier(circuit.carrier)
    return DisplayNames(
        site=site.title or site.name,
        commune=directory.commune_name(site.commune),
        carrier=(carrier.title or carrier.name) if carrier else circuit.carrier,
    )


def terms_for(circuit: Circuit, directory: InventoryDirectory, month: Month) -> Terms:
    """Return the terms of a circuit in a month."""
    link = directory.link(circuit.site, circuit.link)
    contract = None if link is None else directory.contract(link, str(month))
    commune = directory.commune(directory.site(circuit.site).commune)
    area = AreaKind.UNKNOWN if commune is None else _AREAS.get(fold(commune.kind), AreaKind.UNKNOWN)
    return terms_for_contract(contract, circuit.medium, area)
