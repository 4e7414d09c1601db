"""Routing tables derived from who is wired to whom."""

import pytest

from thongsuot_lab.topology.builder import TopologyBuilder, wire_end
from thongsuot_lab.topology.city import city
from thongsuot_lab.topology.model import Node, NodeRole, Topology
from thongsuot_lab.topology.routes import Network, StaticRoute, routes_of
from thongsuot_lab.topology.small import two_uplinks


def lines(routes: list[StaticRoute]) -> set[str]:
    return {f"{route.to} via {route.via} dev {route.interface} {route.metric}" for route in routes}


def test_a_device_has_a_default_route_by_each_uplink_the_first_preferred() -> None:
    assert lines(routes_of(two_uplinks())["device"]) == {
        "0.0.0.0/0 via 192.168.1.1 dev fix0 100",
        "::/0 via 2001:db8:a1::1 dev fix0 100",
        "0.0.0.0/0 via 192.168.8.1 dev wwan0 200",
        "::/0 via 2001:db8:b1::1 dev wwan0 200",
    }


def test_a_router_knows_the_delegated_networks_and_no_private_ones() -> None:
    assert lines(routes_of(two_uplinks())["internet"]) == {
        "2001:db8:a1::/64 via 2001:db8:a0::2 dev fixed None",
        "2001:db8:b1::/64 via 2001:db8:b0::2 dev mobile None",
    }


def test_carrier_internal_networks_are_known_inside_their_carrier_only() -> None:
    routes = routes_of(city(2))
    internal = {
        node: {str(route.to) for route in routes[node] if str(route.to).startswith("100.")}
        for node in ("song-hong.core", "cuu-long.core", "exchange", "transit")
    }
    assert internal["song-hong.core"] == {"100.65.0.0/30", "100.65.0.4/30"}
    assert internal["cuu-long.core"] == {"100.66.0.0/30", "100.66.0.4/30"}
    assert internal["exchange"] == set()
    assert internal["transit"] == set()


def test_carriers_that_are_numbered_alike_know_their_own_lines_each() -> None:
    """10.192.0.0/30 is the first line of both; no router leads to the other carrier's."""
    routes = routes_of(city(2, alike=("song-hong", "cuu-long")))
    internal = {
        node: {
            f"{route.to} via {route.via}"
            for route in routes[node]
            if str(route.to).startswith("10.")
        }
        for node in ("song-hong.core", "cuu-long.core", "exchange", "transit")
    }
    lines_of_each = ("10.192.0.0/30", "10.192.0.4/30")
    assert internal["song-hong.core"] == {f"{line} via 100.127.0.2" for line in lines_of_each}
    assert internal["cuu-long.core"] == {f"{line} via 100.127.1.2" for line in lines_of_each}
    assert internal["exchange"] == internal["transit"] == set()


def test_domestic_traffic_takes_the_exchange_and_foreign_traffic_the_transit() -> None:
    by = {str(route.to): route.interface for route in routes_of(city(1))["song-hong.core"]}
    assert by["198.51.100.8/29"] == "exchange"
    assert by["203.0.113.44/30"] == "exchange"
    assert by["192.0.2.0/29"] == "transit"


def test_a_path_never_leads_through_a_node_that_does_not_forward() -> None:
    draft = TopologyBuilder()
    draft.router("left")
    draft.router("right")
    draft.add(Node(name="middle", role=NodeRole.HOST))
    draft.wire(wire_end("left:m", "198.51.100.1/30"), wire_end("middle:l", "198.51.100.2/30"))
    draft.wire(wire_end("right:m", "198.51.100.5/30"), wire_end("middle:r", "198.51.100.6/30"))
    draft.router("behind")
    draft.wire(wire_end("right:b", "198.51.100.9/30"), wire_end("behind:r", "198.51.100.10/30"))
    assert routes_of(draft.build())["left"] == []


def networks(topology: Topology, node: str) -> set[Network]:
    addressed: set[Network] = set()
    for end in topology.ends_of(node):
        addressed |= {address.network for address in end.v4}
        addressed |= {address.network for address in end.v6}
    return addressed


@pytest.mark.parametrize("sites", [1, 5])
def test_every_router_knows_the_way_to_every_portal_and_site(sites: int) -> None:
    topology = city(sites, portals=4)
    routes = routes_of(topology)
    portals = [node.name for node in topology.nodes if node.role is NodeRole.PORTAL]
    wanted: set[Network] = set().union(*(networks(topology, portal) for portal in portals))
    wanted |= {
        address.network
        for site in topology.sites
        for uplink in site.uplinks
        for bridge in topology.node(uplink.cpe).bridges
        for address in bridge.v6
    }
    for router in topology.nodes:
        if router.role is NodeRole.ROUTER:
            own = networks(topology, router.name)
            assert wanted <= own | {route.to for route in routes[router.name]}
