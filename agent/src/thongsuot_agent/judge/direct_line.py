"""
Direct line: a link whose next hop is the carrier's own router, with no box of the site before it.

A bridged ONT, or an agent on the site's router: the default gateway is then the far end of the
line, and its silence is the carrier's. It is known by the gateway's address, which is no address
that a site gives to its own boxes (2026-11: such a line, cut, was told to the commune as a silent
router).
"""

from functools import lru_cache
from ipaddress import ip_address, ip_network

from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.memory import LinkMemory
from thongsuot_agent.judge.site_probes import LinkProbes, SiteProbes

_OF_SITES = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
)
"""Where sites number their own boxes from (RFC 1918, 3927); 100.64/10 is carriers'."""


def probes_for(site_probes: SiteProbes, link: LinkMemory) -> LinkProbes:
    """Return what is measured on a link of a site, its gateway on the rung where it stands."""
    probes = site_probes.links[link.name]
    is_direct = link.facts is not None and has_direct_line(link.facts, probes.link.site_networks)
    return site_probes.direct[link.name] if is_direct else probes


def has_direct_line(facts: LinkFacts, site_networks: tuple[str, ...]) -> bool:
    """
    Return whether a link's next hop is its carrier's router.

    ``site_networks`` are what the link's settings declare to be the site's, as where an office has
    public addresses of its own. An IPv6 router has a link-local address no matter who it is, so
    that without IPv4 it counts as the site's.
    """
    return _is_carriers(facts.gateways, site_networks)


@lru_cache(maxsize=64)
def _is_carriers(gateways: tuple[str, ...], site_networks: tuple[str, ...]) -> bool:
    own = (*_OF_SITES, *map(ip_network, site_networks))
    addresses = [ip_address(text) for text in gateways if ":" not in text]
    return bool(addresses) and not any(
        address in network for address in addresses for network in own
    )
