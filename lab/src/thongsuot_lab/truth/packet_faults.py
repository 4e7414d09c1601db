"""
Packet faults: a generated fault as packet rules, wires and servers of the lab.

``impairments_of`` returns the required changes for one fault, as data; ``PacketFault`` applies and
reverts them, repeatedly if its course requires that. Faults that the lab cannot make are refused
with the reason (``Unplayable``).
"""

from dataclasses import dataclass, field

from thongsuot_lab.fault_scope import FILTER_PRIORITY
from thongsuot_lab.lab import Lab
from thongsuot_lab.topology.model import PERFECT, Impairment, LabUplink, Topology
from thongsuot_lab.truth.fault import Effect, FaultDirection, GeneratedFault, Touch
from thongsuot_lab.truth.places import PlaceKind

EXCHANGE, TRANSIT = "exchange", "transit"
POLICER = "policer"
LEVELS = 20
"""A drifting fault grows in so many steps."""


class Unplayable(Exception):
    """The lab cannot make a fault; the text has the reason."""


@dataclass(slots=True)
class PacketImpairments:
    """The changes of the lab: rules by node and chain, impairments by wire, changes by server."""

    rules: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    wires: list[tuple[str, Impairment, Impairment]] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    servers: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    policer: str = ""
    """The rate over which packets are dropped, of all rules that name it together."""

    def add(self, node: str, chain: str, rule: str) -> None:
        """Add one packet rule."""
        self.rules.setdefault(node, {}).setdefault(chain, []).append(rule)


@dataclass(frozen=True, slots=True)
class _Gate:
    """Where all packets of a place pass: chain and match, in both directions."""

    node: str
    up: tuple[str, str]
    down: tuple[str, str] | None


_ECHOES = (
    "icmp type { echo-request, echo-reply }",
    "icmpv6 type { echo-request, echo-reply }",
)
_MATCHES: dict[Touch, tuple[str, ...]] = {
    Touch.ALL: ("",),
    Touch.ICMP: _ECHOES,
    Touch.UDP: ("meta l4proto udp",),
    Touch.TCP: ("meta l4proto tcp",),
    Touch.IP4: ("meta nfproto ipv4",),
    Touch.IP6: ("meta nfproto ipv6",),
}
_SERVER_ANSWERS: dict[tuple[Touch, Effect], dict[str, object]] = {
    (Touch.DNS, Effect.REFUSED): {"answer": "refused"},
    (Touch.DNS, Effect.REWRITTEN): {"answer": "forged", "addresses": ["127.0.0.1", "::1"]},
    (Touch.TCP, Effect.REFUSED): {"mode": "refuse"},
    (Touch.TLS, Effect.INTERCEPTED): {"certificate": "unknown-issuer"},
    (Touch.TLS, Effect.REWRITTEN): {"status": 500},
}


def impairments_of(
    topology: Topology, fault: GeneratedFault, level: float = 1.0
) -> PacketImpairments:
    """
    Return the impairments of a fault at a level.

    Raises:
        Unplayable: the lab cannot make it.
    """
    impairments = PacketImpairments()
    kind, name = fault.place.kind, fault.place.name
    answer = _SERVER_ANSWERS.get((fault.touch, fault.effect))
    if fault.effect in {Effect.QUEUED, Effect.OWN_LOAD}:
        raise Unplayable("a queue needs traffic that fills the line to its measure")
    if fault.effect is Effect.UNPLUGGED:
        impairments.cut = _near_wires(topology, name)
    elif kind in {PlaceKind.RESOLVER, PlaceKind.PORTAL} and answer is not None:
        impairments.servers.append((_server(topology, fault), answer))
    elif fault.touch is Touch.DNS and fault.effect is Effect.DELAYED:
        impairments.servers.append((_server(topology, fault), {"delay_s": fault.amount * level}))
    elif fault.effect is Effect.DELAYED or _is_by_wire(fault):
        _by_wire(impairments, topology, fault, level)
    elif fault.effect in {Effect.UNREACHABLE, Effect.REFUSED, Effect.RESET}:
        _by_answer(impairments, topology, fault)
    else:
        _by_rule(impairments, topology, fault, level)
    return impairments


