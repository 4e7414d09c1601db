"""The smallest networks that tests need: one wire, and a device with two uplinks."""

from ipaddress import IPv4Interface

from thongsuot_lab.topology.builder import TopologyBuilder, wire_end
from thongsuot_lab.topology.model import (
    PERFECT,
    Bridge,
    Impairment,
    LabSite,
    LabUplink,
    Node,
    NodeRole,
    ProxySpec,
    Topology,
)

# The two ends of `pair`.
LEFT_V4, LEFT_V6 = "198.51.100.1", "2001:db8:1::1"
RIGHT_V4, RIGHT_V6 = "198.51.100.2", "2001:db8:1::2"
# The hosts at the far end of both uplinks of `two_uplinks`: two addresses per family.
INTERNET_V4 = ("203.0.113.1", "203.0.113.2")
INTERNET_V6 = ("2001:db8:f::1", "2001:db8:f::2")


def pair(there: Impairment = PERFECT, back: Impairment | None = None) -> Topology:
    """Nodes ``left`` and ``right``, joined at ``eth0`` by the wire ``left--right``."""
    draft = TopologyBuilder()
    draft.host("left", uplinks=())
    draft.host("right", uplinks=())
    draft.wire(
        wire_end("left:eth0", f"{LEFT_V4}/24", f"{LEFT_V6}/64"),
        wire_end("right:eth0", f"{RIGHT_V4}/24", f"{RIGHT_V6}/64"),
        there,
        back,
    )
    return draft.build()


def two_uplinks(fixed: Impairment = PERFECT, mobile: Impairment = PERFECT) -> Topology:
    """
    A ``device``: ``fix0`` behind an ``ont``, ``wwan0`` behind a ``cpe``, both to ``internet``.

    The access wires ``ont--internet`` and ``cpe--internet`` carry the impairments, the cables
    ``device--ont`` and ``device--cpe`` none. Behind it ``anchor`` answers at ``INTERNET_V4/V6``.
    Its site is called ``site``, for faults that need one.
    """
    draft = TopologyBuilder()
    draft.host("device", role=NodeRole.DEVICE, uplinks=("fix0", "wwan0"))
    draft.cpe("ont", lan_addresses=("192.168.1.1/24", "2001:db8:a1::1/64"))
    draft.cpe("cpe", lan_addresses=("192.168.8.1/24", "2001:db8:b1::1/64"))
    draft.router("internet")
    draft.host("anchor", role=NodeRole.ANCHOR)
    fixed_lan = draft.wire(
        wire_end("device:fix0", "192.168.1.10/24", "2001:db8:a1::10/64"), wire_end("ont:lan")
    )
    mobile_lan = draft.wire(
        wire_end("device:wwan0", "192.168.8.10/24", "2001:db8:b1::10/64"), wire_end("cpe:lan")
    )
    fixed_line = draft.wire(
        wire_end("ont:wan", "100.65.0.2/30", "2001:db8:a0::2/64"),
        wire_end("internet:fixed", "100.65.0.1/30", "2001:db8:a0::1/64"),
        fixed,
    )
    mobile_line = draft.wire(
        wire_end("cpe:wan", "100.66.0.2/30", "2001:db8:b0::2/64"),
        wire_end("internet:mobile", "100.66.0.1/30", "2001:db8:b0::1/64"),
        mobile,
    )
    draft.wire(
        wire_end("internet:anchors", "203.0.113.6/29", "2001:db8:f::6/64"),
        wire_end(
            "anchor:eth0", *(f"{a}/29" for a in INTERNET_V4), *(f"{a}/64" for a in INTERNET_V6)
        ),
    )
    draft.sites.append(
        _site(
            (
                _uplink("fixed", "fix0", "fiber", "ont", (fixed_lan, fixed_line)),
                _uplink("mobile", "wwan0", "5g", "cpe", (mobile_lan, mobile_line)),
            )
        )
    )
    return draft.build()


