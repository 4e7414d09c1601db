"""
Oracle: who may be notified about a fault, from its place alone; and which places are
indistinguishable.

A fault at one place has the same *signature* as one at another when the same packets between the
same ends are affected in the same way: then no measurement at any site can show whose it is. A
fault that ``grammar.RULES`` cannot generate at a place is no explanation.
"""

from dataclasses import replace

from thongsuot_lab.truth.fault import Effect, GeneratedFault
from thongsuot_lab.truth.grammar import RULES
from thongsuot_lab.truth.network import SimulatedPacket, is_on_way, is_touched
from thongsuot_lab.truth.places import AccessLine, NetworkPlace, PlaceKind, Premises, SimulatedCity

Signature = frozenset[tuple[str, str, str, str, bool]]
"""Site, line, host, kind of packet and its family."""

_QUEUE = frozenset({Effect.QUEUED, Effect.OWN_LOAD})
_LARGE_BYTES, _SMALL_BYTES = 1450, 60


def owners(city: SimulatedCity, fault: GeneratedFault) -> frozenset[str]:
    """Return the party that must act on a fault; none for a place between two parties."""
    return city.owners(fault.place)


def suspects(city: SimulatedCity, fault: GeneratedFault) -> frozenset[str]:
    """Return all parties that could be at fault according to any measurement at a site."""
    parties: set[str] = set(city.owners(fault.place))
    if fault.is_counted:
        # The device's own counters show the load.
        return frozenset(parties)
    if fault.place.kind is PlaceKind.PEERING:
        # Nobody alone: either end may have blocked the other.
        carrier = next(name for name in city.carriers if fault.place.name.startswith(f"{name}-"))
        parties |= {f"carrier:{carrier}", f"portal:{fault.place.name[len(carrier) + 1 :]}"}
    own = _signature(city, fault)
    for place in city.places:
        for effect in _alike(fault):
            if not _can_happen(place, fault, effect):
                continue
            other = replace(fault, place=place, effect=effect)
            if other != fault and _signature(city, other) == own:
                parties |= city.owners(place)
    return frozenset(parties)


def _alike(fault: GeneratedFault) -> frozenset[Effect]:
    return _QUEUE if fault.effect in _QUEUE else frozenset({fault.effect})


def _can_happen(place: NetworkPlace, fault: GeneratedFault, effect: Effect) -> bool:
    return any(rule.touch is fault.touch and rule.effect is effect for rule in RULES[place.kind])


def _signature(city: SimulatedCity, fault: GeneratedFault) -> Signature:
    return frozenset(
        (site.name, line.name, host, f"{packet.protocol} {packet.name} {packet.size_bytes}", family)
        for site, line in city.lines()
        for host in hosts_of(city, line)
        if is_on_way(fault, set(city.way(site, line, host)), host)
        for family in ((False, True) if line.has_ip6 else (False,))
        for packet in _packets(host, is_ip6=family)
        if any(is_touched(fault, packet, is_up=is_up) for is_up in (True, False))
    )


def hosts_of(city: SimulatedCity, line: AccessLine) -> list[str]:
    """Return every host that can be reached over a line."""
    hosts = ["gateway", "hop", "resolver", "anchor", "exchange", "abroad", "collector"]
    hosts += [f"portal-{portal.name}" for portal in city.portals]
    return hosts + [f"peer-{name}" for name in city.carriers if name != line.carrier]


def _packets(host: str, *, is_ip6: bool) -> list[SimulatedPacket]:
    """Return the packets that can be sent to a host, each as the first of its flow."""
    sizes = (_SMALL_BYTES, _LARGE_BYTES)
    packets = [SimulatedPacket("icmp", is_ip6, size, "echo", 0, is_first=True) for size in sizes]
    packets += [SimulatedPacket("icmp", is_ip6, _SMALL_BYTES, "later echo", 0)]
    if host == "resolver":
        packets += [
            SimulatedPacket("udp", is_ip6, size, record, 0, is_first=True)
            for size in (_SMALL_BYTES, 900)
            for record in ("dns-a", "dns-aaaa")
        ]
    if host.startswith("portal-"):
        packets.append(SimulatedPacket("tcp", is_ip6, _SMALL_BYTES, "syn", 0, is_first=True))
        packets += [
            SimulatedPacket("tcp", is_ip6, size, packet_name)
            for packet_name in ("hello", "certificate", "page")
            for size in sizes
        ]
    return packets


def is_concerned(
    city: SimulatedCity, fault: GeneratedFault, site: Premises, line: AccessLine, portal: str = ""
) -> bool:
    """
    Return whether a fault affects anything over a line, or packets to one portal.

    It does if it lies on a path of the line and affects packets that are sent along that path: a
    core that breaks only TLS concerns nobody at a site of another carrier, whose packets to its
    anchors pass it (2026-11: a late message about a dead line was attributed to such a core).
    """
    hosts = [f"portal-{portal}", "resolver"] if portal else hosts_of(city, line)
    families = (False, True) if line.has_ip6 else (False,)
    return any(
        any(is_touched(fault, packet, is_up=is_up) for is_up in (True, False))
        for host in hosts
        if is_on_way(fault, set(city.way(site, line, host)), host)
        for family in families
        for packet in _packets(host, is_ip6=family)
    )
