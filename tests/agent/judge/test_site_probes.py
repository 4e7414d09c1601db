"""Which probe points a link has."""

import pytest
from msgspec.structs import replace

from tests.agent.judge.inventories import (
    ACCESS,
    FIXED,
    GATEWAY,
    MOBILE,
    PROBES,
    TARGETS,
    anchor,
    portal,
    two_links,
)
from thongsuot_agent.judge import site_probes
from thongsuot_agent.judge.keys import PointKey
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_schema.inventory.model import ProbeSchedule, Role, Target
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment


def test_each_link_has_its_own_anchors_and_those_for_all() -> None:
    watches = two_links().links
    assert PointKey("icmp", "core-fixed") in watches["fixed"].points
    assert PointKey("icmp", "core-fixed") not in watches["mobile"].points
    assert PointKey("icmp", "zone") in watches["mobile"].points


def test_a_metered_link_is_measured_at_its_own_interval() -> None:
    watches = two_links().links
    assert (watches["fixed"].round_s, watches["mobile"].round_s) == (5.0, 15.0)
    assert watches["mobile"].is_metered


def test_a_kind_is_for_targets_that_it_can_ask() -> None:
    posts = two_links().links["fixed"].points
    assert posts[PointKey("icmp", "gateway")].is_gateway
    assert PointKey("dns", "gateway") not in posts
    assert posts[PointKey("dns", "resolver")].is_first_resolver
    assert posts[PointKey("http", "motcua")].is_service


def test_an_anchor_has_the_families_of_its_addresses() -> None:
    only4 = anchor("four", Segment.TRANSIT, "192.0.2.4")
    site_probes = site_probes_from((FIXED,), (only4, GATEWAY, portal("p")), PROBES)
    posts = site_probes.links["fixed"].points
    assert posts[PointKey("icmp", "four")].families == (Family.IP4,)
    assert posts[PointKey("icmp", "gateway")].families == (Family.IP4, Family.IP6)


def test_schedules_that_name_links_and_targets_are_followed() -> None:
    probes = (ProbeSchedule(kind="icmp", every_s=5.0, links=("fixed",), targets=("gateway",)),)
    site_probes = site_probes_from(
        (FIXED, MOBILE), (GATEWAY, anchor("zone", Segment.TRANSIT)), probes
    )
    assert list(site_probes.links["fixed"].points) == [PointKey("icmp", "gateway")]
    assert not site_probes.links["mobile"].points
    assert site_probes.links["mobile"].shortest_s == 60.0


def test_paths_are_traced_only_to_targets_beyond_the_site() -> None:
    targets = (
        GATEWAY,
        anchor("printer", Segment.LAN, "192.0.2.9"),
        anchor("hop", Segment.ACCESS, "first-hop"),
        anchor("zone", Segment.TRANSIT),
        portal("p"),
    )
    probes = (ProbeSchedule(kind="path", every_s=60.0),)
    assert set(site_probes_from((FIXED,), targets, probes).links["fixed"].paths) == {"zone"}


@pytest.mark.parametrize(
    ("kind", "target", "is_users"),
    [
        ("dns", anchor("resolver", Segment.CARRIER, "resolver", lookup="www.example"), True),
        ("dns", anchor("box", Segment.LAN, "resolver", lookup="www.example"), True),
        ("dns", anchor("second", Segment.CARRIER, "192.0.2.53", lookup="www.example"), True),
        ("dns", anchor("open", Segment.TRANSIT, "192.0.2.53", lookup="www.example"), False),
        ("icmp", anchor("resolver", Segment.CARRIER, "resolver", lookup="www.example"), False),
    ],
    ids=["the first", "in the site", "another of the carrier", "out in the world", "its echoes"],
)
def test_a_name_server_is_the_users_that_is_configured_or_the_carriers(
    kind: str, target: Target, *, is_users: bool
) -> None:
    points = site_probes_from((FIXED,), (target,), PROBES).links["fixed"].points
    assert points[PointKey(kind, target.name)].is_users_resolver is is_users


def test_the_services_of_a_site_are_its_targets_of_that_role() -> None:
    assert set(two_links().services) == {"dichvucong", "motcua"}


def test_the_longest_interval_of_a_kind_counts_and_short_ones_are_kept() -> None:
    probes = (
        ProbeSchedule(kind="icmp", every_s=0.5),
        ProbeSchedule(kind="dns", every_s=30.0, targets=("resolver",)),
        ProbeSchedule(kind="dns", every_s=20.0, targets=("zone",)),
    )
    watched = site_probes_from((FIXED,), TARGETS, probes).links["fixed"]
    assert watched.every_s == {"icmp": 0.5, "dns": 30.0}
    assert (watched.shortest_s, watched.round_s) == (0.5, 0.5)


def test_equipment_is_asked_in_the_first_of_its_families() -> None:
    both = Target(
        name="box",
        role=Role.EQUIPMENT,
        segment=Segment.LAN,
        addresses=("2001:db8::9", "192.0.2.9"),
    )
    probes = (ProbeSchedule(kind="snmp", every_s=60.0),)
    boxes = site_probes_from((FIXED,), (both,), probes).links["fixed"].boxes
    assert boxes == (("snmp", "box", Family.IP4),)


