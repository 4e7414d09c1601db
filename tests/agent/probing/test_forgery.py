import pytest

from thongsuot_agent.probing.forgery import forged, is_within, parse_prefix


def test_an_address_lies_in_a_prefix_of_its_own_family() -> None:
    assert is_within("203.0.113.77", ["203.0.113.64/26"])
    assert not is_within("203.0.113.128", ["203.0.113.64/26"])
    assert is_within("2001:db8::1", ["2001:db8::/32"])
    assert is_within("10.1.2.3", ["10.1.2.3"])
    assert is_within("10.1.2.3", ["0.0.0.0/0"])
    assert not is_within("2001:db8::1", ["0.0.0.0/0"])


@pytest.mark.parametrize("text", ["", "x", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/-1"])
def test_an_invalid_prefix_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"prefix|length"):
        parse_prefix(text)


def test_addresses_that_no_service_has_are_forged() -> None:
    lies = ("127.0.0.53", "0.0.0.0", "169.254.1.1", "255.255.255.255", "::1", "fe80::1")
    assert forged(lies, ()) == lies
    assert forged(("203.0.113.7", "10.20.30.40", "2001:db8::7"), ()) == ()


def test_expectations_of_one_family_say_nothing_about_the_other() -> None:
    expected = ("203.0.113.0/24",)
    assert forged(("198.51.100.1", "203.0.113.7", "2001:db8::7"), expected) == ("198.51.100.1",)


@pytest.mark.parametrize("prefix", ["64:ff9b::", "2001:db8:64::"])
def test_an_address_that_a_translator_made_of_the_portals_own_is_no_forgery(prefix: str) -> None:
    expected = ("203.0.113.0/24", "2001:db8:f::/48")
    assert forged((f"{prefix}203.0.113.7",), expected) == ()
    elsewhere = (f"{prefix}198.51.100.1",)
    assert forged(elsewhere, expected) == elsewhere
    assert forged(("64:ff9b::127.0.0.1",), expected) == ("64:ff9b::127.0.0.1",)
