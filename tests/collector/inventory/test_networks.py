"""To which carrier an address belongs."""

from pathlib import Path

import pytest

from thongsuot_collector.inventory.networks import NetworkOwners, networks_from
from thongsuot_collector.inventory.read import read_directory
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_schema.inventory.model import Carrier

TABLE = """\
# prefix,asn,whose
113.160.0.0/11,45899
113.176.0.0/16,64500,Cửu Long
2405:4800::/32,18403

0.0.0.0/0,64511,the rest
"""
CARRIERS = (
    Carrier(name="vnpt", title="VNPT", asn=(45899, 7643)),
    Carrier(name="fpt", asn=(18403,)),
)


def table() -> NetworkOwners:
    networks, mistakes = networks_from("networks.csv", TABLE, CARRIERS)
    assert mistakes == []
    return networks


def test_the_most_specific_prefix_counts() -> None:
    assert table().of("113.161.0.1") == "AS45899 VNPT"
    assert table().of("113.176.9.9") == "AS64500 Cửu Long"
    assert table().of("203.0.113.1") == "AS64511 the rest"
    assert table().of("2405:4800::7") == "AS18403 fpt"
    assert table().of("2001:db8::1") == ""
    assert table().of("no address") == ""
    assert len(table()) == 4


def test_each_address_is_named_once_and_unknown_ones_not_at_all() -> None:
    names = table().named(["2001:db8::1", "113.161.0.1", "113.161.0.1"])
    assert names == (("113.161.0.1", "AS45899 VNPT"),)
    assert NetworkOwners().named(["113.161.0.1"]) == ()


def test_every_line_that_cannot_be_read_is_reported() -> None:
    text = "113.160.0.0/11,many\n\n113.160.0.1/11,1\n10.0.0.0/8,64500\n"
    _, mistakes = networks_from("networks.csv", text, ())
    assert [mistake.line for mistake in mistakes] == [1, 3]
    assert "113.160.0.1/11" in str(mistakes[1])


def test_it_is_read_beside_the_inventory(tmp_path: Path) -> None:
    assert len(read_directory(str(tmp_path)).networks) == 0
    (tmp_path / "networks.csv").write_text(TABLE, encoding="utf-8")
    assert read_directory(str(tmp_path)).networks.of("113.161.0.1") == "AS45899"
    (tmp_path / "networks.csv").write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(ConfigInvalid, match=r"networks\.csv:1"):
        read_directory(str(tmp_path))
