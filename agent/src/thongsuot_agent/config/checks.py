"""
Contradictions that no type can see. Pure: a configuration in, mistakes with their places out.

A place is a path as in ``thongsuot_schema.document``; the sentence says what is wrong and what to
do.
"""

from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.probes import loader
from thongsuot_agent.probing.contract import Probe
from thongsuot_agent.scheduler.job import ALL_NAMES, EDGE, FIRST_HOP, GATEWAY, RESOLVER, targets_of
from thongsuot_runtime.config_file import Mistake
from thongsuot_schema.inventory.checks import carrier_mistakes
from thongsuot_schema.inventory.link_selection import selection_mistakes
from thongsuot_schema.inventory.model import ProbeSchedule, Role, Target
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.segment import Segment
from thongsuot_schema.suggestion import suggest
from thongsuot_schema.toml_lines import Path

_WORDS = {GATEWAY, RESOLVER, FIRST_HOP, EDGE}
_ANCHOR_SEGMENTS = (Segment.LAN, Segment.ACCESS, Segment.CARRIER, Segment.TRANSIT)


def mistakes(config: AgentConfig, targets: tuple[Target, ...]) -> Iterator[Mistake]:
    """Yield all mistakes; ``targets`` are those configured, or the default ones."""
    yield from _names(config)
    yield from selection_mistakes(config.links, ("links",))
    for place, carrier in enumerate(config.carriers):
        yield from carrier_mistakes(carrier, ("carriers", place))
    yield from _collector(config)
    yield from _page(config)
    yield from _sms(config)
    yield from _references(config)
    for place, target in enumerate(config.targets):
        yield from _target(target, ("targets", place))
    for place, schedule in enumerate(config.probes):
        yield from _probe_names(config, schedule, targets, ("probes", place))
    yield from _measured_twice(config, targets)


def _names(config: AgentConfig) -> Iterator[Mistake]:
    named: dict[str, Iterable[str]] = {
        "links": [link.name for link in config.links],
        "targets": [target.name for target in config.targets],
        "carriers": [carrier.name for carrier in config.carriers],
    }
    for table, names in named.items():
        yield from _repeated(table, "name", names)


def _repeated(table: str, key: str, values: Iterable[str]) -> Iterator[Mistake]:
    seen: set[str] = set()
    for place, value in enumerate(values):
        if value in seen:
            yield (
                (table, place, key),
                Localizable(
                    '{key} "{value}" is in more than one [[{table}]]; each needs its own',
                    key=key,
                    value=value,
                    table=table,
                ),
            )
        seen.add(value)


def _sms(config: AgentConfig) -> Iterator[Mistake]:
    sms = config.sms
    if sms.device and not sms.to:
        yield (
            ("sms", "device"),
            Localizable("there is a modem but no recipient: `to` needs a number"),
        )
    if sms.to and not sms.device:
        yield (
            ("sms", "to"),
            Localizable("there is a recipient but no modem: `device` needs its port"),
        )
    if len(sms.to) > sms.per_day:
        yield (
            ("sms", "per_day"),
            Localizable(
                "{count} numbers get a message of each outage, per_day is {per_day}",
                count=len(sms.to),
                per_day=sms.per_day,
            ),
        )


def _collector(config: AgentConfig) -> Iterator[Mistake]:
    collector = config.collector
    yield from _address(collector.url, ("collector", "url"))
    known = {_origin(collector.url)}
    for place, url in enumerate(collector.failover_urls):
        path = ("collector", "failover_urls", place)
        yield from _address(url, path)
        if _origin(url) in known:
            yield path, Localizable('"{url}" is listed twice; each address once', url=url)
        known.add(_origin(url))
        if url.startswith("http:") and collector.url.startswith("https:"):
            yield (
                path,
                Localizable(
                    '"{url}" would send in the clear what goes by https to "{collector}"',
                    url=url,
                    collector=collector.url,
                ),
            )
    if config.collector.certificate_key_file and not config.collector.certificate_file:
        yield (
            ("collector", "certificate_key_file"),
            Localizable("a key without its certificate; give certificate_file as well"),
        )


def _address(url: str, path: Path) -> Iterator[Mistake]:
    mistake = _url_mistake(url)
    if mistake:
        yield path, mistake
    elif urlsplit(url).path not in {"", "/"}:
        yield path, Localizable('"{url}" has a path; give scheme, host and port only', url=url)


def _origin(url: str) -> str:
    return url.rstrip("/").lower()


def _page(config: AgentConfig) -> Iterator[Mistake]:
    listen = config.page.listen
    if not listen:
        return
    host, _, port = listen.rpartition(":")
    # Port 0 lets the kernel choose; tests and demos use it.
    if not host or not port.isdecimal() or int(port) > 65535:
        yield (
            ("page", "listen"),
            Localizable(
                '"{listen}" is not an address and a port, as in "0.0.0.0:8080" or "[::]:8080"',
                listen=listen,
            ),
        )


def _references(config: AgentConfig) -> Iterator[Mistake]:
    links = {link.name for link in config.links}
    if links:  # without, links are found on the device and their names are not known here
        for place, target in enumerate(config.targets):
            yield from _unknown("link", target.links, links, ("targets", place, "links"))
    carriers = {carrier.name for carrier in config.carriers}
    for place, link in enumerate(config.links):
        if carriers and link.carrier:
            path = ("links", place, "carrier")
            yield from _unknown("carrier", [link.carrier], carriers, path, is_list=False)


