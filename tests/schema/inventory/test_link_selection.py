"""What tells links on one interface apart, and what is refused because nothing does."""

import pytest

from thongsuot_schema.inventory.checks import link_mistakes
from thongsuot_schema.inventory.link_selection import FIRST_NUMBER, selection_mistakes, with_marks
from thongsuot_schema.inventory.model import Link, Via
from thongsuot_schema.inventory.way_out import port_of


def link(name: str, **facts: object) -> Link:
    return Link(name=name, interface="eth0", **facts)  # type: ignore[arg-type]


def mistakes(*links: Link) -> list[tuple[tuple[str | int, ...], str]]:
    return list(selection_mistakes(links, ("links",)))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"gateways": ("10.0.0.1",)}, {"gateways": ("10.0.0.2",)}),
        ({"sources": ("10.0.0.11",)}, {"sources": ("10.0.0.12",)}),
        ({"tos": 4}, {"tos": 8}),
        ({"mark": 1}, {"mark": 2}),
        ({}, {"mark": 2}),
        ({}, {"tos": 8}),
    ],
)
def test_links_that_differ_in_one_selector_are_accepted(
    first: dict[str, object], second: dict[str, object]
) -> None:
    assert mistakes(link("first", **first), link("second", **second)) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        ({}, {"gateways": ("10.0.0.2",)}),
        ({"gateways": ("10.0.0.1", "fe80::1")}, {"gateways": ("10.0.0.2", "fe80:0::1")}),
        ({"sources": ("10.0.0.11",)}, {}),
        ({"gateways": ("10.0.0.1",), "mark": 7}, {"gateways": ("10.0.0.1",), "mark": 8}),
    ],
)
def test_two_links_whose_packets_can_take_one_way_are_refused(
    first: dict[str, object], second: dict[str, object]
) -> None:
    ((path, text),) = mistakes(link("first", **first), link("second", **second))
    assert path == ("links", 1, "interface")
    assert 'also that of link "first"' in text


@pytest.mark.parametrize(
    ("facts", "path", "words"),
    [
        ({"gateways": ("router",)}, ("gateways", 0), "is not a router's address"),
        ({"gateways": ("224.0.0.1",)}, ("gateways", 0), "cannot be a router's address"),
        ({"gateways": ("10.0.0.1", "10.0.0.2")}, ("gateways", 1), "at most one IPv4"),
        ({"sources": ("10.0.0.0/8",)}, ("sources", 0), "is not an address of the device"),
        ({"gateways": ("10.0.0.1",), "tos": 0x20}, ("tos",), "cannot tell 0x20 from others"),
    ],
)
def test_entries_that_cannot_become_a_rule_are_refused(
    facts: dict[str, object], path: tuple[str | int, ...], words: str
) -> None:
    ((place, text),) = mistakes(link("only", **facts))
    assert place == ("links", 0, *path)
    assert words in text


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        ({"mark": 9}, ("mark",)),
        ({"tos": 8}, ("tos",)),
        ({"sources": ("10.0.0.11",)}, ("sources", 0)),
    ],
)
def test_a_route_to_two_gateways_is_refused(
    facts: dict[str, object], key: tuple[str | int, ...]
) -> None:
    ((path, text),) = mistakes(
        link("first", gateways=("10.0.0.1",), **facts),
        link("second", gateways=("10.0.0.2",), **facts),
    )
    assert path == ("links", 1, *key)
    assert "one gateway" in text


def test_a_link_with_gateways_gets_a_mark_unless_it_has_another_selector() -> None:
    links = (
        link("own"),
        link("marked", gateways=("10.0.0.1",)),
        link("chosen", gateways=("10.0.0.1",), mark=5),
        link("tos", gateways=("10.0.0.1",), tos=8),
        link("source", gateways=("10.0.0.1",), sources=("10.0.0.9",)),
        link("half", gateways=("10.0.0.1", "fe80::1"), sources=("2001:db8::9",)),
    )
    marks = [spec.mark for spec in with_marks(links)]
    assert marks == [None, FIRST_NUMBER + 2, 5, None, None, FIRST_NUMBER + 6]


@pytest.mark.parametrize(
    ("facts", "path", "words"),
    [
        ({"interface": "wan1", "vlan": 10}, ("port",), "name it here"),
        ({"interface": "eth0", "vlan": 10, "port": "eth0"}, ("port",), "of its own"),
        ({"port": "eth0"}, ("port",), "as eth0 carries ppp0"),
        ({"vlan_addresses": ("10.0.0.1/24",)}, ("vlan_addresses",), "give its number in vlan"),
        (
            {"interface": "eth0.10", "vlan": 10, "vlan_addresses": ("192.168.10.10/24",)},
            ("vlan_addresses",),
            "name the router in gateways",
        ),
        ({"via": Via.ROUTER, "carrier": "song-hong"}, ("carrier",), "cannot be held to it"),
        ({"via": Via.WATCHED, "tos": 8}, ("tos",), "nothing is sent"),
        ({"via": Via.WATCHED, "proxy": "http://10.1.1.1:3128"}, ("proxy",), "nothing is sent"),
        ({"proxy": "10.1.1.1:3128"}, ("proxy",), "http://ADDRESS:PORT"),
        ({"proxy": "http://proxy.example:3128"}, ("proxy",), "http://ADDRESS:PORT"),
        ({"proxy": "http://me:secret@10.1.1.1:3128"}, ("proxy",), "http://ADDRESS:PORT"),
        ({"proxy_credentials_file": "proxy"}, ("proxy_credentials_file",), "have no proxy"),
    ],
)
def test_a_way_out_that_cannot_be_is_refused(
    facts: dict[str, object], path: tuple[str, ...], words: str
) -> None:
    stranger = Link(**{"name": "only", "interface": "eth0", **facts})  # type: ignore[arg-type]
    ((place, text),) = mistakes(stranger)
    assert place == ("links", 0, *path)
    assert words in text


def test_a_port_of_the_router_may_be_called_as_one_of_the_devices_own() -> None:
    assert mistakes(link("own"), link("watched", via=Via.WATCHED)) == []
    name = Link(name="watched", interface="GigabitEthernet 0/0/1", via=Via.WATCHED)
    assert list(link_mistakes(name, ())) == []


def test_the_port_of_a_vlan_is_read_from_its_name_or_given() -> None:
    assert port_of(Link(name="a", interface="eth0.10", vlan=10)) == "eth0"
    assert port_of(Link(name="a", interface="wan1", vlan=10, port="eth1")) == "eth1"
    assert port_of(Link(name="a", interface="ppp0", port="eth0")) == "eth0"
    assert not port_of(Link(name="a", interface="eth0.10"))
