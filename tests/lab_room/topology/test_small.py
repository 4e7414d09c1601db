"""The small networks of tests: drawn without a contradiction, each site with its lines."""

from collections import Counter
from collections.abc import Callable

import pytest

from thongsuot_lab.topology import small
from thongsuot_lab.topology.model import Topology
from thongsuot_lab.topology.routes import routes_of

WITH_A_SITE = (
    small.two_uplinks,
    small.office,
    small.behind_proxy,
    small.shared_lan,
    small.dual_wan,
)


@pytest.mark.parametrize("draw", [small.pair, *WITH_A_SITE])
def test_every_wire_ends_at_a_port_of_its_own_at_a_node_that_exists(
    draw: Callable[[], Topology],
) -> None:
    topology = draw()
    ends = [end for wire in topology.wires for end in wire.ends]
    assert {end.node for end in ends} <= {node.name for node in topology.nodes}
    ports = Counter((end.node, end.interface) for end in ends)
    assert [port for port, times in ports.items() if times > 1] == []
    addresses = [str(own.ip) for end in ends for own in end.v4]
    addresses += [str(own.ip) for end in ends for own in end.v6]
    assert sorted(addresses) == sorted(set(addresses))


@pytest.mark.parametrize("draw", WITH_A_SITE)
def test_the_device_of_a_site_has_the_wires_of_its_lines_and_a_way_out(
    draw: Callable[[], Topology],
) -> None:
    topology = draw()
    (site,) = topology.sites
    assert site.uplinks
    for uplink in site.uplinks:
        lan = {end.node for end in topology.wire(uplink.lan_wire).ends}
        assert lan & {site.device, uplink.cpe}
        assert uplink.cpe in {node.name for node in topology.nodes}
    assert "0.0.0.0/0" in {str(route.to) for route in routes_of(topology)[site.device]}
