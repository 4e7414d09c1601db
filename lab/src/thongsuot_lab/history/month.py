"""The month before a demonstration, of every site of a city. Pure."""

from collections.abc import Iterator, Sequence

from thongsuot_lab import inventory
from thongsuot_lab.history.faults import PastLink, faults_of
from thongsuot_lab.history.record import PastRecord
from thongsuot_lab.topology.model import Topology
from thongsuot_schema.inventory.model import Role


def past_records(topology: Topology, sites: Sequence[str], *, now_ns: int) -> Iterator[PastRecord]:
    """Yield the record of the past month for each of these sites."""
    for place, site in enumerate(sites):
        links = [
            PastLink(name=link.name, medium=link.medium, carrier=link.carrier)
            for link in inventory.links_of(topology, site)
        ]
        services = [
            target.name
            for target in inventory.targets_of(topology, site)
            if target.role is Role.SERVICE
        ]
        yield PastRecord(site, links, services, faults_of(place, links), now_ns=now_ns)