def office() -> Topology:
    """
    A ``device`` on an office network: core switch, firewall, then the line, numbered from 10/8.

    The cable ``core--firewall`` and the line ``firewall--internet`` can be broken separately.
    """
    draft = TopologyBuilder()
    draft.host("device", role=NodeRole.DEVICE)
    draft.router("core")
    draft.router("firewall")
    draft.router("internet")
    draft.host("anchor", role=NodeRole.ANCHOR)
    lan = draft.wire(wire_end("device:eth0", "10.1.0.10/24"), wire_end("core:lan", "10.1.0.1/24"))
    draft.wire(wire_end("core:fw", "10.2.0.1/24"), wire_end("firewall:lan", "10.2.0.2/24"))
    line = draft.wire(
        wire_end("firewall:wan", "100.65.0.2/30"), wire_end("internet:fixed", "100.65.0.1/30")
    )
    draft.wire(
        wire_end("internet:anchors", "203.0.113.6/29"),
        wire_end("anchor:eth0", *(f"{a}/29" for a in INTERNET_V4)),
    )
    draft.sites.append(_site((_uplink("fixed", "eth0", "fiber", "firewall", (lan, line)),)))
    return draft.build()


PROXY_V4 = "10.1.0.5"
"""The proxy of ``behind_proxy``, at port 3128."""


def behind_proxy(credentials: str = "") -> Topology:
    """
    A ``device`` on an office network whose ``firewall`` passes only what ``proxy`` requests.

    Beyond the line ``firewall--internet`` is ``anchor``. The proxy looks up no names.
    """
    draft = TopologyBuilder()
    draft.host("device", role=NodeRole.DEVICE)
    lan = Bridge(interface="lan", ports=(), v4=(IPv4Interface("10.1.0.1/24"),))
    draft.add(
        Node(
            name="firewall",
            role=NodeRole.CPE,
            forwards=True,
            uplinks=("wan",),
            nat=("wan",),
            bridges=(lan,),
            ip_lines=(
                f"rule add priority 100 from {PROXY_V4} lookup main",
                "rule add priority 101 iif lan prohibit",
            ),
        )
    )
    draft.host("proxy", servers=(ProxySpec(resolvers=(), credentials=credentials),))
    draft.router("internet")
    draft.host("anchor", role=NodeRole.ANCHOR)
    cable = draft.wire(wire_end("device:eth0", "10.1.0.10/24"), wire_end("firewall:lan"))
    draft.wire(wire_end("proxy:eth0", f"{PROXY_V4}/24"), wire_end("firewall:lan"))
    line = draft.wire(
        wire_end("firewall:wan", "100.65.0.2/30"), wire_end("internet:fixed", "100.65.0.1/30")
    )
    draft.wire(
        wire_end("internet:anchors", "203.0.113.6/29"),
        wire_end("anchor:eth0", *(f"{a}/29" for a in INTERNET_V4)),
    )
    draft.sites.append(_site((_uplink("office", "eth0", "fiber", "firewall", (cable, line)),)))
    return draft.build()


CARRIER_LINES = {"isp1": "198.51.100", "isp2": "192.0.2"}
"""The two carriers of ``shared_lan`` and ``dual_wan``, and the networks of their lines."""


def shared_lan() -> Topology:
    """
    A ``device`` with one port (``eth0``) on a network that two boxes share.

    ``ont`` (192.168.1.1) leads to ``isp1``, ``cpe`` (192.168.1.2) to ``isp2``; the cables to them
    leave a switch. ``isp1--internet`` and ``isp2--internet`` are the carriers' own ways out.
    """
    draft = TopologyBuilder()
    draft.host("device", role=NodeRole.DEVICE, uplinks=("eth0",))
    draft.add(Node(name="switch", role=NodeRole.HOST, bridges=(Bridge(interface="lan", ports=()),)))
    draft.wire(
        wire_end("device:eth0", "192.168.1.10/24", "2001:db8:a1::10/64", "2001:db8:b1::10/64"),
        wire_end("switch:lan"),
    )
    boxes = {"isp1": ("ont", 1, "a1"), "isp2": ("cpe", 2, "b1")}
    uplinks = []
    for carrier, (box, number, prefix) in boxes.items():
        draft.cpe(box, lan_addresses=(f"192.168.1.{number}/24", f"2001:db8:{prefix}::1/64"))
        cable = draft.wire(wire_end("switch:lan"), wire_end(f"{box}:lan"))
        line = _line(draft, f"{box}:wan", carrier)
        uplinks.append(_uplink(f"link{number}", "eth0", "fiber", box, (cable, line)))
    _internet(draft)
    draft.sites.append(_site(tuple(uplinks)))
    return draft.build()


