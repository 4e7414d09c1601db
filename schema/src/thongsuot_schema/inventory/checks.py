"""
Contradictions inside one entry of the inventory that no type can detect.

Each check yields mistakes: a path (as in ``thongsuot_schema.toml_lines``) and a sentence that says
what is wrong and what to do. The same checks serve an agent's configuration.
"""

import math
import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from thongsuot_schema.inventory.model import (
    Carrier,
    Contact,
    Link,
    ProbeSchedule,
    Role,
    Target,
    Via,
)
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.segment import Segment
from thongsuot_schema.toml_lines import Path

Mistake = tuple[Path, str]

GATEWAY = "gateway"
RESOLVER = "resolver"
FIRST_HOP = "first-hop"
EDGE = "edge"
ADDRESS_WORDS = (GATEWAY, RESOLVER, FIRST_HOP, EDGE)
"""Placeholder for an address that differs from link to link."""

ANCHOR_SEGMENTS = (Segment.LAN, Segment.ACCESS, Segment.CARRIER, Segment.TRANSIT)

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PLMN = re.compile(r"\d{5,6}")
_INTERFACE = re.compile(r"[^\s/]{1,15}")
"""Names that the kernel accepts (dev_valid_name, IFNAMSIZ)."""

_LAST_ASN = 2**32 - 1
_FIRST_STATUS, _LAST_STATUS = 100, 599


def target_mistakes(target: Target, path: Path) -> Iterator[Mistake]:
    """Yield the errors of a target."""
    if target.role is Role.SERVICE:
        yield from _service_mistakes(target, path)
    else:
        yield from _anchor_mistakes(target, path)
        if target.role is Role.EQUIPMENT and target.segment is not Segment.LAN:
            yield (
                (*path, "segment"),
                Localizable(
                    'equipment "{target}" has segment "{segment}"; it has segment "lan"',
                    target=target.name,
                    segment=target.segment,
                ),
            )
    for place, network in enumerate(target.expect_addresses):
        if not _is_network(network):
            yield (
                (*path, "expect_addresses", place),
                Localizable(
                    '"{network}" is not an address or network, as in "203.0.113.0/24"',
                    network=network,
                ),
            )
    for place, status in enumerate(target.expect_status):
        if not _FIRST_STATUS <= status <= _LAST_STATUS:
            yield (
                (*path, "expect_status", place),
                Localizable("{status} is not a status of HTTP (100 to 599)", status=status),
            )


def link_mistakes(link: Link, path: Path) -> Iterator[Mistake]:
    """Yield the errors of a link."""
    is_own = link.via is not Via.WATCHED  # else it is the router's, which has names of its own
    if is_own and (not _INTERFACE.fullmatch(link.interface) or link.interface in {".", ".."}):
        yield (
            (*path, "interface"),
            (
                Localizable(
                    '"{interface}" cannot be the name of an interface (1 to 15 '
                    "characters, no space, no slash)",
                    interface=link.interface,
                )
            ),
        )
    for place, resolver in enumerate(link.resolvers):
        if parse_address(resolver) is None:
            yield (
                (*path, "resolvers", place),
                Localizable('"{resolver}" is not an address', resolver=resolver),
            )
    for place, network in enumerate(link.site_networks):
        if not _is_network(network):
            yield (
                (*path, "site_networks", place),
                Localizable('"{network}" is not a network, as in "10.1.0.0/16"', network=network),
            )


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def schedule_mistakes(schedule: ProbeSchedule, path: Path) -> Iterator[Mistake]:
    """Yield the errors of the intervals of a probe."""
    if schedule.metered_every_s is not None and schedule.metered_every_s < schedule.every_s:
        yield (
            (*path, "metered_every_s"),
            (
                Localizable(
                    "metered_every_s is {metered_every_s} s, shorter than every_s "
                    "({every_s} s); metered links are measured less often, not more",
                    metered_every_s=f"{schedule.metered_every_s:g}",
                    every_s=f"{schedule.every_s:g}",
                )
            ),
        )


def carrier_mistakes(carrier: Carrier, path: Path) -> Iterator[Mistake]:
    """Yield the errors of the numbers and networks of a carrier."""
    for place, network in enumerate(carrier.networks):
        if not _is_network(network):
            yield (
                (*path, "networks", place),
                Localizable(
                    '"{network}" is not a network, as in "203.0.113.0/24"', network=network
                ),
            )
    for place, asn in enumerate(carrier.asn):
        if not 1 <= asn <= _LAST_ASN:
            yield (
                (*path, "asn", place),
                Localizable("{asn} is not the number of an autonomous system", asn=asn),
            )
    for place, plmn in enumerate(carrier.plmn):
        if not _PLMN.fullmatch(plmn):
            yield (
                (*path, "plmn", place),
                Localizable(
                    '"{plmn}" is not a mobile network: country and network code, as in "45204"',
                    plmn=plmn,
                ),
            )


