"""
Packet scenarios: scenarios of the grammar for the lab's own city that the lab can make.

Scenarios that the lab cannot make are drawn again and counted by reason.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from thongsuot_lab.matrix import profile
from thongsuot_lab.topology.city import DOMAIN, city
from thongsuot_lab.topology.model import LabUplink, NodeRole, Topology
from thongsuot_lab.truth.fault import Course, GeneratedFault
from thongsuot_lab.truth.grammar import (
    ALLOWANCES_BYTES,
    LOCAL,
    Lengths,
    Scenario,
    draw_fault,
)
from thongsuot_lab.truth.packet_faults import Unplayable, impairments_of
from thongsuot_lab.truth.places import (
    AccessLine,
    Premises,
    SimulatedCity,
    SimulatedPortal,
)

Batch = tuple[Scenario, ...]
"""Scenarios that are played at the same time."""

LENGTHS = Lengths(once_s=(6.0, 30.0), other_s=(120.0, 200.0))
BEGIN_S = 20.0
RECOVERY_S = 90.0
WIDE_SHARE = 0.25
"""Share of the scenarios that more than one site can meet."""

TWO_SHARE = 0.2
"""Share of the scenarios with two faults."""

SHORTEST_S = 0.4
PORTALS = 2
ALIKE = 2
"""
The number of carriers that number their lines alike, out of 10.0.0.0/8: both lines of the first
site then begin at routers with the same addresses, which identify no carrier.
"""


SUFFICIENT_BYTES = tuple(known for known in ALLOWANCES_BYTES if known > 600_000_000)
"""
Allowances that cover the shipped profile with the lab's anchors (556 MB a month): a real agent
refuses settings that cost more.
"""


def lab_topology(sites: int, *, is_metered: bool = False) -> Topology:
    """
    Return the city of the lab: the carriers of the matrix, lines at their full rates.

    Every second line of a site is metered if requested; the sites have the larger allowances of the
    grammar in turn.
    """
    alike = list(profile.CARRIERS)[:ALIKE]
    drawn = city(sites, carriers=profile.CARRIERS, portals=PORTALS, alike=alike)
    if not is_metered:
        return drawn
    return replace(
        drawn,
        sites=tuple(
            replace(site, uplinks=(site.uplinks[0], *_metered(site.uplinks[1:], number)))
            for number, site in enumerate(drawn.sites)
        ),
    )


def _metered(uplinks: tuple[LabUplink, ...], number: int) -> Iterator[LabUplink]:
    """Yield the uplinks of a site, given its number, with an allowance."""
    allowance_bytes = SUFFICIENT_BYTES[number % len(SUFFICIENT_BYTES)]
    return (replace(uplink, allowance_bytes=allowance_bytes) for uplink in uplinks)


def city_of(topology: Topology) -> SimulatedCity:
    """Return the lab's city for the simulation."""
    wires = {wire.name: wire for wire in topology.wires}
    sites = []
    for site in topology.sites:
        lines = []
        for uplink in site.uplinks:
            impairment = wires[uplink.access_wire].a_to_b
            lines.append(
                AccessLine(
                    name=uplink.name,
                    carrier=uplink.carrier,
                    box=f"{site.name}.{uplink.name}",
                    is_radio=uplink.medium == "5g",
                    is_metered=uplink.allowance_bytes is not None,
                    allowance_bytes=uplink.allowance_bytes or SUFFICIENT_BYTES[0],
                    has_ip6=True,
                    delay_s=impairment.delay_s,
                    jitter_s=max(impairment.jitter_s, 1e-5),
                    loss_ratio=impairment.loss_ratio,
                )
            )
        sites.append(Premises(name=site.name, lines=tuple(lines)))
    portals = tuple(
        SimulatedPortal(
            name=node.name.removeprefix("portal."),
            is_abroad=False,
            page_packets=3,
            answer_bytes=160,
        )
        for node in topology.nodes
        if node.role is NodeRole.PORTAL
    )
    assert all(f"{portal.name}.{DOMAIN}" in topology.names for portal in portals)
    return SimulatedCity(
        sites=tuple(sites),
        carriers=tuple(carrier.name for carrier in topology.carriers),
        portals=portals,
    )


@dataclass(slots=True)
class PacketGrammar:
    """Draws scenarios for one lab; ``refused`` counts unplayable ones by reason."""

    topology: Topology
    seed: int
    city: SimulatedCity = field(init=False)
    refused: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Convert the lab's city for the simulation."""
        self.city = city_of(self.topology)

    def batches(self, count: int) -> list[Batch]:
        """
        Return a number of scenarios in batches.

        Local faults are on the fixed line, which the client of a site uses.
        """
        local = count - round(count * WIDE_SHARE)
        sites = [site.name for site in self.city.sites]
        batches: list[Batch] = []
        for first in range(0, local, len(sites)):
            numbers = range(first, min(first + len(sites), local))
            batches.append(tuple(self.scenario(n, sites[n - first]) for n in numbers))
        batches += [(self.scenario(number, ""),) for number in range(local, count)]
        return batches

    def scenario(self, index: int, site: str) -> Scenario:
        """Return one scenario: for one site, or (empty) for many sites."""
        dice = random.Random(f"packets {self.seed} {index}")
        faults: list[GeneratedFault] = []
        begin_s = BEGIN_S
        for _ in range(2 if dice.random() < TWO_SHARE else 1):
            faults.append(self._playable(dice, begin_s, site))
            begin_s += dice.uniform(5.0, 60.0)
        until_s = max(fault.end_s for fault in faults) + RECOVERY_S
        return Scenario(
            seed=self.seed, index=index, city=self.city, faults=tuple(faults), until_s=until_s
        )

    def _playable(self, dice: random.Random, begin_s: float, site: str) -> GeneratedFault:
        while True:
            fault = draw_fault(dice, self.city, begin_s, LENGTHS)
            own = f"{site}.fixed" if site else ""
            if (fault.place.name if fault.place.kind in LOCAL else "") != own:
                continue
            reason = self._why_not(fault)
            if not reason:
                return fault
            self.refused[f"{fault.place.kind}: {fault.touch} {fault.effect}: {reason}"] += 1

    def _why_not(self, fault: GeneratedFault) -> str:
        try:
            impairments_of(self.topology, fault)
        except Unplayable as reason:
            return str(reason)
        if fault.course is Course.BURSTS and fault.on_share * fault.period_s < SHORTEST_S:
            return f"a burst below {SHORTEST_S:g} s: rules take a tenth of a second to lay"
        return ""
