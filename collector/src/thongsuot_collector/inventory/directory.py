"""Look-ups in the inventory of sites and links."""

from thongsuot_collector.inventory.networks import NetworkOwners
from thongsuot_schema.inventory.communes import NOWHERE
from thongsuot_schema.inventory.contract import contract_for_month
from thongsuot_schema.inventory.contract_terms import Contract
from thongsuot_schema.inventory.model import (
    Carrier,
    Commune,
    Inventory,
    Link,
    Owner,
    ProbeSchedule,
    Role,
    Site,
    Target,
)
from thongsuot_schema.line import is_of_line


class InventoryDirectory:
    """
    The inventory by names. A site that is not in it is still served, with nothing but its name.
    """

    def __init__(self, inventory: Inventory, networks: NetworkOwners | None = None) -> None:
        self._index(inventory, NetworkOwners() if networks is None else networks)

    def replace(self, other: "InventoryDirectory") -> None:
        """Adopt the content of another one; holders of this object need not be informed."""
        self._index(other.inventory, other.networks)

    def _index(self, inventory: Inventory, networks: NetworkOwners) -> None:
        self.inventory = inventory
        self.networks = networks
        self._sites = {site.name: site for site in inventory.sites}
        self._carriers = {carrier.name: carrier for carrier in inventory.carriers}
        self._communes = {commune.code: commune for commune in inventory.communes}
        self._targets = {target.name: target for target in inventory.targets}
        self._places = {name: place for place, name in enumerate(self._targets)}
        self.targets_of_line = frozenset(
            target.name for target in inventory.targets if is_of_line(target)
        )
        """The targets whose echoes measure a link's own segments."""
        self._owners = {owner.name: owner for owner in inventory.owners}
        self._contracts = inventory.contracts

    @property
    def sites(self) -> dict[str, Site]:
        """All sites of the inventory by name."""
        return self._sites

    def site(self, name: str) -> Site:
        """Return a site; one with nothing but its name if the inventory has none."""
        return self._sites.get(name) or Site(name=name)

    def link(self, site: str, name: str) -> Link | None:
        """Return a link of a site."""
        return next((link for link in self.site(site).links if link.name == name), None)

    def carrier(self, name: str) -> Carrier | None:
        """Return a carrier."""
        return self._carriers.get(name)

    @property
    def carriers(self) -> dict[str, Carrier]:
        """All carriers of the inventory by name."""
        return self._carriers

    @property
    def owners(self) -> dict[str, Owner]:
        """All owners of the inventory by name."""
        return self._owners

    def operator_of(self, service: str) -> Owner | None:
        """Return the operator of a portal."""
        return next((owner for owner in self._owners.values() if service in owner.services), None)

    def commune_name(self, code: str) -> str:
        """
        Return the name of a commune; its code if that is unknown, and nothing without a commune.
        """
        known = self._communes.get(code)
        return "" if code == NOWHERE else code if known is None else known.name

    def commune(self, code: str) -> Commune | None:
        """Return a commune by its code."""
        return self._communes.get(code)

    def contract(self, link: Link, month: str) -> Contract | None:
        """Return the contract in force for a link in a month ("2026-11")."""
        return contract_for_month(link, month, self._contracts)

    def target(self, name: str) -> Target | None:
        """Return a target."""
        return self._targets.get(name)

    def targets_of(self, site: Site) -> list[Target]:
        """Return all targets of a site, in the order of the inventory."""
        if "*" in site.targets:
            return list(self._targets.values())
        targets = {name: self._targets[name] for name in site.targets if name in self._targets}
        return sorted(targets.values(), key=lambda target: self._places[target.name])

    @property
    def probes(self) -> tuple[ProbeSchedule, ...]:
        """The probe schedules of all sites."""
        return self.inventory.probes

    def services_of(self, site: str) -> list[Target]:
        """Return the portals that a site needs, in the order of the inventory."""
        wanted = self.site(site).targets
        return [
            target
            for target in self._targets.values()
            if target.role is Role.SERVICE and ("*" in wanted or target.name in wanted)
        ]

    def labels_of(self, site: str, link: str) -> dict[str, str]:
        """Return the labels of the series of a site and a link (``samples.labels.LabelsOf``)."""
        known = self._sites.get(site)
        if known is None:
            return {}
        labels = {} if known.commune == NOWHERE else {"commune": known.commune}
        spec = self.link(site, link)
        if spec is not None:
            labels |= {"carrier": spec.carrier, "medium": spec.medium.value}
        return labels
