import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, is_dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agent.proto import recorded
from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.proto import rtnetlink
from thongsuot_agent.proto.netlink import NLM_F_DUMP, NLM_F_REQUEST, attribute, messages
from thongsuot_agent.proto.rtnetlink import NextHop

PARSERS: list[Callable[[bytes], object]] = [
    rtnetlink.parse_link,
    rtnetlink.parse_address,
    rtnetlink.parse_route,
    rtnetlink.parse_neighbour,
]


def vars_of(message: object) -> list[object]:
    assert is_dataclass(message)
    return [getattr(message, field.name) for field in fields(message)]


def test_an_interface_is_read_with_its_counters() -> None:
    link = rtnetlink.parse_link(recorded.LINK)
    assert (link.index, link.name, link.mtu) == (2, "eth0", 1500)
    assert link.hardware_type == rtnetlink.ARPHRD_ETHER
    assert len(link.hardware_address) == 6
    assert link.carrier
    assert link.carrier_changes == 2
    assert link.counters is not None
    assert link.counters.received_packets > 0
    assert link.counters.sent_bytes > link.counters.sent_packets > 0


@pytest.mark.parametrize(
    ("flags", "operstate", "carrier", "usable"),
    [
        (1, 6, 1, True),
        (1, 0, 1, True),  # a driver that never tells, a tunnel or modem
        (1, 2, 1, False),  # down
        (1, 5, 1, False),  # dormant: waits for 802.1X
        (1, 6, 0, False),
        (0, 6, 1, False),  # taken down by an administrator
    ],
)
def test_carrier_means_that_packets_can_pass(
    flags: int, operstate: int, carrier: int, usable: bool
) -> None:
    head = bytes([0, 0, 1, 0, 2, 0, 0, 0, flags, 0, 0, 0, 0, 0, 0, 0])
    body = (
        attribute(3, b"eth0\0")
        + attribute(16, bytes([operstate]))
        + attribute(33, bytes([carrier]))
    )
    assert rtnetlink.parse_link(head + body).carrier is usable