def dual_wan() -> Topology:
    """
    A ``device`` with one port (``eth0``) behind a ``router`` with two lines.

    ``wan1`` leads to ``isp1`` and is preferred, ``wan2`` to ``isp2``; the router decides which one
    is used. IPv4 only, like the NAT of such routers.
    """
    draft = TopologyBuilder()
    draft.host("device", role=NodeRole.DEVICE, uplinks=("eth0",))
    draft.add(
        Node(
            name="router",
            role=NodeRole.CPE,
            forwards=True,
            uplinks=("wan1", "wan2"),
            nat=("wan1", "wan2"),
            bridges=(Bridge(interface="lan", ports=(), v4=(IPv4Interface("192.168.1.1/24"),)),),
        )
    )
    cable = draft.wire(wire_end("device:eth0", "192.168.1.10/24"), wire_end("router:lan"))
    first = _line(draft, "router:wan1", "isp1")
    _line(draft, "router:wan2", "isp2")
    _internet(draft)
    draft.sites.append(_site((_uplink("link1", "eth0", "fiber", "router", (cable, first)),)))
    return draft.build()


def _line(draft: TopologyBuilder, box: str, carrier: str) -> str:
    """Draw a carrier and its line to a box; returns the line's name."""
    network = CARRIER_LINES[carrier]
    prefix = "2001:db8:a0" if carrier == "isp1" else "2001:db8:b0"
    draft.router(carrier)
    return draft.wire(
        wire_end(box, f"{network}.2/30", f"{prefix}::2/64"),
        wire_end(f"{carrier}:line", f"{network}.1/30", f"{prefix}::1/64"),
        name=f"{box.partition(':')[0]}--{carrier}",
    )


def _internet(draft: TopologyBuilder) -> None:
    """Join both carriers, each with an uplink and an anchor of its own, to ``anchor``."""
    draft.router("internet")
    draft.host("anchor", role=NodeRole.ANCHOR)
    for number, (carrier, network) in enumerate(CARRIER_LINES.items(), start=1):
        draft.host(f"{carrier}.anchor", role=NodeRole.ANCHOR)
        draft.wire(
            wire_end(f"{carrier}:out", f"{network}.9/30", f"2001:db8:c{number}::1/64"),
            wire_end(f"internet:{carrier}", f"{network}.10/30", f"2001:db8:c{number}::2/64"),
        )
        draft.wire(
            wire_end(f"{carrier}:anchor", f"{network}.17/30", f"2001:db8:d{number}::1/64"),
            wire_end(f"{carrier}.anchor:eth0", f"{network}.18/30", f"2001:db8:d{number}::2/64"),
        )
    draft.wire(
        wire_end("internet:anchors", "203.0.113.6/29", "2001:db8:f::6/64"),
        wire_end(
            "anchor:eth0", *(f"{a}/29" for a in INTERNET_V4), *(f"{a}/64" for a in INTERNET_V6)
        ),
    )


def _site(uplinks: tuple[LabUplink, ...]) -> LabSite:
    return LabSite(
        name="site",
        title="Điểm phục vụ",
        commune="00000",
        commune_title="Phường thử",
        device="device",
        client=None,
        uplinks=uplinks,
    )


def _uplink(name: str, interface: str, medium: str, box: str, wires: tuple[str, str]) -> LabUplink:
    return LabUplink(
        name=name,
        interface=interface,
        medium=medium,
        carrier="",
        cpe=box,
        lan_wire=wires[0],
        access_wire=wires[1],
    )
