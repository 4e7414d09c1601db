"""Which carriers' networks a site configuration brings, and what of them has room."""

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.networks import networks_from
from thongsuot_collector.siteconfig.carrier_networks import networks_for_site
from thongsuot_collector.siteconfig.derive import derive_config
from thongsuot_schema.inventory.model import Carrier, Inventory, Link, Site
from thongsuot_schema.siteconfig.codec import LARGEST_BYTES, encode

SITE = Site(name="s1", links=(Link(name="fixed", interface="eth0", carrier="song-hong"),))
CARRIERS = (
    Carrier(name="another", networks=("192.0.2.0/24",)),
    Carrier(name="song-hong", title="Sông Hồng", asn=(64500, 64501), networks=("198.51.100.0/24",)),
    Carrier(name="without"),
)
TABLE = """\
203.0.113.0/25,64500
203.0.113.128/25,64501
198.18.0.0/15,64999,somebody
2001:db8:100::/40,64500
"""


def directory(carriers: tuple[Carrier, ...] = CARRIERS, table: str = TABLE) -> InventoryDirectory:
    networks, mistakes = networks_from("networks.csv", table, carriers)
    assert mistakes == []
    return InventoryDirectory(Inventory(sites=(SITE,), carriers=carriers), networks)


def test_networks_are_those_named_and_those_of_all_its_as_numbers() -> None:
    networks = networks_for_site(SITE, directory())
    assert list(networks) == ["song-hong", "another"]
    assert set(networks["song-hong"]) == {
        "203.0.113.0/24",
        "198.51.100.0/24",
        "2001:db8:100::/40",
    }
    assert networks["another"] == ("192.0.2.0/24",)


def test_the_agent_gets_every_carrier_whose_networks_are_known() -> None:
    carriers = {carrier.name: carrier for carrier in derive_config(SITE, directory()).carriers}
    assert set(carriers) == {"song-hong", "another"}
    assert len(carriers["song-hong"].networks) == 3


def test_without_room_the_largest_networks_go_and_the_own_carriers_first() -> None:
    many = "".join(
        f"10.{high}.{low}.0/24,64500\n" for high in range(0, 256, 2) for low in range(0, 256, 2)
    )
    crowded = directory(table=f"{many}100.64.0.0/10,64500\n")
    networks = networks_for_site(SITE, crowded)
    assert networks["song-hong"][0] == "100.64.0.0/10"
    assert "another" not in networks
    assert len(encode(derive_config(SITE, crowded))) < LARGEST_BYTES
