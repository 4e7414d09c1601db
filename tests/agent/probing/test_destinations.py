from ipaddress import ip_address

import pytest

from thongsuot_agent.probing.destinations import is_one_host, is_public


@pytest.mark.parametrize(
    ("address", "of"),
    [
        ("::ffff:192.168.1.1", "mapped"),
        ("::ffff:0:192.168.1.1", "translated (RFC 2765)"),
        ("::192.168.1.1", "compatible"),
        ("64:ff9b::192.168.1.1", "NAT64, well-known prefix"),
        ("64:ff9b:1:c0a8:1:100::", "NAT64, prefix of 48 bits"),
        ("64:ff9b:1:aac0:a8:101::", "NAT64, prefix of 56 bits"),
        ("64:ff9b:1:aabb:c0:a801:100:0", "NAT64, prefix of 64 bits"),
        ("64:ff9b:1:aabb:cc00:0:192.168.1.1", "NAT64, prefix of 96 bits"),
        ("2002:c0a8:101::1", "6to4"),
        ("2001:0:cb00:7101:0:0:3f57:fefe", "Teredo, its client"),
        ("2001:0:c0a8:101::", "Teredo, its server"),
        ("2001:db8::5efe:192.168.1.1", "ISATAP"),
        ("2001:db8::200:5efe:192.168.1.1", "ISATAP, of a unique address"),
    ],
)
def test_an_address_counts_as_the_one_that_it_carries(address: str, of: str) -> None:
    assert not is_public(address), of


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.53",
        "0.1.2.3",
        "10.1.2.3",
        "100.64.0.1",
        "169.254.169.254",
        "172.31.255.255",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::2",
        "::203.0.113.1",
        "fe80::1",
        "fd00::1",
        "fec0::1",
        "192.0.0.1",
        "198.18.0.1",
        "ff02::1",
    ],
)
def test_no_public_service_has_an_address_of_a_site(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "203.0.113.1",
        "2001:db8:f::1",
        "2400:cb00:2048:1::c629:d7a2",
        "::ffff:203.0.113.1",
        "64:ff9b::203.0.113.1",
        "2002:cb00:7101::1",
    ],
)
def test_addresses_of_services_are_public(address: str) -> None:
    assert is_public(address)


def test_an_anchor_may_stand_in_a_private_network_but_not_on_the_device() -> None:
    assert is_one_host(ip_address("192.168.1.1"))
    assert is_one_host(ip_address("64:ff9b::10.0.0.1"))
    assert not is_one_host(ip_address("64:ff9b::127.0.0.1"))
    assert not is_one_host(ip_address("64:ff9b:1:7f00:0:100::"))