def escalation_mistakes(carrier: Carrier, path: Path) -> Iterator[Mistake]:
    """Yield the errors of the chain by which a carrier's incidents are escalated."""
    before_s = 0.0
    for place, step in enumerate(carrier.escalation):
        here = (*path, "escalation", place)
        if bool(step.channels) is step.is_city:
            yield (
                here,
                Localizable('step "{title}" needs either channels or is_city', title=step.title),
            )
        if not math.isfinite(step.after_s) or step.after_s < before_s:
            yield (
                (*here, "after_s"),
                Localizable('step "{title}" comes before the one above it', title=step.title),
            )
        before_s = step.after_s
        for at, channel in enumerate(step.channels):
            if not channel.partition(":")[2]:
                yield (
                    (*here, "channels", at),
                    Localizable(
                        '"{channel}" needs the address of who is told, as in '
                        '"mail:name@host.example"',
                        channel=channel,
                    ),
                )


def contact_mistakes(contacts: Iterable[Contact], path: Path) -> Iterator[Mistake]:
    """Yield the errors of contacts; ``path`` is that of their array."""
    for place, contact in enumerate(contacts):
        if not contact.email and not contact.phone:
            yield (
                (*path, place),
                Localizable(
                    'contact "{contact}" cannot be notified: give email or phone',
                    contact=contact.name,
                ),
            )
        elif contact.email and not _EMAIL.fullmatch(contact.email):
            yield (
                (*path, place, "email"),
                Localizable('"{email}" is not an e-mail address', email=contact.email),
            )


def url_mistake(url: str) -> str:
    """Return the error of a web address; empty: none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return Localizable(
            '"{url}" is not an address of the web: its host or port cannot be read', url=url
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        return Localizable(
            '"{url}" is not an address of the web, as in "https://host.example/"', url=url
        )
    if parts.username is not None or parts.password is not None:
        return Localizable("no user name or password in a url: it appears in logs and on pages")
    return ""


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a text is, ``None`` where it is none."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _service_mistakes(target: Target, path: Path) -> Iterator[Mistake]:
    if not target.url:
        yield path, Localizable('service "{target}" needs a url', target=target.name)
    elif mistake := url_mistake(target.url):
        yield (*path, "url"), mistake
    if target.segment is not Segment.SERVICE:
        yield (
            (*path, "segment"),
            (
                Localizable(
                    'service "{target}" has segment "{segment}"; a service has segment "service"',
                    target=target.name,
                    segment=target.segment,
                )
            ),
        )
    if target.addresses:
        yield (
            (*path, "addresses"),
            Localizable(
                'service "{target}" is reached by its url; addresses are for anchors',
                target=target.name,
            ),
        )


def _anchor_mistakes(target: Target, path: Path) -> Iterator[Mistake]:
    if target.segment not in ANCHOR_SEGMENTS:
        yield (
            (*path, "segment"),
            (
                Localizable(
                    'anchor "{target}" has segment "{segment}"; an anchor has one of {names}',
                    target=target.name,
                    segment=target.segment,
                    names=", ".join(ANCHOR_SEGMENTS),
                )
            ),
        )
    if target.url:
        yield (
            (*path, "url"),
            Localizable(
                'anchor "{target}" is reached by its addresses; a url is for services',
                target=target.name,
            ),
        )
    if not target.addresses:
        yield (
            path,
            Localizable(
                'anchor "{target}" needs addresses: one or two, "gateway" or "resolver"',
                target=target.name,
            ),
        )
    elif len(target.addresses) > 1 and set(ADDRESS_WORDS) & set(target.addresses):
        yield (
            (*path, "addresses"),
            Localizable(
                '"gateway" and "resolver" stand alone: they mean both families of "{target}"',
                target=target.name,
            ),
        )
    else:
        yield from _address_mistakes(target, path)


def _address_mistakes(target: Target, path: Path) -> Iterator[Mistake]:
    versions: set[int] = set()
    for place, text in enumerate(target.addresses):
        here = (*path, "addresses", place)
        address = parse_address(text)
        if text in ADDRESS_WORDS:
            continue
        if address is None:
            yield (
                here,
                Localizable('"{text}" is not an address, "gateway" or "resolver"', text=text),
            )
        elif address.is_multicast or address.is_unspecified:
            yield here, Localizable('"{text}" is not the address of one host', text=text)
        elif address.version in versions:
            yield (
                here,
                (
                    Localizable(
                        'anchor "{target}" has two IPv{version} addresses; make an anchor of each',
                        target=target.name,
                        version=address.version,
                    )
                ),
            )
        else:
            versions.add(address.version)
