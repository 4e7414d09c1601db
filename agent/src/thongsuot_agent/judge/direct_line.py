"""
Direct line: a link whose next hop is the carrier's own router, without equipment of the site before
it.

Examples are a bridged ONT, or an agent on the site's router: the default gateway is then the far
end of the line, and the carrier is responsible for it. It is recognised by the gateway's address,
which is not in a range that sites use for their own equipment (2026-11: when such a line was cut,
the commune was notified of a silent router).
"""

from functools import lru_cache
from ipaddress import ip_address, ip_network

from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.memory import LinkMemory
from thongsuot_agent.judge.site_probes import LinkProbes, SiteProbes

_OF_SITES = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
)
"""Address ranges of sites' own equipment (RFC 1918, 3927); 100.64/10 belongs to carriers."""


def probes_for(site_probes: SiteProbes, link: LinkMemory) -> LinkProbes:
    """Return the probes of a site's link, with its gateway on its actual rung."""
    probes = site_probes.links[link.name]
    is_direct = link.facts is not None and has_direct_line(link.facts, probes.link.site_networks)
    return site_probes.direct[link.name] if is_direct else probes


def has_direct_line(facts: LinkFacts, site_networks: tuple[str, ...]) -> bool:
    """
    Return whether a link's next hop is its carrier's router.

    ``site_networks`` are the site's networks by the link's settings, for an office with public
    addresses of its own. Every IPv6 router has a link-local address, so without IPv4 the gateway
    counts as the site's.
    """
    return _is_carriers(facts.gateways, site_networks)


@lru_cache(maxsize=64)
def _is_carriers(gateways: tuple[str, ...], site_networks: tuple[str, ...]) -> bool:
    own = (*_OF_SITES, *map(ip_network, site_networks))
    addresses = [ip_address(text) for text in gateways if ":" not in text]
    return bool(addresses) and not any(
        address in network for address in addresses for network in own
    )
