"""Address ranges do not overlap, and using one up is reported."""

from ipaddress import ip_interface
from itertools import combinations

import pytest

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.topology.addressing import MAX_CARRIERS, CarrierAddresses, domestic, foreign


def test_no_two_networks_overlap() -> None:
    subnets = [domestic(0), domestic(30), foreign(0), foreign(30)]
    for number in range(MAX_CARRIERS):
        addresses = CarrierAddresses(number)
        subnets += [
            addresses.backbone,
            addresses.line(0),
            addresses.line(63),
            addresses.line(64),
            addresses.line(4095),
        ]
        subnets += [addresses.public(index) for index in range(4)]
    networks = [ip_interface(address).network for network in subnets for address in network.at(1)]
    for network, other in combinations(networks, 2):
        assert network.version != other.version or not network.overlaps(other), (network, other)


def test_hosts_are_numbered_inside_their_network() -> None:
    assert CarrierAddresses(1).line(65).at(1, 2) == (
        "100.66.1.5/30",
        "100.66.1.6/30",
        "2001:db8:201:41::1/64",
        "2001:db8:201:41::2/64",
    )


def test_carriers_that_are_numbered_alike_share_their_lines_addresses_and_nothing_else() -> None:
    first, second = CarrierAddresses(0, is_alike=True), CarrierAddresses(1, is_alike=True)
    assert first.line(65).at(1)[0] == second.line(65).at(1)[0] == "10.192.1.5/30"
    assert first.line(65).at(1)[1] != second.line(65).at(1)[1]
    assert first.backbone != second.backbone
    assert first.public(2) != second.public(2)


@pytest.mark.parametrize(
    "beyond",
    [
        lambda: CarrierAddresses(MAX_CARRIERS),
        lambda: CarrierAddresses(0).line(4096),
        lambda: domestic(31),
        lambda: foreign(31),
    ],
)
def test_exceeding_an_address_range_is_refused(beyond: "object") -> None:
    assert callable(beyond)
    with pytest.raises(TopologyError, match="this is one more"):
        beyond()
