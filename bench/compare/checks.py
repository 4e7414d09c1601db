"""The checks of each tool at a site: hosts and pages that the agent measures, and their owners."""

from dataclasses import dataclass

from bench.reference.config import ReferenceCheck, checks_of

from thongsuot_lab import inventory
from thongsuot_lab.lab import Lab
from thongsuot_schema.inventory.model import Role
from thongsuot_schema.segment import Party, Segment, party_for

CENTRE = "collector"
"""The node in which receivers and central servers run."""

TELL_TABLE = "199"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedCheck:
    """A check with the segment that it represents, and the party that must act when it fails."""

    check: ReferenceCheck
    segment: Segment
    party: Party

    @property
    def name(self) -> str:
        """A name that is unique at the site, of letters, digits and underscores."""
        check = self.check
        return f"{check.kind}_{check.link}_{check.target}_{check.family}".replace("-", "_")


def owned_checks(lab: Lab, site: str) -> list[OwnedCheck]:
    """Return the checks of a site with their owners, as a careful operator would label them."""
    segments = {
        target.name: Segment.SERVICE if target.role is Role.SERVICE else target.segment
        for target in inventory.targets_of(lab.topology, site)
    }
    owned = []
    for check in checks_of(lab, site):
        segment = segments[check.target]
        assert segment is not None
        owned.append(OwnedCheck(check=check, segment=segment, party=party_for(segment)))
    return owned


def one_check_a_host(checks: list[OwnedCheck]) -> list[OwnedCheck]:
    """Return the checks of a tool that cannot choose a link: each host over the first link only."""
    first: dict[tuple[str, str, str], OwnedCheck] = {}
    for owned in checks:
        first.setdefault((owned.check.kind, owned.check.target, owned.check.at), owned)
    return list(first.values())


def route_by_host(lab: Lab, site: str, checks: list[OwnedCheck]) -> None:
    """Route each host over the link on which it is checked: some tools cannot choose one."""
    node = lab.node(lab.topology.site(site).device)
    interfaces = {uplink.name: uplink.interface for uplink in lab.topology.site(site).uplinks}
    for owned in checks:
        check = owned.check
        if check.kind == "http" or owned.segment is Segment.LAN:
            continue
        flag = "-6" if check.family == "ip6" else "-4"
        interface = interfaces[check.link]
        shown = node.run(["ip", flag, "route", "show", "default", "dev", interface]).stdout.split()
        via = shown[shown.index("via") + 1]
        node.run(["ip", flag, "route", "replace", check.at, "via", via, "dev", interface])


def tell_by_second_line(lab: Lab, site: str, port: int) -> None:
    """Route traffic to a port of the centre over the second line only."""
    second = lab.topology.site(site).uplinks[1].interface
    node = lab.node(lab.topology.site(site).device)
    shown = node.run(["ip", "-4", "route", "show", "default", "dev", second]).stdout.split()
    via = shown[shown.index("via") + 1]
    centre = lab.topology.addresses_of(CENTRE)[0]
    node.run(["ip", "route", "replace", centre, "via", via, "dev", second, "table", TELL_TABLE])
    to = ["to", centre, "ipproto", "tcp", "dport", str(port), "lookup", TELL_TABLE]
    node.run(["ip", "rule", "add", *to])
