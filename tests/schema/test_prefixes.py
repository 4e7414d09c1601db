"""Whose an address is, by the most specific network that holds it."""

from ipaddress import ip_network

from thongsuot_schema.prefixes import PrefixTable

TABLE = PrefixTable(
    {
        ip_network("203.0.113.0/24"): "wide",
        ip_network("203.0.113.64/26"): "narrow",
        ip_network("2001:db8::/32"): "six",
    }
)


def test_the_most_specific_network_counts() -> None:
    assert TABLE.owner_of("203.0.113.1") == "wide"
    assert TABLE.owner_of("203.0.113.65") == "narrow"
    assert TABLE.owner_of("2001:db8:1::1") == "six"
    assert len(TABLE) == 3


def test_an_address_in_no_network_belongs_to_nobody() -> None:
    for text in ("203.0.114.1", "2001:db9::1", "router", ""):
        assert TABLE.owner_of(text) == ""
    assert PrefixTable({}).owner_of("203.0.113.1") == ""
