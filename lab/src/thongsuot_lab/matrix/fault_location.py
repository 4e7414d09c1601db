"""Where a row is played, and which sites and links that concerns."""

from collections.abc import Iterator
from dataclasses import dataclass

from thongsuot_lab.topology.model import Topology

Subject = tuple[str, str, str]
"""Site, link, service, as a verdict names them (either of the last two may be empty)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultLocation:
    """
    A site, a carrier or a portal; if none is set, the whole city.

    ``links`` are those of the site on which the fault lies, if it lies at a site.
    """

    topology: Topology
    site: str = ""
    links: tuple[str, ...] = ()
    carrier: str = ""
    portal: str = ""

    @property
    def name(self) -> str:
        """For people."""
        return self.site or self.carrier or self.portal or "city"

    def words(self) -> dict[str, str]:
        """Return the values for ``{site}`` and similar placeholders in a fault's arguments."""
        return {"site": self.site, "carrier": self.carrier, "portal": self.portal}

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield site and link of every line that the fault affects."""
        for site in self.topology.sites:
            for uplink in site.uplinks:
                if self.site:
                    is_hit = site.name == self.site and uplink.name in self.links
                else:
                    is_hit = self.carrier in ("", uplink.carrier)
                if is_hit:
                    yield site.name, uplink.name

    def sites(self) -> tuple[str, ...]:
        """Return the affected sites."""
        if self.site:
            return (self.site,)
        if self.carrier:
            return tuple(dict.fromkeys(site for site, _ in self.lines()))
        return tuple(site.name for site in self.topology.sites)

    def link_at(self, site: str) -> str:
        """Return the affected link of a site: the only one, or the first."""
        return next(link for at, link in self.lines() if at == site)
