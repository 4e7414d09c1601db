"""
Validates the configuration that a collector offers; it is accepted as a whole or not at all. Pure.

Bounds first (``siteconfig.bounds``), then the same checks as for a settings file, on the merge of
file and offered configuration: same code, same sentences. Instead of a line, an offered
configuration has a place: ``[[targets]] "portal" url``.
"""

from collections.abc import Iterator

from thongsuot_agent.config import allowance
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.config.profile import probes_of, targets_of
from thongsuot_agent.config.read import contradictions
from thongsuot_agent.errors import SiteConfigRefused
from thongsuot_agent.siteconfig import bounds
from thongsuot_agent.siteconfig.overlay import link_from_config, overlay
from thongsuot_runtime.config_file import Mistake
from thongsuot_schema.errors import SiteConfigMalformed
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.siteconfig.codec import decode
from thongsuot_schema.siteconfig.model import OfferedConfig, SiteConfiguration
from thongsuot_schema.toml_lines import Path

MAX_BYTES_A_MONTH = 150_000_000_000
"""
The limit for probes of a site configuration on a link without an allowance: 450 kbit/s all month.
The default profile with fourteen portals and thirty anchors in two families uses 56 GB (2026-11),
nearly all of it pages.
"""


def validate_offer(
    offer: OfferedConfig, config: AgentConfig
) -> tuple[SiteConfiguration, AgentConfig]:
    """
    Return the offered site configuration, and the configuration merged from it and a settings file.

    Raises:
        SiteConfigRefused: with every mistake found; no part of the site configuration may be run.
    """
    try:
        site_config = decode(bytes(offer.content))
    except SiteConfigMalformed as error:
        raise SiteConfigRefused([str(error)]) from error
    problems = list(bounds.mistakes(site_config, config))
    if problems:
        raise SiteConfigRefused([_mistake_text(site_config, mistake) for mistake in problems])
    together = overlay(config, site_config)
    # The arithmetic needs valid settings and names.
    problems = contradictions(together) or list(_over_allowance(together, config, site_config))
    if problems:
        raise SiteConfigRefused([_mistake_text(together, mistake) for mistake in problems])
    return site_config, together


def _over_allowance(
    together: AgentConfig, config: AgentConfig, site_config: SiteConfiguration
) -> Iterator[Mistake]:
    """Yield the links on which probes would exceed the limit of a site configuration."""
    facts = {link.name: link for link in site_config.links}
    # Links detected on the device only have names in the site configuration.
    links = tuple(link_from_config(Link(name=name, interface=name[:15]), facts) for name in facts)
    for place, link in enumerate(together.links or links):
        is_metered = link.allowance_bytes is not None
        limit = link.allowance_bytes if link.allowance_bytes is not None else MAX_BYTES_A_MONTH
        total = _month_bytes(together, link, is_metered=is_metered)
        # The usage of the file alone is not checked here; links with an allowance were checked
        # before.
        own = _month_bytes(config, link, is_metered=is_metered)
        if total > max(limit, own):
            yield (
                ("links", place) if together.links else ("links",),
                Localizable(
                    'on link "{link}" probes would use {used} MB in 31 days, most {most} MB; '
                    "measure less often or fewer targets",
                    link=link.name,
                    used=f"{total / 1e6:.1f}",
                    most=f"{max(limit, own) / 1e6:.1f}",
                ),
            )


def _month_bytes(config: AgentConfig, link: Link, *, is_metered: bool) -> int:
    # Probes that fill a link only come from the device's file: without an allowance they are not
    # checked here.
    schedules = [
        probe for probe in probes_of(config) if is_metered or probe.kind in bounds.MIN_INTERVAL_S
    ]
    items = allowance.monthly_usage(
        link, schedules, targets_of(config), push_every_s=None, is_metered=is_metered
    )
    return sum(item.total_bytes for item in items)


def _mistake_text(holder: SiteConfiguration | AgentConfig, mistake: Mistake) -> str:
    path, sentence = mistake
    where = _mistake_path(holder, path)
    return Localizable("{place}: {sentence}", place=where, sentence=sentence) if where else sentence


def _mistake_path(holder: SiteConfiguration | AgentConfig, path: Path) -> str:
    """Return the place of an entry, by name: a site configuration has no lines."""
    if not path:
        return ""
    table, *rest = path
    if not rest or not isinstance(rest[0], int):
        return ".".join(str(part) for part in path)
    entry = getattr(holder, str(table))[rest[0]]
    name = getattr(entry, "name", None) or getattr(entry, "kind", "")
    keys = ".".join(str(part) for part in rest[1:] if not isinstance(part, int))
    return f'[[{table}]] "{name}" {keys}'.rstrip()
