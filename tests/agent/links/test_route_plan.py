"""The rules and tables of links with gateways, as words of ``ip``."""

from thongsuot_agent.links.route_plan import PlannedRoute, PlannedRule, RoutePlan, route_plan
from thongsuot_schema.inventory.model import Link


def test_links_that_own_their_interfaces_need_nothing() -> None:
    links = (Link(name="fixed", interface="eth0"), Link(name="mobile", interface="wwan0", tos=8))
    assert route_plan(links) == RoutePlan()


def test_each_table_ends_where_nothing_leaves_and_has_one_rule_a_family() -> None:
    plan = route_plan(
        (
            Link(name="first", interface="eth0", gateways=("10.0.0.1", "fe80::1")),
            Link(name="second", interface="eth0", gateways=("10.0.0.2",), tos=8),
            Link(name="third", interface="eth0", gateways=("10.0.0.3",), sources=("10.0.0.13",)),
        )
    )
    first, second, third = 0x7501, 0x7502, 0x7503
    assert plan.rules == (
        PlannedRule(version=4, priority=first, table=first, mark=first),
        PlannedRule(version=6, priority=first, table=first, mark=first),
        PlannedRule(version=4, priority=second, table=second, tos=8),
        PlannedRule(version=4, priority=third, table=third, source="10.0.0.13"),
    )
    assert plan.routes[:4] == (
        PlannedRoute(version=4, table=first, gateway="10.0.0.1", interface="eth0"),
        PlannedRoute(version=4, table=first),
        PlannedRoute(version=6, table=first, gateway="fe80::1", interface="eth0"),
        PlannedRoute(version=6, table=first),
    )


def test_the_words_are_those_of_ip() -> None:
    rule = PlannedRule(version=4, priority=5, table=6, tos=8)
    assert " ".join(rule.words()) == "priority 5 from all tos 0x08 lookup 6 protocol 117"
    route = PlannedRoute(version=4, table=6, gateway="10.0.0.1", interface="eth0")
    words = "default via 10.0.0.1 dev eth0 onlink table 6 proto 117"
    assert " ".join(route.words()) == words


def test_a_vlan_is_made_on_its_port_before_its_table() -> None:
    plan = route_plan(
        (
            Link(
                name="first",
                interface="eth0.10",
                vlan=10,
                vlan_addresses=("192.168.10.10/24",),
                gateways=("192.168.10.1",),
            ),
        )
    )
    (vlan,) = plan.vlans
    assert [" ".join(words) for words in vlan.lines()] == [
        "link add link eth0 name eth0.10 type vlan id 10",
        "link set dev eth0.10 alias thongsuot",
        "link set dev eth0.10 up",
        "address replace 192.168.10.10/24 dev eth0.10",
    ]
    assert plan.routes[0].interface == "eth0.10"
