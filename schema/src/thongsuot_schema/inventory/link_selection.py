"""
How links that share an interface are distinguished, and errors in that. Pure.

By gateways, sources, types of service or marks of their packets. What two links on one interface
have in common decides whether a packet of the one can leave as the other's: then every verdict on
both would be worth nothing, so that it is refused at the start.
"""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from msgspec import structs

from thongsuot_schema.inventory.checks import Mistake, parse_address
from thongsuot_schema.inventory.model import Link, Via
from thongsuot_schema.inventory.way_out import way_out_mistakes
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.toml_lines import Path

FIRST_NUMBER = 0x7500
"""Marks, tables and priorities of rules are this and the link's place in the settings, from 1."""

_RULE_TOS = (0x04, 0x08, 0x0C, 0x10, 0x14, 0x18, 0x1C)
"""The values that the kernel's rules can distinguish (IPTOS_RT_MASK): seven links."""


def with_marks(specs: tuple[Link, ...]) -> tuple[Link, ...]:
    """
    Return the links of a device with the marks by which its kernel distinguishes them.

    A link with gateways of its own gets one unless its settings give a mark, a type of service, or
    a source address beside each gateway, which do the same.
    """
    return tuple(
        structs.replace(spec, mark=FIRST_NUMBER + place) if _needs_mark(spec) else spec
        for place, spec in enumerate(specs, start=1)
    )


def _needs_mark(spec: Link) -> bool:
    if not spec.gateways or spec.mark or spec.tos:
        return False
    return not _versions(spec.gateways) <= _versions(spec.sources)


def _versions(addresses: tuple[str, ...]) -> set[int]:
    return {address.version for text in addresses if (address := parse_address(text)) is not None}


def selection_mistakes(links: Sequence[Link], path: Path) -> Iterator[Mistake]:
    """
    Yield the errors of each of a device's links, then of each that duplicates an earlier one;
    ``path`` is that of the list.
    """
    marked = with_marks(tuple(links))
    for place, link in enumerate(marked):
        yield from _address_mistakes(link, (*path, place))
        yield from way_out_mistakes(link, (*path, place))
        if link.gateways and link.tos is not None and link.tos not in _RULE_TOS:
            known = ", ".join(f"0x{tos:02x}" for tos in _RULE_TOS)
            yield (
                (*path, place, "tos"),
                Localizable(
                    "the kernel's rules cannot tell 0x{tos} from others; one of {known}",
                    tos=f"{link.tos:02x}",
                    known=known,
                ),
            )
        for other in marked[:place]:
            yield from _confusions(link, other, (*path, place))


def _address_mistakes(link: Link, path: Path) -> Iterator[Mistake]:
    for key, noun, addresses in (
        ("gateways", Localizable("a router's address"), link.gateways),
        ("sources", Localizable("an address of the device"), link.sources),
    ):
        versions: set[int] = set()
        for index, text in enumerate(addresses):
            try:
                address = ip_address(text)
            except ValueError:
                yield (
                    (*path, key, index),
                    Localizable(
                        '"{text}" is not {noun}, as in "192.168.1.2"', text=text, noun=noun
                    ),
                )
                continue
            if address.is_multicast or address.is_unspecified or address.is_loopback:
                yield (
                    (*path, key, index),
                    Localizable('"{text}" cannot be {noun}', text=text, noun=noun),
                )
            elif address.version in versions:
                yield (
                    (*path, key, index),
                    Localizable(
                        "at most one IPv{version} address in {key}; make a link of each",
                        version=address.version,
                        key=key,
                    ),
                )
            versions.add(address.version)


def _confusions(link: Link, other: Link, path: Path) -> Iterator[Mistake]:
    if Via.WATCHED in {link.via, other.via}:
        # It sends nothing, and its interface is the router's.
        return
    if _can_be_parsed(link, other) and link.interface == other.interface and _is_same(link, other):
        yield (
            (*path, "interface"),
            (
                Localizable(
                    'interface "{interface}" is also that of link "{other}", and '
                    "nothing tells their packets apart; give each its own gateways "
                    "(two routers on one network), or sources, tos or mark (one router "
                    "that routes by it)",
                    interface=link.interface,
                    other=other.name,
                )
            ),
        )
        return
    if not (link.gateways and other.gateways) or link.gateways == other.gateways:
        return
    if link.mark is not None and link.mark == other.mark:
        yield (
            (*path, "mark"),
            (
                Localizable(
                    'mark {mark} is also that of link "{other}" (links with gateways '
                    "are marked from {number} on); one mark leads to one gateway",
                    mark=link.mark,
                    other=other.name,
                    number=FIRST_NUMBER + 1,
                )
            ),
        )
    if link.tos is not None and link.tos == other.tos:
        yield (
            (*path, "tos"),
            (
                Localizable(
                    'type of service 0x{tos} is also that of link "{other}"; one leads '
                    "to one gateway",
                    tos=f"{link.tos:02x}",
                    other=other.name,
                )
            ),
        )
    for index, source in enumerate(link.sources):
        if source in other.sources and not (link.tos or link.mark):
            yield (
                (*path, "sources", index),
                Localizable(
                    'source {source} is also that of link "{other}"; one leads to one gateway',
                    source=source,
                    other=other.name,
                ),
            )


def _can_be_parsed(*links: Link) -> bool:
    return not any(mistake for link in links for mistake in _address_mistakes(link, ()))


def _is_same(link: Link, other: Link) -> bool:
    """Return whether packets of two links on one interface can take the same way."""
    if link.gateways and other.gateways and not _meet(link.gateways, other.gateways):
        return False
    if link.sources and other.sources and not _meet(link.sources, other.sources):
        return False
    return (link.tos, link.mark if not link.gateways else None) == (
        other.tos,
        other.mark if not other.gateways else None,
    )


def _meet(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    return bool({ip_address(own) for own in first} & {ip_address(own) for own in second})
