"""Which carrier's line is in use, by the addresses that the device itself sees."""

import pytest

from thongsuot_agent.links.carrier_networks import carrier_networks, carriers_by_plmn, lease_owner
from thongsuot_schema.inventory.model import Carrier

CARRIERS = (
    Carrier(name="song-hong", networks=("203.0.113.0/27", "2001:db8:100::/40"), plmn=("45290",)),
    Carrier(name="cuu-long", networks=("203.0.113.32/27", "2001:db8:200::/40"), plmn=("45291",)),
)
PRIVATE, SHARED, OWN, OTHER = "192.168.1.10", "100.65.0.2", "2001:db8:101::10", "2001:db8:201::10"


@pytest.mark.parametrize(
    ("addresses", "own", "owner"),
    [
        ((PRIVATE, OWN), "song-hong", ""),
        ((PRIVATE, OTHER), "song-hong", "cuu-long"),
        (("203.0.113.40",), "song-hong", "cuu-long"),
        # Of two routers on one network an interface has addresses of both.
        ((OWN, OTHER), "song-hong", ""),
        ((PRIVATE, SHARED, "fd00::1"), "song-hong", ""),
        ((OTHER,), "", ""),
        ((), "song-hong", ""),
    ],
)
def test_an_interface_whose_addresses_are_all_anothers_is_that_ones(
    addresses: tuple[str, ...], own: str, owner: str
) -> None:
    assert lease_owner(addresses, carrier_networks(CARRIERS), own) == owner


def test_while_no_networks_are_known_no_address_is_anybodys() -> None:
    assert lease_owner((OTHER,), carrier_networks(()), "song-hong") == ""


def test_a_mobile_network_is_its_carriers_and_one_that_two_share_nobodys() -> None:
    shared = Carrier(name="dong-nai", plmn=("45291", "45299"))
    assert carriers_by_plmn((*CARRIERS, shared)) == {"45290": "song-hong", "45299": "dong-nai"}
