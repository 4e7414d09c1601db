"""
Identity: whether the device at the end of a link, and the carrier's router behind it, are the known
ones.

A site must verify its own set-up before it blames a carrier. If another device answers as the
gateway (a rogue DHCP server, a moved agent, a replaced router), or if every path begins in another
network than before (a cable in another carrier's router), later failures prove nothing about the
circuit in the inventory. If both are so, the device is at another place, and working targets there
prove nothing about that circuit either.
"""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import ns
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, NeighbourIdentity
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_schema.result import Family, Finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

FIRST_HOP_REPLACED = Diagnosis(
    state=State.UNKNOWN, segment=None, symptom=Symptom.FIRST_HOP_REPLACED
)
GATEWAY_REPLACED = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.GATEWAY_REPLACED)
MOVED = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.DEVICE_MOVED)
HARDWARE = "gateway_hardware"
"""Evidence of the host probe: the link-layer address of the answering gateway."""
ACCEPTED_S = 3600.0
"""
A device that has been present for this time was installed on purpose: its circuit is named again.
"""
MOVED_ACCEPTED_S = 24 * 3600.0
"""
A completely unknown place counts as the device's own after a day. Anyone who moves a device
permanently changes its site and circuit in the settings, and its history starts again (see
``app.place``).
"""
STRANGE_HOPS = 2
"""This many consecutive paths must begin elsewhere: a single one may be an exception."""
BESIDE_KEPT = 8
"""Networks of one carrier behind one access router: it leads to a few of its cores."""
_EVERYBODYS = tuple(
    map(
        ip_network,
        (
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),  # RFC 1918, 3927
            *("100.64.0.0/10", "192.0.0.0/24"),  # RFC 6598: carrier-grade NAT; RFC 6333: DS-Lite
            *("fc00::/7", "fe80::/10"),  # RFC 4193, 4291
        ),
    )
)
_PREFIX_LENGTHS = {4: 16, 6: 32}
"""
First hops of one carrier at one place share this prefix length: a new session may end at another of
its routers (6: the minimum that a registry assigns to a carrier, RFC 6177 and RIR policy).
"""


def note_gateway(link: LinkMemory, finding: Finding, started_ns: int) -> None:
    """Record the device that answers as the gateway, from one ``host`` run."""
    hardware = finding.evidence.get(HARDWARE, "")
    if hardware:
        _note(link.gateway, hardware, started_ns, _accepted_s(link))


def note_way(link: LinkMemory, family: Family, routers: Sequence[str], started_ns: int) -> None:
    """
    Record the carrier's routers at the start of a path, the nearest first.

    A carrier is identified by the first router with an address in its own space. Access routers
    often have addresses that every carrier uses: the same 100.64.0.1 exists behind two lines, and a
    new session ends at another 10.x.0.1. The hops behind such a router may be in several networks,
    depending on the target; so one indicates another circuit only when the usual ones have
    disappeared.
    """
    own = next((address for address in routers if not _is_everybodys(address)), "")
    if not own:
        return
    try:
        length = _PREFIX_LENGTHS[ip_address(own).version]
        network = str(ip_network(f"{own}/{length}", strict=False))
    except ValueError:
        # A probe that reports a hop by name: its network is unknown.
        network = own
    side = link.carriers_side.setdefault(family, NeighbourIdentity())
    if own != routers[0]:
        _note_beside(side, network)
    name = side.usual if network in side.beside else network
    _note(side, name, started_ns, _accepted_s(link))


def without_a_name(link: LinkMemory, slot: FaultSlot) -> FaultSlot:
    """
    Return a fault of a link as it may be reported: beyond an unknown device it belongs to no party.

    A fault that began while the known device was present keeps its party.
    """
    fault = slot.fault
    if is_moved(link) and not is_on_site(fault):
        return FaultSlot(
            fault=MOVED, onset_ns=max(slot.onset_ns, moved_ns(link)), evidence=slot.evidence
        )
    if fault is None or fault.segment is None or RANK[fault.segment] <= RANK[Segment.LAN]:
        return slot
    if link.gateway.strange and slot.onset_ns >= link.gateway.usual_ns:
        return FaultSlot(fault=GATEWAY_REPLACED, onset_ns=slot.onset_ns, evidence=slot.evidence)
    if _is_elsewhere(link, slot.onset_ns):
        return FaultSlot(fault=FIRST_HOP_REPLACED, onset_ns=slot.onset_ns, evidence=slot.evidence)
    return slot


def is_moved(link: LinkMemory) -> bool:
    """Return whether both the router and the network behind it differ from the known ones."""
    sides = link.carriers_side.values()
    return (
        bool(link.gateway.strange)
        and bool(sides)
        and all(side.times >= STRANGE_HOPS for side in sides)
    )


def moved_ns(link: LinkMemory) -> int:
    """Return when a moved device was first seen at its new place."""
    return link.gateway.strange_ns


def is_on_site(fault: Diagnosis | None) -> bool:
    """Return whether a fault is at the device's present place, wherever that is."""
    return (
        fault is not None
        and fault.segment is not None
        and (RANK[fault.segment] <= RANK[Segment.LAN])
    )


def _accepted_s(link: LinkMemory) -> float:
    return MOVED_ACCEPTED_S if is_moved(link) else ACCEPTED_S


def _is_elsewhere(link: LinkMemory, onset_ns: int) -> bool:
    """Return whether paths have begun elsewhere since before a time, in every known family."""
    sides = list(link.carriers_side.values())
    return bool(sides) and all(
        side.times >= STRANGE_HOPS and side.usual_ns <= onset_ns for side in sides
    )


def _is_everybodys(address: str) -> bool:
    """Return whether an address is in a range from which every carrier may number its routers."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in _EVERYBODYS)


def _note_beside(side: NeighbourIdentity, network: str) -> None:
    """Remember a network at the start of earlier paths; the usual one is there again."""
    is_back = network == side.usual or network in side.beside
    if is_back and side.strange and side.strange not in side.beside:
        side.beside = [*side.beside[1 - BESIDE_KEPT :], side.strange]


def _note(known: NeighbourIdentity, name: str, started_ns: int, accepted_s: float) -> None:
    if known.usual not in {"", name} and name != known.strange:
        known.strange, known.strange_ns, known.times = name, started_ns, 0
    if name == known.strange:
        known.times += 1
    is_accepted = name == known.strange and started_ns - known.strange_ns >= ns(accepted_s)
    if known.usual in {"", name} or is_accepted:
        known.usual, known.usual_ns, known.strange, known.times = name, started_ns, "", 0
