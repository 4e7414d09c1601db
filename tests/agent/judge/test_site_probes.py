"""Which probe points a link has."""

import pytest

from tests.agent.judge.inventories import (
    FIXED,
    GATEWAY,
    MOBILE,
    PROBES,
    TARGETS,
    anchor,
    portal,
    two_links,
)
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


def test_paths_are_traced_to_what_lies_beyond_the_site_and_not_to_its_own_hops() -> None:
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