def _is_by_wire(fault: GeneratedFault) -> bool:
    """
    Loss of everything is applied to the wire if there is one: the link layer loses packets, too.
    """
    near = {PlaceKind.LAN, PlaceKind.BOX, PlaceKind.ACCESS}
    is_loss = fault.touch is Touch.ALL and fault.effect is Effect.LOST
    return is_loss and fault.place.kind in near


def _by_wire(
    impairments: PacketImpairments, topology: Topology, fault: GeneratedFault, level: float
) -> None:
    if fault.touch is not Touch.ALL:
        raise Unplayable(f"a wire delays everything, not {fault.touch} alone")
    if fault.effect is Effect.LOST:
        impairment = Impairment(loss_ratio=fault.amount * level)
    else:
        impairment = Impairment(delay_s=fault.amount * level)
    up = PERFECT if fault.direction is FaultDirection.DOWN else impairment
    down = PERFECT if fault.direction is FaultDirection.UP else impairment
    match fault.place.kind:
        case PlaceKind.ACCESS:
            wires = [_uplink(topology, fault.place.name).access_wire]
        case PlaceKind.LAN | PlaceKind.BOX:
            wires = _near_wires(topology, fault.place.name)
        case PlaceKind.PORTAL:
            # This wire runs from the exchange to the portal, so its first way is up as well.
            node = f"portal.{fault.place.name}"
            wires = [wire.name for wire in topology.wires if node in {wire.a.node, wire.b.node}]
        case _:
            raise Unplayable(f"no wire carries all of {fault.place.kind} and nothing else")
    impairments.wires += [(wire, up, down) for wire in wires]


def _by_answer(impairments: PacketImpairments, topology: Topology, fault: GeneratedFault) -> None:
    """Refusals and resets by equipment on the path."""
    kind, name = fault.place.kind, fault.place.name
    if kind is PlaceKind.BOX:
        box = _uplink(topology, name).cpe
        impairments.add(box, "forward", 'iifname "lan" reject with icmpx no-route')
        return
    if fault.effect is Effect.REFUSED:
        match = "tcp dport 443 tcp flags & (syn | ack) == syn"
    else:
        # The first message of TLS is the first large packet of a connection.
        match = "tcp dport 443 meta length > 200"
    reset = f"{match} reject with tcp reset"
    if kind is PlaceKind.CORE:
        impairments.add(topology.carrier(name).core, "forward", f'iifname "access" {reset}')
    elif kind is PlaceKind.PORTAL:
        impairments.add(f"portal.{name}", "input", reset)
    elif kind is PlaceKind.PEERING:
        core, to_portal, _ = _peering(topology, name)
        for family in to_portal:
            impairments.add(core, "forward", f"{family} {reset}")
    else:
        raise Unplayable(f"nobody at {kind} can answer in a server's stead")


def _by_rule(
    impairments: PacketImpairments, topology: Topology, fault: GeneratedFault, level: float
) -> None:
    if fault.touch is Touch.NEW_FLOWS:
        _new_flows(impairments, topology, fault, level)
        return
    drop = _drop(fault, level)
    if fault.effect is Effect.POLICED:
        drop, impairments.policer = f'limit name "{POLICER}" drop', drop
    for gate in _gates(topology, fault):
        ways = [
            way
            for way, other in ((gate.up, FaultDirection.DOWN), (gate.down, FaultDirection.UP))
            if way is not None and fault.direction is not other
        ]
        for chain, where in ways:
            for match in _matches(fault):
                impairments.add(gate.node, chain, " ".join(filter(None, (where, match, drop))))


