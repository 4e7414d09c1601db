"""
Derives the site configuration of one site from the inventory, without the device's own settings.
Pure.
"""

from collections.abc import Iterable

from msgspec import structs

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.siteconfig.carrier_networks import networks_for_site
from thongsuot_schema.inventory.communes import NOWHERE
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link, ProbeSchedule, Role, Site, Target
from thongsuot_schema.inventory.read import EVERY
from thongsuot_schema.siteconfig.model import (
    ConfiguredCarrier,
    ConfiguredLink,
    ConfiguredProbe,
    ConfiguredTarget,
    SiteConfiguration,
)

_DEVICES_OWN = (
    *("interface", "gateways", "sources", "tos", "mark"),
    *("vlan", "port", "vlan_addresses", "via", "proxy", "proxy_credentials_file"),
)


def derive_config(site: Site, directory: InventoryDirectory) -> SiteConfiguration:
    """
    Return the site configuration of a site.

    Equipment is left out: agents query it with the credentials of the device. Targets and probes of
    links that the site does not have are also left out.
    """
    links = {link.name for link in site.links}
    targets = [
        _target(target, links)
        for target in directory.targets_of(site)
        if target.role is not Role.EQUIPMENT and _concerns(target.links, links)
    ]
    networks = networks_for_site(site, directory)
    chosen = {EVERY, *(target.name for target in targets)}
    return SiteConfiguration(
        site=site.name,
        title=site.title,
        commune="" if site.commune == NOWHERE else site.commune,
        commune_title=directory.commune_name(site.commune),
        backup_instructions=site.backup_instructions,
        links=tuple(_link(link) for link in site.links),
        targets=tuple(targets),
        probes=tuple(_probes(directory.probes, links, chosen)),
        carriers=tuple(
            ConfiguredCarrier(
                name=carrier.name,
                title=carrier.title,
                hotline=carrier.hotline,
                plmn=carrier.plmn,
                networks=networks.get(carrier.name, ()),
            )
            for carrier in directory.carriers.values()
            if any(link.carrier == carrier.name for link in site.links) or carrier.name in networks
        ),
    )


def _concerns(named: Iterable[str], links: set[str]) -> bool:
    """
    Return whether an object that names links applies to a site; without links they are not known
    here.
    """
    return not links or not (names := set(named)) or EVERY in names or bool(names & links)


def _link(link: Link) -> ConfiguredLink:
    facts = structs.asdict(link)
    # Routing is part of the device's own settings.
    for own in _DEVICES_OWN:
        del facts[own]
    # An access technology missing in the inventory is left to the device's settings.
    facts["medium"] = None if link.medium is Medium.ETHERNET else link.medium
    return ConfiguredLink(**facts)


def _target(target: Target, links: set[str]) -> ConfiguredTarget:
    facts = structs.asdict(target)
    if links:
        facts["links"] = tuple(name for name in target.links if name in links)
    return ConfiguredTarget(**facts)


def _probes(
    schedules: Iterable[ProbeSchedule], links: set[str], chosen: set[str]
) -> Iterable[ConfiguredProbe]:
    for schedule in schedules:
        targets = tuple(name for name in schedule.targets if name in chosen)
        named = tuple(
            name for name in schedule.links if name == EVERY or not links or name in links
        )
        if targets and named:
            yield ConfiguredProbe(
                kind=schedule.kind,
                every_s=schedule.every_s,
                metered_every_s=schedule.metered_every_s,
                targets=targets,
                links=named,
                settings=schedule.settings,
            )
