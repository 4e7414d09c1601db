import re

from thongsuot_agent.links.discovery import spec_for
from thongsuot_schema.inventory.model import Medium

NAME = re.compile(r"^[a-z0-9][a-z0-9._-]{0,62}$")


def test_a_link_is_named_after_its_interface() -> None:
    spec = spec_for("enp3s0", frozenset())
    assert (spec.name, spec.interface, spec.medium) == ("enp3s0", "enp3s0", Medium.ETHERNET)


def test_modems_are_known_by_their_names() -> None:
    for interface in ("wwan0", "wwp0s20f0u4", "ppp0", "usb0"):
        assert spec_for(interface, frozenset()).medium is Medium.RADIO_5G


def test_any_interface_gets_a_name_that_can_stand_in_labels() -> None:
    for interface in ("WAN", "eth0:1", "br-ex@x", "_odd", "Đ", "a" * 15):
        assert NAME.match(spec_for(interface, frozenset()).name)


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert spec_for("WAN", frozenset({"wan"})).name == "wan-2"
    assert spec_for("wan", frozenset({"wan", "wan-2"})).name == "wan-3"