def _new_flows(
    impairments: PacketImpairments, topology: Topology, fault: GeneratedFault, level: float
) -> None:
    """
    Flows by their port, or identifier: a lost flow is lost with all its retransmissions. The
    router's connection tracking distinguishes echoes of existing flows from those of new ones.
    """
    node = _node_with_table(topology, fault)
    inside = "lan" if fault.place.kind is PlaceKind.BOX else "access"
    share = fault.amount * level
    for begins, port in (
        ("tcp flags & (syn | ack) == syn", "tcp sport"),
        ("udp dport 53", "udp sport"),
        ("ct state new icmp type echo-request", "icmp id"),
        ("ct state new icmpv6 type echo-request", "icmpv6 id"),
    ):
        hashed = f"jhash {port} mod 1000 seed {fault.salt & 0xFFFF:#x}"
        lost = "drop" if share >= 1.0 else f"{hashed} < {_per_mille(share)} drop"
        impairments.add(node, "forward", f'iifname "{inside}" {begins} {lost}')


def _node_with_table(topology: Topology, fault: GeneratedFault) -> str:
    """Return the router whose connection tracking a fault of new flows uses."""
    name = fault.place.name
    is_box = fault.place.kind is PlaceKind.BOX
    return _uplink(topology, name).cpe if is_box else topology.carrier(name).core


def _matches(fault: GeneratedFault) -> tuple[str, ...]:
    if fault.touch is Touch.LARGE:
        return (f"meta length > {fault.least_bytes}",)
    if fault.touch is Touch.DNS:
        return ("udp sport 53",)
    match = _MATCHES.get(fault.touch)
    if match is None:
        raise Unplayable(f"no packet rule tells {fault.touch} from the rest")
    return match


def _drop(fault: GeneratedFault, level: float) -> str:
    """Return the action on packets; for a policer, the rate over which it drops them."""
    if fault.effect is Effect.POLICED:
        per_minute = max(1, round(fault.amount * 60))
        return f"rate over {per_minute}/minute burst {max(1, round(fault.amount))} packets"
    if fault.effect is not Effect.LOST:
        raise Unplayable(f"no packet rule makes {fault.effect} of {fault.touch}")
    share = fault.amount * level
    return "drop" if share >= 1.0 else f"numgen random mod 1000 < {_per_mille(share)} drop"


def _per_mille(share: float) -> int:
    return min(999, max(1, round(1000 * share)))


def _gates(topology: Topology, fault: GeneratedFault) -> list[_Gate]:
    kind, name = fault.place.kind, fault.place.name
    node, inside = "", ""
    match kind:
        case PlaceKind.LAN | PlaceKind.BOX:
            node, inside = _uplink(topology, name).cpe, "lan"
        case PlaceKind.ACCESS:
            end = topology.wire(_uplink(topology, name).access_wire).b
            node, inside = end.node, end.interface
        case PlaceKind.CORE:
            node, inside = topology.carrier(name).core, "access"
        case PlaceKind.RESOLVER | PlaceKind.PORTAL:
            node = _server(topology, fault)
        case PlaceKind.PEERING:
            node, to_portal, from_portal = _peering(topology, name)
            return [
                _Gate(node, ("forward", there), ("forward", back))
                for there, back in zip(to_portal, from_portal, strict=True)
            ]
        case _:
            # Each packet passes once, in either direction.
            if fault.direction is not FaultDirection.BOTH:
                raise Unplayable("the exchange does not know which way is up")
            node = EXCHANGE if kind is PlaceKind.HOME else TRANSIT
            return [_Gate(node, ("prerouting", ""), None)]
    up, down = (f'iifname "{inside}"', f'oifname "{inside}"') if inside else ("", "")
    return [_Gate(node, ("prerouting", up), ("postrouting", down))]