def test_an_event_of_one_aspect_only_says_so() -> None:
    head = bytes([7, 0, 1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    of_a_bridge = rtnetlink.parse_link(head + attribute(3, b"eth0\0"))
    assert (of_a_bridge.family, of_a_bridge.operstate) == (7, None)
    assert rtnetlink.parse_link(recorded.LINK).family == rtnetlink.AF_UNSPEC


def test_an_address_is_read_with_its_wide_flags() -> None:
    address = rtnetlink.parse_address(recorded.ADDRESS4)
    assert address.address == socket.inet_aton("198.51.100.1")
    assert (address.index, address.prefix_length, address.scope) == (2, 24, 0)
    local = rtnetlink.parse_address(recorded.ADDRESS6_LINK_LOCAL)
    assert local.scope == rtnetlink.SCOPE_LINK
    assert local.address[:2] == b"\xfe\x80"


def test_on_a_point_to_point_interface_the_local_address_is_ours() -> None:
    head = bytes([2, 32, 128, 0, 5, 0, 0, 0])
    body = attribute(1, b"\x0a\0\0\1") + attribute(2, b"\x0a\0\0\2")
    assert rtnetlink.parse_address(head + body).address == b"\x0a\0\0\2"


def test_a_route_over_several_gateways_names_them_all() -> None:
    route = rtnetlink.parse_route(recorded.ROUTE4_MULTIPATH)
    assert route.prefix_length == 0
    assert route.table == 254
    assert route.next_hops == (
        NextHop(index=2, gateway=socket.inet_aton("198.51.100.2")),
        NextHop(index=2, gateway=socket.inet_aton("198.51.100.3")),
    )


def test_a_gateway_may_be_of_the_other_family() -> None:
    route = rtnetlink.parse_route(recorded.ROUTE4_VIA_IP6)
    assert route.family == socket.AF_INET
    assert route.table == 1000
    assert route.priority == 7
    assert route.preferred_source == socket.inet_aton("198.51.100.1")
    gateway = socket.inet_pton(socket.AF_INET6, "2001:db8:1::2")
    assert route.next_hops == (NextHop(index=2, gateway=gateway),)


def test_a_route_for_only_some_sources_is_reported() -> None:
    route = rtnetlink.parse_route(recorded.ROUTE6_DEFAULT_FROM_PREFIX)
    assert (route.prefix_length, route.source_length) == (0, 64)
    assert route.next_hops[0].gateway == socket.inet_pton(socket.AF_INET6, "fe80::1")


def test_an_unreachable_route_leads_nowhere() -> None:
    route = rtnetlink.parse_route(recorded.ROUTE4_UNREACHABLE)
    assert route.type != rtnetlink.RTN_UNICAST
    assert route.next_hops == ()


def test_a_neighbour_is_read_with_the_age_of_its_confirmation() -> None:
    neighbour = rtnetlink.parse_neighbour(recorded.NEIGHBOUR4)
    assert neighbour.address == socket.inet_aton("198.51.100.2")
    assert neighbour.hardware == bytes.fromhex("beb055f0e6ec")
    assert neighbour.state == rtnetlink.NUD_REACHABLE
    assert neighbour.confirmed_ticks is not None
    assert neighbour.confirmed_ticks < 100


@pytest.mark.parametrize("parse", PARSERS)
def test_a_message_that_is_too_short_is_refused(parse: Callable[[bytes], object]) -> None:
    with pytest.raises(MalformedMessage, match="too short"):
        parse(b"\2\0\0")


def test_a_message_that_lacks_what_it_is_about_is_refused() -> None:
    with pytest.raises(MalformedMessage, match="interface 2 has no name"):
        rtnetlink.parse_link(recorded.LINK[:16])
    with pytest.raises(MalformedMessage, match="no address of its family"):
        rtnetlink.parse_address(recorded.ADDRESS4[:8])
    with pytest.raises(MalformedMessage, match="has no address"):
        rtnetlink.parse_neighbour(recorded.NEIGHBOUR4[:12])


def test_a_next_hop_that_runs_past_the_end_is_refused() -> None:
    broken = bytearray(recorded.ROUTE4_MULTIPATH)
    at = broken.index(b"\x10\x00\x00\x00\x02")
    broken[at] = 0xF0
    with pytest.raises(MalformedMessage, match="next hop at 0"):
        rtnetlink.parse_route(bytes(broken))


@pytest.mark.parametrize("parse", PARSERS)
@given(data=st.binary(max_size=120))
def test_any_bytes_are_read_or_refused(parse: Callable[[bytes], object], data: bytes) -> None:
    message = None
    with suppress(MalformedMessage):
        message = parse(data)
    # What is read came out of the bytes: no address is longer, and none of the wrong family.
    if isinstance(message, rtnetlink.AddressMessage):
        assert len(message.address) == (4 if message.family == socket.AF_INET else 16)
    elif message is not None:
        assert all(value in data for value in vars_of(message) if isinstance(value, bytes))


@pytest.mark.parametrize("position", range(0, 160, 3))
def test_a_recorded_message_cut_off_anywhere_is_read_or_refused(position: int) -> None:
    for parse, whole in zip(
        PARSERS,
        [recorded.LINK, recorded.ADDRESS4, recorded.ROUTE4_MULTIPATH, recorded.NEIGHBOUR4],
        strict=True,
    ):
        try:
            cut = parse(whole[:position])
        except MalformedMessage:
            continue
        # What lies behind the cut is absent; nothing is made up for it.
        for got, expected in zip(vars_of(cut), vars_of(parse(whole)), strict=True):
            assert got == expected or not got


def test_a_question_for_a_route_fixes_the_interface() -> None:
    request = rtnetlink.route_request(
        family=socket.AF_INET,
        destination=b"\x08\x08\x08\x08",
        source=b"\x0a\0\0\1",
        index=3,
        sequence=9,
    )
    (message,) = messages(request)
    assert (message.type, message.flags, message.sequence) == (26, NLM_F_REQUEST, 9)
    assert attribute(4, b"\3\0\0\0") in message.payload
    assert message.payload[1:3] == bytes([32, 32])


def test_questions_for_whole_tables_are_dumps() -> None:
    for kind in (rtnetlink.RTM_GETLINK, rtnetlink.RTM_GETADDR, rtnetlink.RTM_GETROUTE):
        (message,) = messages(rtnetlink.dump_request(kind, 1))
        assert message.flags == NLM_F_REQUEST | NLM_F_DUMP
