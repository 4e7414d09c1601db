"""What an agent is told follows from the topology."""

from ipaddress import ip_address, ip_network

from thongsuot_lab import inventory
from thongsuot_lab.topology.city import city
from thongsuot_lab.topology.model import NodeRole
from thongsuot_lab.topology.small import two_uplinks
from thongsuot_schema.inventory.model import Role
from thongsuot_schema.segment import LADDER, Segment

CITY = city(2)


def test_every_rung_beyond_the_device_has_a_target_for_each_link() -> None:
    targets = inventory.targets_of(CITY, "s1")
    for link in ("fixed", "mobile"):
        rungs = {target.segment for target in targets if not target.links or link in target.links}
        assert rungs == set(LADDER) - {Segment.DEVICE}


def test_an_anchor_has_one_address_a_family_of_a_node_that_is_there() -> None:
    known = {address for node in CITY.nodes for address in CITY.addresses_of(node.name)}
    for target in inventory.targets_of(CITY, "s2"):
        if target.role is Role.ANCHOR and target.name != "gateway":
            assert [ip_address(address).version for address in target.addresses] == [4, 6]
            assert set(target.addresses) <= known


def test_the_anchors_of_a_link_belong_to_its_carrier() -> None:
    targets = {target.name: target for target in inventory.targets_of(CITY, "s2")}
    assert targets["anchor-fixed"].addresses[0] in CITY.addresses_of("cuu-long.anchor")
    assert targets["peer-fixed-song-hong"].addresses[0] in CITY.addresses_of("song-hong.anchor")
    assert targets["resolver-mobile"].lookup in CITY.names


def test_a_true_answer_lies_where_true_answers_are_expected() -> None:
    expected = [ip_network(target) for target in inventory.PUBLIC]
    portals = [node.name for node in CITY.nodes if node.role is NodeRole.PORTAL]
    for portal in portals:
        for address in CITY.addresses_of(portal):
            assert any(ip_address(address) in network for network in expected)


def test_links_have_their_interface_carrier_contract_and_name_servers() -> None:
    fixed, mobile = inventory.links_of(CITY, "s1")
    assert (fixed.interface, fixed.medium, fixed.carrier) == ("fix0", "fiber", "song-hong")
    assert (mobile.interface, mobile.medium, mobile.carrier) == ("wwan0", "5g", "cuu-long")
    assert fixed.contract_down_bits_per_second == 100_000_000
    assert set(fixed.resolvers) <= set(CITY.addresses_of("song-hong.resolver"))


def test_the_inventory_of_the_city_has_no_name_twice() -> None:
    whole = inventory.inventory_of(CITY)
    names = [target.name for target in whole.targets]
    assert len(names) == len(set(names))
    assert [site.name for site in whole.sites] == ["s1", "s2"]
    for site in whole.sites:
        assert set(site.targets) < set(names), "what stands for one line is offered to no site"
        assert {"hop-fixed", "anchor-mobile", "gateway"} <= set(names) - set(site.targets)
    assert {site.commune for site in whole.sites} == {"00070", "00376"}


def test_a_site_without_a_carrier_still_has_its_gateway_and_first_hop() -> None:
    names = [target.name for target in inventory.targets_of(two_uplinks(), "site")]
    assert names == ["gateway", "hop-fixed", "hop-mobile"]
