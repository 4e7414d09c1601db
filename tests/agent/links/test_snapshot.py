import socket

from thongsuot_agent.links.snapshot import KernelTables, states, uplinks
from thongsuot_agent.links.state import ABSENT
from thongsuot_agent.proto.rtnetlink import (
    IFA_F_DADFAILED,
    IFA_F_DEPRECATED,
    IFA_F_OPTIMISTIC,
    IFA_F_TENTATIVE,
    IFF_LOOPBACK,
    IFF_UP,
    RTN_UNICAST,
    SCOPE_LINK,
    AddressMessage,
    LinkMessage,
    NextHop,
    RouteMessage,
)
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.inventory.model import Via

MAIN, OTHER, LOCAL = 254, 77, 255


def on(interface: str) -> Spec:
    return Spec(name=interface, interface=interface)


def link(index: int, name: str, *, carrier: bool = True, flags: int = IFF_UP) -> LinkMessage:
    return LinkMessage(
        family=0,
        index=index,
        name=name,
        hardware_type=1,
        flags=flags,
        operstate=6,
        carrier=carrier,
        mtu=1500,
        hardware_address=b"\2\0\0\0\0\1",
        carrier_changes=1,
        counters=None,
    )


def packed(text: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def address(index: int, text: str, *, flags: int = 0, scope: int = 0) -> AddressMessage:
    return AddressMessage(
        index=index,
        family=socket.AF_INET6 if ":" in text else socket.AF_INET,
        address=packed(text),
        prefix_length=64,
        scope=scope,
        flags=flags,
    )


def route(
    *hops: tuple[int, str | None],
    family: int = socket.AF_INET,
    length: int = 0,
    table: int = MAIN,
    priority: int = 0,
    kind: int = RTN_UNICAST,
) -> RouteMessage:
    return RouteMessage(
        family=family,
        destination=b"",
        prefix_length=length,
        source_length=0,
        table=table,
        type=kind,
        priority=priority,
        preferred_source=None,
        next_hops=tuple(
            NextHop(index=index, gateway=None if gateway is None else packed(gateway))
            for index, gateway in hops
        ),
    )


LINKS = (link(1, "lo", flags=IFF_UP | IFF_LOOPBACK), link(2, "eth0"), link(3, "wwan0"))


def tables(*routes: RouteMessage, addresses: tuple[AddressMessage, ...] = ()) -> KernelTables:
    return KernelTables(links=LINKS, addresses=addresses, routes=routes)


def test_an_uplink_is_what_a_default_route_of_any_table_and_family_uses() -> None:
    assert uplinks(tables()) == ()
    assert uplinks(tables(route((2, "10.0.0.1")))) == ("eth0",)
    six = route((3, "fe80::1"), family=socket.AF_INET6, table=OTHER)
    assert uplinks(tables(six, route((2, "10.0.0.1")))) == ("eth0", "wwan0")
    assert uplinks(tables(route((2, "10.0.0.1"), (3, "10.0.1.1")))) == ("eth0", "wwan0")


def test_other_routes_make_no_uplink() -> None:
    assert uplinks(tables(route((2, None), length=24))) == ()
    assert uplinks(tables(route((2, None), table=LOCAL))) == ()
    assert uplinks(tables(route((2, None), kind=7))) == ()
    assert uplinks(tables(route((1, None)))) == ()


def test_the_best_gateway_of_the_main_table_is_named() -> None:
    by_interface = states(
        tables(
            route((2, "10.0.0.9"), table=OTHER),
            route((2, "10.0.0.2"), priority=200),
            route((2, "10.0.0.1"), priority=100),
        ),
        [on("eth0")],
    )
    assert by_interface["eth0"].gateway4 == "10.0.0.1"


def test_a_point_to_point_link_has_a_route_and_no_gateway() -> None:
    state = states(tables(route((3, None))), [on("wwan0")])["wwan0"]
    assert (state.has_route4, state.gateway4, state.has_route6) == (True, None, False)


def test_only_addresses_that_can_be_used_count() -> None:
    state = states(
        tables(
            addresses=(
                address(2, "192.168.1.10"),
                address(2, "169.254.1.1", scope=SCOPE_LINK),
                address(2, "2001:db8::1"),
                address(2, "2001:db8::2", flags=IFA_F_TENTATIVE),
                address(2, "2001:db8::3", flags=IFA_F_TENTATIVE | IFA_F_OPTIMISTIC),
                address(2, "2001:db8::4", flags=IFA_F_DEPRECATED),
                address(2, "fe80::9", scope=SCOPE_LINK),
                address(3, "192.168.8.10"),
            )
        ),
        [on("eth0")],
    )["eth0"]
    assert state.addresses4 == ("192.168.1.10",)
    assert state.addresses6 == ("2001:db8::1", "2001:db8::3")
    assert state.link_local6 == "fe80::9"
    assert not state.address_conflict


def test_two_links_on_one_interface_have_each_its_own_gateway() -> None:
    read = tables(
        route((2, "10.0.0.1"), priority=100),
        route((2, "10.0.0.2"), table=OTHER),
        route((2, "fe80::1"), family=socket.AF_INET6),
        addresses=(address(2, "10.0.0.10"), address(2, "2001:db8::1")),
    )
    first = Spec(name="first", interface="eth0", gateways=("10.0.0.1",))
    second = Spec(name="second", interface="eth0", gateways=("10.0.0.2",))
    gone = Spec(name="gone", interface="eth0", gateways=("10.0.0.3",))
    by_name = states(read, [first, second, gone])
    assert [by_name[name].gateway4 for name in ("first", "second")] == ["10.0.0.1", "10.0.0.2"]
    assert (by_name["first"].carries4, by_name["second"].carries4) == (True, False)
    # Pinned whatever the tables hold: that its rule is missing is told apart, as ``unrouted``.
    assert (by_name["gone"].gateway4, by_name["gone"].carries4) == ("10.0.0.3", False)
    # IPv6 has one router of which the settings say nothing: it is neither link's.
    for state in by_name.values():
        assert (state.addresses6, state.has_route6, state.carries6) == ((), False, False)


def test_a_link_with_sources_has_those_addresses_and_no_other() -> None:
    read = tables(
        route((2, "10.0.0.1")),
        addresses=(address(2, "10.0.0.10"), address(2, "10.0.0.11")),
    )
    second = Spec(name="second", interface="eth0", sources=("10.0.0.11",))
    lost = Spec(name="lost", interface="eth0", sources=("10.0.0.12",))
    by_name = states(read, [second, lost])
    assert by_name["second"].addresses4 == ("10.0.0.11",)
    assert by_name["lost"].addresses4 == ()


def test_a_duplicate_address_is_a_conflict() -> None:
    twice = address(2, "2001:db8::5", flags=IFA_F_DADFAILED | IFA_F_TENTATIVE)
    state = states(tables(addresses=(twice,)), [on("eth0")])["eth0"]
    assert state.address_conflict
    assert state.addresses6 == ()


def test_a_missing_value_is_absent() -> None:
    assert states(tables(), [on("eth9")]) == {"eth9": ABSENT}


def test_a_session_knows_of_the_cable_of_the_port_that_it_stands_on() -> None:
    session = Spec(name="fibre", interface="ppp0", port="eth9")
    for carrier in (True, False):
        port = link(9, "eth9", carrier=carrier)
        without = KernelTables(links=(port,), addresses=(), routes=())
        state = states(without, [session])["fibre"]
        assert (state.present, state.port_unplugged) == (False, not carrier)


def test_a_port_of_the_router_is_none_of_the_devices_own() -> None:
    watched = Spec(name="second", interface="eth0", via=Via.WATCHED)
    assert states(tables(), [watched])["second"] is ABSENT
