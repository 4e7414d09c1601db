"""
Overlay: merges a site configuration over the settings file. Pure.

Entries of the site configuration are added, or replace those with the same name in the file;
entries only in the file stay: the gateway of each link is watched even if the inventory does not
have it. The name of a probe is its kind. Settings of a probe that a site configuration may not have
(files, addresses, keys) come from the file.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import structs

from thongsuot_agent.config.model import AgentConfig, SiteIdentity
from thongsuot_agent.config.profile import DEFAULT_PROBES, TARGETS
from thongsuot_schema.inventory.model import Carrier, Link, ProbeSchedule, Target
from thongsuot_schema.siteconfig.model import ConfiguredLink, ConfiguredProbe, SiteConfiguration

T = TypeVar("T", Carrier, Target)


def overlay(config: AgentConfig, site_config: SiteConfiguration) -> AgentConfig:
    """Return the configuration merged from settings file and site configuration."""
    facts = {link.name: link for link in site_config.links}
    return structs.replace(
        config,
        site=_site(config.site, site_config),
        links=tuple(link_from_config(link, facts) for link in config.links),
        targets=_merge_by_name(config.targets or TARGETS, _converted(site_config.targets, Target))
        if site_config.targets
        else config.targets,
        probes=_probes(config.probes or DEFAULT_PROBES, site_config.probes)
        if site_config.probes
        else config.probes,
        carriers=_merge_by_name(config.carriers, _converted(site_config.carriers, Carrier)),
    )


def link_from_config(link: Link, facts: Mapping[str, ConfiguredLink]) -> Link:
    """
    Return a link of the device merged with its entry in a site configuration; the interface is the
    device's.
    """
    configured = facts.get(link.name)
    if configured is None:
        return link
    values = {key: value for key, value in structs.asdict(configured).items() if value}
    return structs.replace(link, **values)


def spec_updater(site_config: SiteConfiguration | None) -> Callable[[Link], Link]:
    """Return a function that merges a link of the device with its entry in a site configuration."""
    facts = {} if site_config is None else {link.name: link for link in site_config.links}
    return lambda link: link_from_config(link, facts)


def _site(site: SiteIdentity, site_config: SiteConfiguration) -> SiteIdentity:
    return structs.replace(
        site,
        title=site_config.title or site.title,
        commune=site_config.commune or site.commune,
        commune_title=site_config.commune_title or site.commune_title,
        backup_instructions=site_config.backup_instructions or site.backup_instructions,
    )


def _merge_by_name(own: Sequence[T], configured: Iterable[T]) -> tuple[T, ...]:
    """Return both, with those of the site configuration replacing those with the same name."""
    by_name = {item.name: item for item in own}
    by_name.update((item.name, item) for item in configured)
    return tuple(by_name.values())


def _converted(parts: Iterable[msgspec.Struct], kind: type[T]) -> list[T]:
    return [msgspec.convert(structs.asdict(part), kind) for part in parts]


def _probes(
    own: Sequence[ProbeSchedule], configured: Sequence[ConfiguredProbe]
) -> tuple[ProbeSchedule, ...]:
    kinds = {schedule.kind for schedule in configured}
    # Of several entries of a kind the first has the device's own settings.
    settings: dict[str, dict[str, object]] = {}
    for schedule in own:
        settings.setdefault(schedule.kind, schedule.settings)
    kept = tuple(schedule for schedule in own if schedule.kind not in kinds)
    return kept + tuple(
        ProbeSchedule(
            kind=schedule.kind,
            every_s=schedule.every_s,
            metered_every_s=schedule.metered_every_s,
            targets=schedule.targets,
            links=schedule.links,
            settings={**settings.get(schedule.kind, {}), **schedule.settings},
        )
        for schedule in configured
    )
