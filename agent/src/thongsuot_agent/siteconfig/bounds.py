"""
Bounds: limits on a collector's configuration, independent of its validity. Pure.

An attacker who controls the collector may only make agents send probes to chosen targets, at a
bounded rate and inside the data budget. So a site configuration has no equipment (credentials would
be sent there), no address of the device itself, no probe that fills a link unless the device's own
file has it, of a probe's settings only numbers with fixed limits, and never a larger allowance than
the file.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.probing.destinations import Address, is_one_host, is_public_host
from thongsuot_agent.scheduler.job import EDGE, FIRST_HOP, GATEWAY, RESOLVER
from thongsuot_schema.inventory.model import ProbeSchedule, Role
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.siteconfig.model import (
    ConfiguredLink,
    ConfiguredProbe,
    ConfiguredTarget,
    SiteConfiguration,
)
from thongsuot_schema.suggestion import suggest
from thongsuot_schema.toml_lines import Path

Mistake = tuple[Path, str]

MAX_ENTRIES: Final = MappingProxyType({"links": 16, "targets": 64, "probes": 16, "carriers": 64})
"""Entries of a site configuration: four times what a site of this city has."""

_TEXT_CHARACTERS = 200
_INSTRUCTION_CHARACTERS = 300

MIN_INTERVAL_S: Final = MappingProxyType(
    {
        "icmp": 1.0,
        "dns": 5.0,
        "http": 15.0,
        "path": 60.0,
        "stamp": 20.0,
        "egress": 10.0,
        "fresh_echo": 30.0,
        "host": 5.0,
        "failover": 10.0,
        "counter": 30.0,
    }
)
"""Kinds that a site configuration may have, and the shortest interval for one target."""

ALLOWED_SETTINGS: Final = MappingProxyType(
    {
        "icmp": frozenset({"count", "spacing_s", "timeout_s", "payload_bytes"}),
        "dns": frozenset({"records", "timeout_s"}),
        "http": frozenset({"timeout_s", "resolve_timeout_s", "body_limit_bytes"}),
        "path": frozenset({"method", "count", "retries", "max_hops", "timeout_s", "packet_size"}),
        "stamp": frozenset({"count", "spacing_s", "timeout_s", "size_bytes", "stateful"}),
        "egress": frozenset({"flows", "timeout_s"}),
        "fresh_echo": frozenset({"flows", "size_bytes", "timeout_s"}),
        "host": frozenset({"ask_gateway"}),
        "counter": frozenset({"device_is_router", "timeout_s", "metered_every_s"}),
    }
)
"""
Settings of probes that a site configuration may have: none names a file, a user, a port or an
address.
"""

_WORDS = frozenset({GATEWAY, RESOLVER, FIRST_HOP, EDGE})
_OWN_NAMES = ("localhost", "localdomain", "local", "internal", "lan", "home", "arpa", "intranet")
_NUMBER = re.compile("0x[0-9a-f]*|[0-9]+")


def mistakes(site_config: SiteConfiguration, config: AgentConfig) -> Iterator[Mistake]:
    """
    Yield the parts of a site configuration that may not come from a collector, by their place in
    it.
    """
    if site_config.site != config.site.name:
        yield (
            ("site",),
            Localizable(
                'it is for site "{site}"; this device is "{own}"',
                site=site_config.site,
                own=config.site.name,
            ),
        )
    if len(site_config.backup_instructions) > _INSTRUCTION_CHARACTERS:
        yield (
            ("backup_instructions",),
            Localizable("longer than {most} characters", most=_INSTRUCTION_CHARACTERS),
        )
    for table, most in MAX_ENTRIES.items():
        count = len(getattr(site_config, table))
        if count > most:
            yield (
                (table,),
                Localizable("{count} entries, at most {most} are taken", count=count, most=most),
            )
    if config.links:
        yield from _unknown_links(site_config.links, config)
    for place, link in enumerate(site_config.links):
        yield from _link(link, config, ("links", place))
    known_urls = {target.url for target in config.targets}
    for place, target in enumerate(site_config.targets):
        yield from _target(target, known_urls, ("targets", place))
    own = _own_kinds(config)
    for place, probe in enumerate(site_config.probes):
        yield from _probe(probe, own, ("probes", place))


def _unknown_links(links: Sequence[ConfiguredLink], config: AgentConfig) -> Iterator[Mistake]:
    known = {link.name for link in config.links}
    for place, link in enumerate(links):
        if link.name not in known:
            yield (
                ("links", place, "name"),
                Localizable(
                    'this device has no link "{link}"{ending}',
                    link=link.name,
                    ending=suggest(link.name, known),
                ),
            )


def _link(link: ConfiguredLink, config: AgentConfig, path: Path) -> Iterator[Mistake]:
    own = next(
        (own_link.allowance_bytes for own_link in config.links if own_link.name == link.name), None
    )
    offered_bytes = link.allowance_bytes
    if offered_bytes is not None and offered_bytes <= 0:
        yield (
            (*path, "allowance_bytes"),
            Localizable("it is {value}; it must be more than 0", value=offered_bytes),
        )
    elif own is not None and offered_bytes is not None and offered_bytes > own:
        yield (
            (*path, "allowance_bytes"),
            Localizable(
                "{offered} MB is more than this device's settings give ({own} MB); change it there",
                offered=f"{offered_bytes / 1e6:.1f}",
                own=f"{own / 1e6:.1f}",
            ),
        )
    for place, text in enumerate(link.resolvers):
        address = _address(text)
        if address is None or not is_one_host(address):
            here = (*path, "resolvers", place)
            yield here, Localizable('"{text}" is not the address of one other host', text=text)


def _target(target: ConfiguredTarget, known_urls: set[str], path: Path) -> Iterator[Mistake]:
    if target.role is Role.EQUIPMENT:
        yield (
            (*path, "role"),
            Localizable(
                'equipment "{name}" cannot come from the collector, for the credentials of'
                " this device would be sent there; write it into its settings",
                name=target.name,
            ),
        )
    for place, text in enumerate(target.addresses):
        address = _address(text)
        # Invalid addresses are reported by the checks of a settings file.
        if text not in _WORDS and address is not None and not is_one_host(address):
            yield (
                (*path, "addresses", place),
                Localizable('"{text}" is not the address of one other host', text=text),
            )
    if target.url and target.url not in known_urls and not _is_public(target.url):
        yield (
            (*path, "url"),
            Localizable(
                '"{url}" leads to this device or its own network; only its settings may name that',
                url=target.url,
            ),
        )
    for key in ("url", "title_vi", "title_en", "lookup", "expect_body"):
        if len(getattr(target, key)) > _TEXT_CHARACTERS:
            yield (
                (*path, key),
                Localizable("longer than {most} characters", most=_TEXT_CHARACTERS),
            )


def _probe(
    probe: ConfiguredProbe, own: Mapping[str, ProbeSchedule], path: Path
) -> Iterator[Mistake]:
    mine = own.get(probe.kind)
    fastest_s = MIN_INTERVAL_S.get(probe.kind)
    if fastest_s is None:
        if mine is None:
            known = ", ".join(MIN_INTERVAL_S)
            yield (
                (*path, "kind"),
                Localizable(
                    '"{kind}" cannot come from the collector unless the device\'s settings'
                    " have it; without them: {known}",
                    kind=probe.kind,
                    known=known,
                ),
            )
            return
        fastest_s = mine.every_s
    intervals = (("every_s", probe.every_s), ("metered_every_s", probe.metered_every_s))
    for key, every_s in intervals:
        if every_s is not None and every_s < fastest_s:
            yield (
                (*path, key),
                Localizable(
                    "{key} is {value} s, at least {least} s",
                    key=key,
                    value=f"{every_s:g}",
                    least=f"{fastest_s:g}",
                ),
            )
    allowed = ALLOWED_SETTINGS.get(probe.kind, frozenset())
    for key in probe.settings:
        if key not in allowed:
            yield (
                (*path, "settings", key),
                Localizable(
                    'setting "{key}" of {kind} cannot come from the collector; possible: {known}',
                    key=key,
                    kind=probe.kind,
                    known=", ".join(sorted(allowed)) or Localizable("none"),
                ),
            )


def _own_kinds(config: AgentConfig) -> dict[str, ProbeSchedule]:
    """Return the entry with the shortest interval of each kind in the file."""
    probes_by_kind: dict[str, ProbeSchedule] = {}
    for schedule in config.probes:
        known = probes_by_kind.get(schedule.kind)
        if known is None or schedule.every_s < known.every_s:
            probes_by_kind[schedule.kind] = schedule
    return probes_by_kind


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _is_public(url: str) -> bool:
    """Return whether the host of a URL is neither this device nor in a network of a site."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return True  # the checks of a settings file report its error
    address = _address(host)
    if address is None:
        last = host.rpartition(".")[2]
        # Some resolvers accept other notations of addresses (0x7f000001, 2130706433, 127.1): names
        # that end in a number (WHATWG URL, "ends in a number").
        return not _NUMBER.fullmatch(last) and last not in _OWN_NAMES
    return is_public_host(address)
