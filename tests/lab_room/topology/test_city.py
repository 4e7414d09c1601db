"""The city: sizes, addresses, and names, as data."""

from ipaddress import ip_address, ip_network

import pytest

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.topology import serialization
from thongsuot_lab.topology.city import city

ALLOWED = [
    ip_network(text_)
    for text_ in (
        "192.168.0.0/16",
        "100.64.0.0/10",
        "203.0.113.0/24",
        "198.51.100.0/24",
        "192.0.2.0/24",
        "2001:db8::/32",
    )
]


def all_addresses(sites: int) -> list[str]:
    topology = city(sites)
    return [address for node in topology.nodes for address in topology.addresses_of(node.name)]


def test_every_address_is_of_a_range_set_aside_for_documentation_or_inside() -> None:
    for address in all_addresses(5):
        assert any(ip_address(address) in network for network in ALLOWED), address


def test_no_address_but_those_of_the_lans_is_there_twice() -> None:
    addresses = [address for address in all_addresses(100) if not address.startswith("192.168.")]
    assert len(addresses) == len(set(addresses))


def test_the_carriers_take_turns() -> None:
    sites = city(3).sites
    assert [(s.uplinks[0].carrier, s.uplinks[1].carrier) for s in sites] == [
        ("song-hong", "cuu-long"),
        ("cuu-long", "song-hong"),
        ("song-hong", "cuu-long"),
    ]


def test_names_lead_to_both_families_of_both_addresses_of_a_portal() -> None:
    topology = city(1)
    assert topology.names["dichvucong.lab.test"] == topology.addresses_of("portal.dichvucong")
    assert len(topology.names["dichvucong.lab.test"]) == 4


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"carriers": {"alone": "Alone"}}, "a city needs two carriers"),
        ({"portals": 9}, "1 to 4 portals"),
        ({"carriers": {f"c{n}": "C" for n in range(9)}}, "room for 8 carriers"),
    ],
)
def test_a_city_beyond_its_addresses_is_refused(
    arguments: dict[str, object], sentence: str
) -> None:
    with pytest.raises(TopologyError, match=sentence):
        city(9, **arguments)  # type: ignore[arg-type]


def test_a_topology_survives_being_written_down() -> None:
    topology = city(3)
    assert serialization.from_json(serialization.to_json(topology)) == topology