def _peering(topology: Topology, name: str) -> tuple[str, list[str], list[str]]:
    """Return the core, and the matches for packets to and from the portal in each family."""
    carrier = next(known for known in topology.carriers if name.startswith(f"{known.name}-"))
    portal = f"portal.{name.removeprefix(f'{carrier.name}-')}"
    to_portal, from_portal = [], []
    for family, is_six in (("ip", False), ("ip6", True)):
        addresses = [a for a in topology.addresses_of(portal) if (":" in a) is is_six]
        listed = ", ".join(addresses)
        to_portal.append(f"{family} daddr {{ {listed} }}")
        from_portal.append(f"{family} saddr {{ {listed} }}")
    return carrier.core, to_portal, from_portal


def _server(topology: Topology, fault: GeneratedFault) -> str:
    if fault.place.kind is PlaceKind.RESOLVER:
        return topology.carrier(fault.place.name).resolver
    return f"portal.{fault.place.name}"


def _uplink(topology: Topology, name: str) -> LabUplink:
    site, _, line = name.partition(".")
    return topology.site(site).uplink(line)


def _near_wires(topology: Topology, name: str) -> list[str]:
    """Return the wires between a box and the machines of its site."""
    box = _uplink(topology, name).cpe
    access = _uplink(topology, name).access_wire
    return [
        wire.name
        for wire in topology.wires
        if box in {wire.a.node, wire.b.node} and wire.name != access
    ]


class PacketFault:
    """
    One fault on a running lab; ``follow`` keeps it at the level of its course, ``end`` ends it.

    As soon as it exists, the router of a fault of new flows tracks connections: a connection that
    is open when the fault begins is not a new flow.
    """

    def __init__(self, lab: Lab, fault: GeneratedFault, key: str) -> None:
        self._lab = lab
        self._fault = fault
        self._key = key
        self._level = 0
        self._nodes: tuple[str, ...] = ()
        self._watching = ""
        if fault.touch is Touch.NEW_FLOWS:
            self._watching = _node_with_table(lab.topology, fault)
            rules = {"forward": ["ct state established counter"]}
            lab.node(self._watching).nft(*_table(f"{key}_flows", rules))

    def follow(self, at_s: float) -> None:
        """Set the fault to its level at a moment of its scenario."""
        level = round(self._fault.level(at_s) * LEVELS)
        if level == self._level:
            return
        self._level = level
        self.clear()
        if level:
            self._apply(impairments_of(self._lab.topology, self._fault, level / LEVELS))

    def clear(self) -> None:
        """Revert it."""
        for node in self._nodes:
            self._lab.node(node).nft(f"delete table inet {self._key}")
        self._nodes = ()
        self._lab.clear(key=self._key)

    def end(self) -> None:
        """Revert it finally."""
        self.clear()
        if self._watching:
            self._lab.node(self._watching).nft(f"delete table inet {self._key}_flows")
            self._watching = ""

    def _apply(self, impairments: PacketImpairments) -> None:
        for node, chains in impairments.rules.items():
            self._lab.node(node).nft(*_table(self._key, chains, impairments.policer))
        self._nodes = tuple(impairments.rules)
        for wire, up, down in impairments.wires:
            self._lab.impair(wire, up, down, key=self._key)
        for wire in impairments.cut:
            self._lab.cut(wire, key=self._key)
        for node, changes in impairments.servers:
            self._lab.behave(node, key=self._key, **changes)


def _table(name: str, chains: dict[str, list[str]], policer: str = "") -> list[str]:
    lines = [f"table inet {name} {{"]
    if policer:
        # One budget for both directions and both families: separate limits of each rule let four
        # times as many packets pass.
        lines.append(f"  limit {POLICER} {{ {policer}; }}")
    for chain, rules in chains.items():
        lines.append(f"  chain {chain} {{")
        lines.append(f"    type filter hook {chain} priority {FILTER_PRIORITY}")
        lines += [f"    {rule}" for rule in rules]
        lines.append("  }")
    return [*lines, "}"]
