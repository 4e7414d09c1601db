"""
Links without an interface of their own with a router behind it: a VLAN, through a router that
selects the line, watched by the router's own reports, through a proxy. Pure.
"""

from collections.abc import Iterator
from ipaddress import ip_address, ip_interface
from urllib.parse import urlsplit

from thongsuot_schema.inventory.checks import Mistake
from thongsuot_schema.inventory.model import Link, Via
from thongsuot_schema.localizable import Localizable, sentence_of
from thongsuot_schema.toml_lines import Path

WATCHED_KINDS = frozenset({"snmp"})
"""The only measurement on a link that is only watched: the router's report of its port."""


def is_measured_on(kind: str, link: Link) -> bool:
    """Return whether a kind of probe can be made on a link at all."""
    return link.via is not Via.WATCHED or kind in WATCHED_KINDS


def port_of(link: Link) -> str:
    """
    Return the Ethernet port below a link's interface, whose cable is the site's; empty: unknown.
    """
    if link.vlan is None:
        return link.port
    return link.port or link.interface.rpartition(".")[0]


def proxy_address(proxy: str) -> tuple[str, int]:
    """
    Return address and port of a proxy.

    Raises:
        ValueError: it is not an ``http://ADDRESS:PORT``; the text says what to write.
    """
    parts = urlsplit(proxy)
    try:
        port = parts.port
        address = str(ip_address(parts.hostname or ""))
    except ValueError:
        port = address = None
    if parts.scheme != "http" or address is None or port is None or parts.username is not None:
        raise ValueError(
            Localizable("proxy is {proxy}; it must be http://ADDRESS:PORT", proxy=repr(proxy))
        )
    return address, port


def way_out_mistakes(link: Link, path: Path) -> Iterator[Mistake]:
    """Yield the errors of a link's VLAN, its ``via`` and its proxy."""
    yield from _vlan_mistakes(link, path)
    yield from _via_mistakes(link, path)
    if link.proxy:
        try:
            proxy_address(link.proxy)
        except ValueError as error:
            yield (*path, "proxy"), sentence_of(error)
    elif link.proxy_credentials_file:
        yield (
            (*path, "proxy_credentials_file"),
            Localizable("these credentials have no proxy; name it in proxy"),
        )


def _vlan_mistakes(link: Link, path: Path) -> Iterator[Mistake]:
    if link.vlan is None:
        if link.vlan_addresses:
            yield (
                (*path, "vlan_addresses"),
                Localizable("addresses of a VLAN; give its number in vlan"),
            )
        if link.port and link.port == link.interface:
            yield (
                (*path, "port"),
                Localizable("a port carries another interface, as eth0 carries ppp0"),
            )
        return
    if not port_of(link):
        yield (
            (*path, "port"),
            Localizable(
                '"{interface}" does not say on which port VLAN {vlan} is; name it here',
                interface=link.interface,
                vlan=link.vlan,
            ),
        )
    elif port_of(link) == link.interface:
        yield (
            (*path, "port"),
            Localizable("a VLAN has a name of its own, as in eth0.10 on the port eth0"),
        )
    for place, text in enumerate(link.vlan_addresses):
        try:
            ip_interface(text)
        except ValueError:
            yield (
                (*path, "vlan_addresses", place),
                Localizable(
                    '"{text}" is not an address with its length, as in "192.168.10.10/24"',
                    text=text,
                ),
            )
    if link.vlan_addresses and not link.gateways:
        yield (
            (*path, "vlan_addresses"),
            Localizable(
                "with addresses given here nothing brings a route; name the router in gateways"
            ),
        )


def _via_mistakes(link: Link, path: Path) -> Iterator[Mistake]:
    if link.via is Via.ROUTER and link.carrier:
        yield (
            (*path, "carrier"),
            (
                Localizable(
                    'the router chooses the line, so that "{carrier}" cannot be held '
                    "to it; leave carrier out, or have the router pin the link "
                    "(sources, tos)",
                    carrier=link.carrier,
                )
            ),
        )
    if link.via is not Via.WATCHED:
        return
    for key in ("gateways", "sources", "tos", "mark", "vlan", "proxy", "allowance_bytes"):
        if getattr(link, key):
            yield (
                (*path, key),
                Localizable(
                    "nothing is sent over a link that is only watched; leave {key} out", key=key
                ),
            )
