"""
The public networks of carriers, limited by the space in a site configuration. Pure.

From them an agent determines the carrier of a packet's line. If a carrier has more networks than
fit, the largest ones are included: an address of another network then has no known owner, which
neither proves nor contradicts anything.
"""

from collections.abc import Mapping
from ipaddress import ip_network

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_schema.inventory.model import Carrier, Site

ROOM_BYTES = 20 * 1024
"""Part of a site configuration's 40 KiB; the other content for a city is 10 KB."""

_QUOTES_BYTES = 3  # two quotes and a comma


def networks_for_site(
    site: Site, directory: InventoryDirectory, room_bytes: int = ROOM_BYTES
) -> Mapping[str, tuple[str, ...]]:
    """
    Return the networks of each carrier by name: those of the site's own links first.

    The others allow a link whose packets leave by one of them to name it.
    """
    own = {link.carrier for link in site.links}
    carriers = sorted(directory.carriers.values(), key=lambda carrier: carrier.name not in own)
    chosen: dict[str, tuple[str, ...]] = {}
    for carrier in carriers:
        networks = _fitting(_networks(carrier, directory), room_bytes)
        room_bytes -= sum(len(network) + _QUOTES_BYTES for network in networks)
        if networks:
            chosen[carrier.name] = networks
    return chosen


def _networks(carrier: Carrier, directory: InventoryDirectory) -> list[str]:
    """Return a carrier's networks, the largest first; IPv4's before IPv6's of the same size."""
    named = {*carrier.networks, *directory.networks.networks_of(carrier.asn)}
    parsed = [ip_network(text) for text in named]
    # A customer's IPv6 line has a /48 or a /56, an IPv4 one a /32.
    parsed.sort(
        key=lambda network: (network.prefixlen * (32 / network.max_prefixlen), str(network))
    )
    return [str(network) for network in parsed]


def _fitting(networks: list[str], room_bytes: int) -> tuple[str, ...]:
    fitting: list[str] = []
    for network in networks:
        room_bytes -= len(network) + _QUOTES_BYTES
        if room_bytes < 0:
            break
        fitting.append(network)
    return tuple(fitting)
