"""
Contradictions inside one thing of the inventory that no type can see.

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
                f'equipment "{target.name}" has segment "{target.segment}"; it has segment "lan"',
            )
    for place, network in enumerate(target.expect_addresses):
        if not _is_network(network):
            yield (
                (*path, "expect_addresses", place),
                f'"{network}" is not an address or network, as in "203.0.113.0/24"',
            )
    for place, status in enumerate(target.expect_status):
        if not _FIRST_STATUS <= status <= _LAST_STATUS:
            yield (*path, "expect_status", place), f"{status} is not a status of HTTP (100 to 599)"


def link_mistakes(link: Link, path: Path) -> Iterator[Mistake]:
    """Yield the errors of a link."""
    is_own = link.via is not Via.WATCHED  # else it is the router's, which has names of its own
    if is_own and (not _INTERFACE.fullmatch(link.interface) or link.interface in {".", ".."}):
        yield (
            (*path, "interface"),
            (
                f'"{link.interface}" cannot be the name of an interface '
                "(1 to 15 characters, no space, no slash)"
            ),
        )
    for place, resolver in enumerate(link.resolvers):
        if parse_address(resolver) is None:
            yield (*path, "resolvers", place), f'"{resolver}" is not an address'
    for place, network in enumerate(link.site_networks):
        if not _is_network(network):
            yield (
                (*path, "site_networks", place),
                f'"{network}" is not a network, as in "10.1.0.0/16"',
            )


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def schedule_mistakes(schedule: ProbeSchedule, path: Path) -> Iterator[Mistake]:
    """Yield the errors of the intervals of a probe."""
    for key, every_s in (
        ("every_s", schedule.every_s),
        ("metered_every_s", schedule.metered_every_s),
    ):
        if every_s is not None and not math.isfinite(every_s):
            yield (*path, key), f"{key} must be finite; leave the probe out to measure nothing"
    if schedule.metered_every_s is not None and schedule.metered_every_s < schedule.every_s:
        yield (
            (*path, "metered_every_s"),
            (
                f"metered_every_s is {schedule.metered_every_s:g} s, shorter than every_s "
                f"({schedule.every_s:g} s); metered links are measured less often, not more"
            ),
        )


def carrier_mistakes(carrier: Carrier, path: Path) -> Iterator[Mistake]:
    """Yield the errors of the numbers and networks of a carrier."""
    for place, network in enumerate(carrier.networks):
        if not _is_network(network):
            yield (
                (*path, "networks", place),
                f'"{network}" is not a network, as in "203.0.113.0/24"',
            )
    for place, asn in enumerate(carrier.asn):
        if not 1 <= asn <= _LAST_ASN:
            yield (*path, "asn", place), f"{asn} is not the number of an autonomous system"
    for place, plmn in enumerate(carrier.plmn):
        if not _PLMN.fullmatch(plmn):
            yield (
                (*path, "plmn", place),
                f'"{plmn}" is not a mobile network: country and network code, as in "45204"',
            )


def escalation_mistakes(carrier: Carrier, path: Path) -> Iterator[Mistake]:
    """Yield the errors of the chain by which a carrier's incidents are escalated."""
    before_s = 0.0
    for place, step in enumerate(carrier.escalation):
        here = (*path, "escalation", place)
        if bool(step.channels) is step.is_city:
            yield here, f'step "{step.title}" needs either channels or is_city'
        if not math.isfinite(step.after_s) or step.after_s < before_s:
            yield (*here, "after_s"), f'step "{step.title}" comes before the one above it'
        before_s = step.after_s
        for at, channel in enumerate(step.channels):
            if not channel.partition(":")[2]:
                yield (
                    (*here, "channels", at),
                    f'"{channel}" needs the address of who is told, as in "mail:name@host.example"',
                )


def contact_mistakes(contacts: Iterable[Contact], path: Path) -> Iterator[Mistake]:
    """Yield the errors of contacts; ``path`` is that of their array."""
    for place, contact in enumerate(contacts):
        if not contact.email and not contact.phone:
            yield (
                (*path, place),
                f'contact "{contact.name}" can be told nothing: give email or phone',
            )
        elif contact.email and not _EMAIL.fullmatch(contact.email):
            yield (*path, place, "email"), f'"{contact.email}" is not an e-mail address'


def url_mistake(url: str) -> str:
    """Return the error of a web address; empty: none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return f'"{url}" is not an address of the web: its host or port cannot be read'
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        return f'"{url}" is not an address of the web, as in "https://host.example/"'
    if parts.username is not None or parts.password is not None:
        return "no user name or password in a url: it stands in logs and on pages"
    return ""


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a text is, ``None`` where it is none."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _service_mistakes(target: Target, path: Path) -> Iterator[Mistake]:
    if not target.url:
        yield path, f'service "{target.name}" needs a url'
    elif mistake := url_mistake(target.url):
        yield (*path, "url"), mistake
    if target.segment is not Segment.SERVICE:
        yield (
            (*path, "segment"),
            (
                f'service "{target.name}" has segment "{target.segment}"; '
                'a service has segment "service"'
            ),
        )
    if target.addresses:
        yield (
            (*path, "addresses"),
            f'service "{target.name}" is reached by its url; addresses are for anchors',
        )


def _anchor_mistakes(target: Target, path: Path) -> Iterator[Mistake]:
    if target.segment not in ANCHOR_SEGMENTS:
        yield (
            (*path, "segment"),
            (
                f'anchor "{target.name}" has segment "{target.segment}"; '
                f"an anchor has one of {', '.join(ANCHOR_SEGMENTS)}"
            ),
        )
    if target.url:
        yield (
            (*path, "url"),
            f'anchor "{target.name}" is reached by its addresses; a url is for services',
        )
    if not target.addresses:
        yield (
            path,
            f'anchor "{target.name}" needs addresses: one or two, "gateway" or "resolver"',
        )
    elif len(target.addresses) > 1 and set(ADDRESS_WORDS) & set(target.addresses):
        yield (
            (*path, "addresses"),
            f'"gateway" and "resolver" stand alone: they mean both families of "{target.name}"',
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
            yield here, f'"{text}" is not an address, "gateway" or "resolver"'
        elif address.is_multicast or address.is_unspecified:
            yield here, f'"{text}" is not the address of one host'
        elif address.version in versions:
            yield (
                here,
                (
                    f'anchor "{target.name}" has two IPv{address.version} addresses; '
                    "make an anchor of each"
                ),
            )
        else:
            versions.add(address.version)