def _unknown(
    kind: str, names: Iterable[str], known: set[str], path: Path, *, is_list: bool = True
) -> Iterator[Mistake]:
    for place, name in enumerate(names):
        if name not in known:
            where = (*path, place) if is_list else path
            yield (
                where,
                Localizable(
                    'there is no {noun} "{name}"{ending}',
                    noun=Localizable(kind),
                    name=name,
                    ending=suggest(name, known),
                ),
            )


def _target(target: Target, path: Path) -> Iterator[Mistake]:
    if target.role is Role.SERVICE:
        if not target.url:
            yield (*path, "role"), Localizable('service "{target}" needs a url', target=target.name)
        elif mistake := _url_mistake(target.url):
            yield (*path, "url"), mistake
        if target.segment is not Segment.SERVICE:
            yield (
                (*path, "segment"),
                Localizable(
                    'service "{target}" has segment "service", nothing else', target=target.name
                ),
            )
    elif target.role is Role.COLLECTOR:
        if mistake := _url_mistake(target.url):
            yield (*path, "url"), mistake
    else:
        yield from _anchor(target, path)
        if target.role is Role.EQUIPMENT:
            yield from _equipment(target, path)
    for place, network in enumerate(target.expect_addresses):
        if not _is_valid(ip_network, network):
            yield (
                (*path, "expect_addresses", place),
                Localizable(
                    '"{network}" is not an address or network, as in "203.0.113.0/24"',
                    network=network,
                ),
            )


def _equipment(target: Target, path: Path) -> Iterator[Mistake]:
    if target.segment is not Segment.LAN:
        yield (
            (*path, "segment"),
            Localizable('equipment "{target}" has segment "lan", nothing else', target=target.name),
        )
    if len(target.addresses) > 1 or RESOLVER in target.addresses:
        yield (
            (*path, "addresses"),
            Localizable(
                'equipment "{target}" has one address, or the word gateway', target=target.name
            ),
        )


def _anchor(target: Target, path: Path) -> Iterator[Mistake]:
    if not target.addresses:
        yield (
            (*path, "role"),
            Localizable('{role} "{target}" needs addresses', role=target.role, target=target.name),
        )
    if target.segment not in _ANCHOR_SEGMENTS:
        known = ", ".join(_ANCHOR_SEGMENTS)
        yield (
            (*path, "segment"),
            Localizable(
                'anchor "{target}" cannot have segment "{segment}"; known: {known}',
                target=target.name,
                segment=target.segment,
                known=known,
            ),
        )
    if _WORDS & set(target.addresses) and len(target.addresses) > 1:
        yield (
            (*path, "addresses"),
            Localizable("the word gateway or resolver must be alone: it means both families"),
        )
        return
    families: set[int] = set()
    for place, address in enumerate(target.addresses):
        if address in _WORDS:
            continue
        if not _is_valid(ip_address, address):
            yield (
                (*path, "addresses", place),
                Localizable(
                    '"{address}" is not an address, "gateway" or "resolver"', address=address
                ),
            )
            continue
        version = ip_address(address).version
        if version in families:
            yield (
                (*path, "addresses", place),
                Localizable(
                    "at most one IPv{version} address a target; make a target of each",
                    version=version,
                ),
            )
        families.add(version)


def _probe_names(
    config: AgentConfig, schedule: ProbeSchedule, targets: tuple[Target, ...], path: Path
) -> Iterator[Mistake]:
    if schedule.kind not in loader.kinds():
        yield (
            (*path, "kind"),
            Localizable(
                'there is no probe "{kind}"{ending}',
                kind=schedule.kind,
                ending=suggest(schedule.kind, loader.kinds()),
            ),
        )
        return
    links = {link.name for link in config.links}
    if links:
        yield from _unknown("link", schedule.links, links | {ALL_NAMES}, (*path, "links"))
    known = {target.name: target for target in targets}
    yield from _unknown("target", schedule.targets, set(known) | {ALL_NAMES}, (*path, "targets"))
    probe = loader.load(schedule.kind)
    for place, name in enumerate(schedule.targets):
        if name in known and not probe.applies(known[name]):
            yield (
                (*path, "targets", place),
                Localizable(
                    'probe "{kind}" cannot measure target "{name}" ({role})',
                    kind=schedule.kind,
                    name=name,
                    role=known[name].role,
                ),
            )


def _measured_twice(config: AgentConfig, targets: tuple[Target, ...]) -> Iterator[Mistake]:
    links = [link.name for link in config.links] or [ALL_NAMES]
    seen: set[tuple[str, str, str]] = set()
    for place, schedule in enumerate(config.probes):
        if schedule.kind not in loader.kinds():
            continue
        probe: Probe[Any] = loader.load(schedule.kind)
        for link in links:
            if link not in schedule.links and ALL_NAMES not in schedule.links:
                continue
            for target in targets_of(schedule, probe, targets, link):
                series = (schedule.kind, link, target.name)
                if series in seen:
                    yield (
                        ("probes", place, "kind"),
                        Localizable(
                            '"{kind}" to "{target}" is measured by a [[probes]] above',
                            kind=schedule.kind,
                            target=target.name,
                        ),
                    )
                    return
                seen.add(series)


def _url_mistake(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return Localizable('"{url}" is not an address of the web: {why}', url=url, why=error)
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        return Localizable(
            '"{url}" is not an address of the web, as in "https://host.example"', url=url
        )
    if parts.username or parts.password:
        return Localizable("no user name or password here: addresses appear in logs and on pages")
    return ""


def _is_valid(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True
