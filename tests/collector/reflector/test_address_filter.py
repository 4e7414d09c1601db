import pytest

from thongsuot_collector.reflector.address_filter import AddressFilter, networks_from


def test_who_lies_in_a_network_is_let_in() -> None:
    gate = AddressFilter(networks_from(["192.0.2.0/24", "2001:db8::1"]))
    assert gate.admits("192.0.2.7")
    assert gate.admits("::ffff:192.0.2.7")
    assert gate.admits("2001:db8::1")
    assert not gate.admits("2001:db8::2")
    assert not gate.admits("198.51.100.1")
    assert not gate.admits("fe80::1%eth0")
    assert not AddressFilter(()).admits("192.0.2.7")


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="host bits"):
        networks_from(["192.0.2.7/24"])