def test_queries_of_the_device_its_modem_and_its_boxes_hide_no_other_probe() -> None:
    boxes = [
        Target(name=name, role=Role.EQUIPMENT, segment=Segment.LAN, addresses=("192.0.2.9",))
        for name in ("one", "two")
    ]
    elsewhere = ProbeSchedule(kind="icmp", every_s=9.0, links=("mobile",))
    kinds = ("host", "radio", "snmp", "path", "fresh_echo", "icmp")
    schedules = (elsewhere, *(ProbeSchedule(kind=kind, every_s=5.0) for kind in kinds))
    radio = replace(FIXED, medium=MOBILE.medium)
    watched = site_probes_from((radio,), (GATEWAY, *boxes, *ACCESS, *TARGETS), schedules)
    found = watched.links["fixed"]
    assert found.has_host_probe
    assert [(kind, name) for kind, name, _ in found.boxes] == [
        ("radio", ""),
        ("snmp", "one"),
        ("snmp", "two"),
    ]
    assert {"access-fixed", "zone", "far"} <= set(found.paths)
    assert {"gateway", "access-fixed", "core-fixed"} <= set(found.near_points)
    assert PointKey("icmp", "far") in found.points
    assert found.every_s == {"icmp": 5.0}


def a_target(role: Role, segment: Segment = Segment.TRANSIT, **more: object) -> Target:
    return Target(name="it", role=role, segment=segment, **more)  # type: ignore[arg-type]


HERE = ("192.0.2.1",)
NEAR = (Segment.LAN, Segment.ACCESS, Segment.CARRIER)


@pytest.mark.parametrize(
    ("kind", "can", "cannot"),
    [
        (
            "http",
            [a_target(Role.SERVICE, url="https://a.example/")],
            [a_target(Role.SERVICE), a_target(Role.ANCHOR, url="https://a.example/")],
        ),
        (
            "dns",
            [a_target(Role.ANCHOR, lookup="a.example"), a_target(Role.SERVICE, lookup="a.example")],
            [a_target(Role.ANCHOR, addresses=HERE)],
        ),
        (
            "snmp",
            [a_target(Role.EQUIPMENT, addresses=HERE)],
            [a_target(Role.EQUIPMENT), a_target(Role.ANCHOR, addresses=HERE)],
        ),
        (
            "path",
            [a_target(Role.ANCHOR, addresses=HERE), a_target(Role.ANCHOR, addresses=("edge",))],
            [
                a_target(Role.ANCHOR),
                a_target(Role.ANCHOR, Segment.LAN, addresses=HERE),
                a_target(Role.ANCHOR, addresses=("gateway",)),
                a_target(Role.ANCHOR, addresses=("first-hop",)),
            ],
        ),
        (
            "egress",
            [a_target(Role.ANCHOR, addresses=HERE), a_target(Role.COLLECTOR)],
            [
                a_target(Role.ANCHOR),
                a_target(Role.SERVICE, addresses=HERE),
                *(
                    a_target(Role.ANCHOR, addresses=(word,))
                    for word in ("gateway", "resolver", "first-hop", "edge")
                ),
            ],
        ),
        (
            "icmp",
            [a_target(Role.ANCHOR, addresses=HERE)],
            [a_target(Role.ANCHOR), a_target(Role.SERVICE, addresses=HERE)],
        ),
        (
            "fresh_echo",
            [a_target(Role.ANCHOR, segment, addresses=HERE) for segment in NEAR],
            [
                a_target(Role.ANCHOR, addresses=HERE),
                a_target(Role.ANCHOR, Segment.LAN),
                a_target(Role.SERVICE, Segment.LAN, addresses=HERE),
            ],
        ),
        ("throughput", [], [a_target(Role.ANCHOR, Segment.LAN, addresses=HERE)]),
    ],
)
def test_a_target_is_asked_by_the_kinds_that_fit_it(
    kind: str, can: list[Target], cannot: list[Target]
) -> None:
    for target in can:
        assert site_probes._applies(kind, target), target
    for target in cannot:
        assert not site_probes._applies(kind, target), target


@pytest.mark.parametrize(
    ("url", "lookup"),
    [
        ("https://a.example/x", "a.example"),
        ("https://192.0.2.1:8443/", ""),
        ("https://[2001:db8::1]/", ""),
        ("", ""),
    ],
)
def test_a_page_is_looked_up_by_the_name_in_its_url(url: str, lookup: str) -> None:
    assert site_probes._host_of(url) == lookup


@pytest.mark.parametrize(
    ("target", "families"),
    [
        (a_target(Role.SERVICE, url="https://a.example/"), (Family.IP4, Family.IP6)),
        (a_target(Role.ANCHOR, addresses=("edge",)), (Family.IP4, Family.IP6)),
        (a_target(Role.ANCHOR, addresses=("2001:db8::1", "192.0.2.1")), (Family.IP4, Family.IP6)),
        (a_target(Role.ANCHOR, addresses=("2001:db8::1",)), (Family.IP6,)),
        (a_target(Role.ANCHOR), ()),
    ],
)
def test_a_target_has_the_families_of_its_addresses_and_both_by_name(
    target: Target, families: tuple[Family, ...]
) -> None:
    assert site_probes._families(target) == families


def test_behind_a_carriers_own_gateway_nothing_belongs_to_the_site() -> None:
    site = two_links()
    gateway = PointKey("icmp", "gateway")
    assert site.links["fixed"].points[gateway].rung is Segment.LAN
    direct = site.direct["fixed"].points
    assert (direct[gateway].rung, direct[gateway].is_gateway) == (Segment.ACCESS, False)
    others = {key: point for key, point in direct.items() if key.target != "gateway"}
    assert others == {key: site.links["fixed"].points[key] for key in others}
