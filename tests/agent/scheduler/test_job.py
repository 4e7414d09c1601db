"""From a schedule to series: families, links, intervals, and moments spread over the interval."""

from dataclasses import replace
from itertools import pairwise

import pytest

from thongsuot_agent.scheduler.job import Job, SchedulableLink, jobs_from_schedules
from thongsuot_agent.scheduler.timetable import GRID_NS, Jitter
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link, ProbeSchedule, Role, Target
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment

S = 1_000_000_000
BOTH = frozenset({Family.IP4, Family.IP6})
FIBER = Link(name="fiber", interface="eth0")
MOBILE = Link(name="mobile", interface="wwan0", allowance_bytes=10**9)
MOBILE_5G = Link(name="mobile", interface="wwan0", medium=Medium.RADIO_5G, allowance_bytes=10**9)
ANCHORS = tuple(
    Target(
        name=f"anchor{n}",
        role=Role.ANCHOR,
        segment=Segment.TRANSIT,
        addresses=(f"203.0.113.{n}", f"2001:db8::{n}"),
    )
    for n in range(4)
)
GATEWAY = Target(name="gateway", role=Role.ANCHOR, segment=Segment.LAN, addresses=("gateway",))
RESOLVER = Target(
    name="resolver",
    role=Role.ANCHOR,
    segment=Segment.CARRIER,
    addresses=("resolver",),
    lookup="example.vn",
)
PORTAL = Target(
    name="portal", role=Role.SERVICE, segment=Segment.SERVICE, url="https://portal.example"
)
ICMP = ProbeSchedule(kind="icmp", every_s=5, metered_every_s=15)


def reach(
    link: Link,
    families: frozenset[Family] = BOTH,
    resolver_families: frozenset[Family] = frozenset({Family.IP4}),
) -> SchedulableLink:
    return SchedulableLink(spec=link, families=families, resolver_families=resolver_families)


def jobs(
    *reaches: SchedulableLink, schedule: ProbeSchedule = ICMP, targets: tuple[Target, ...] = ANCHORS
) -> list[Job]:
    return jobs_from_schedules("ba-dinh", [schedule], targets, reaches)


def test_anchors_alternate_over_the_interval_and_families_share_their_moments() -> None:
    planned_jobs = jobs(reach(FIBER))
    assert len(planned_jobs) == 8
    moments = sorted({job.offset_ns for job in planned_jobs})
    assert len(moments) == 4
    gaps = {(b - a) % (5 * S) for a, b in zip(moments, [*moments[1:], moments[0]], strict=True)}
    assert gaps == {5 * S // 4}
    for target in ANCHORS:
        assert len({job.offset_ns for job in planned_jobs if job.target is target}) == 1


def test_links_of_a_site_are_measured_at_the_same_moments() -> None:
    other = Link(name="cable", interface="eth1")
    planned_jobs = jobs(reach(FIBER), reach(other))
    moments = {
        link: [job.offset_ns for job in planned_jobs if job.series.link == link]
        for link in ("fiber", "cable")
    }
    assert moments["fiber"] == moments["cable"]


def test_in_a_long_interval_links_and_families_take_turns_at_each_portal() -> None:
    other = Link(name="cable", interface="eth1")
    portals = tuple(
        Target(name=name, role=Role.SERVICE, segment=Segment.SERVICE, url=f"https://{name}.example")
        for name in ("dvc", "motcua")
    )
    schedule = ProbeSchedule(kind="http", every_s=60)
    planned_jobs = jobs(reach(FIBER), reach(other), schedule=schedule, targets=portals)
    for portal in portals:
        looks = sorted(
            (job.offset_ns, job.series.link) for job in planned_jobs if job.target is portal
        )
        moments = [moment for moment, _ in looks]
        gaps = {
            (after - before) % (60 * S)
            for before, after in zip(moments, [*moments[1:], moments[0]], strict=True)
        }
        assert gaps == {15 * S}
        links = [link for _, link in looks]
        assert all(a != b for a, b in pairwise(links))


def test_all_moments_of_a_site_lie_on_one_grid_of_its_own() -> None:
    schedules = [
        ICMP,
        ProbeSchedule(kind="dns", every_s=30),
        ProbeSchedule(kind="host", every_s=15),
    ]
    inside = set()
    for site in ("ba-dinh", "hoan-kiem"):
        planned_jobs = jobs_from_schedules(site, schedules, (*ANCHORS, RESOLVER), [reach(FIBER)])
        (phase,) = {job.offset_ns % GRID_NS for job in planned_jobs}
        inside.add(phase)
    assert len(inside) == 2


def test_rare_lookups_and_pages_are_shifted_together_and_nothing_else_is() -> None:
    other = Link(name="cable", interface="eth1")
    reaches = (reach(FIBER), reach(other, frozenset({Family.IP4})), reach(MOBILE))

    def jitters(kind: str, every_s: float) -> dict[str, set[Jitter | None]]:
        planned_jobs = jobs(
            *reaches,
            schedule=ProbeSchedule(kind=kind, every_s=every_s),
            targets=(*ANCHORS, RESOLVER, PORTAL),
        )
        return {
            link.spec.name: {job.jitter for job in planned_jobs if job.over == link.spec.name}
            for link in reaches
        }

    for kind, every_s in (("http", 60), ("dns", 30)):
        jitter = Jitter(name=f"ba-dinh/{kind}", span_ns=every_s * S)
        # One for all: a link with one family, asked twice as often, keeps its turns.
        assert jitters(kind, every_s) == {"fiber": {jitter}, "cable": {jitter}, "mobile": {None}}
    unshifted: dict[str, set[Jitter | None]] = {"fiber": {None}, "cable": {None}, "mobile": {None}}
    assert jitters("icmp", 5) == unshifted
    assert jitters("host", 60) == unshifted
    assert jitters("http", 15) == unshifted, "below 20 s there are no turns either"
    assert jitters("http", 20)["fiber"] != {None}


def test_a_metered_link_is_measured_at_its_own_interval() -> None:
    intervals = {job.series.link: job.every_ns // S for job in jobs(reach(FIBER), reach(MOBILE))}
    assert intervals == {"fiber": 5, "mobile": 15}


def test_a_metered_link_that_stands_in_is_looked_at_more_closely_but_not_filled() -> None:
    standing_in = replace(reach(MOBILE), is_backup_in_use=True)

    def every_s(kind: str, every_s: float, metered_s: float | None) -> int:
        schedule = ProbeSchedule(kind=kind, every_s=every_s, metered_every_s=metered_s)
        (job,) = {
            (job.every_ns, job.usual_ns)
            for job in jobs(standing_in, schedule=schedule, targets=(RESOLVER, PORTAL))
        }
        assert job[1] == (metered_s or every_s) * S
        return job[0] // S

    assert every_s("http", 60, 3600) == 600
    assert every_s("dns", 30, 300) == 300
    assert every_s("icmp", 5, 20) == 20, "more often than that it is not asked anyway"
    assert every_s("http", 60, None) == 60
    assert every_s("host", 15, 1000) == 150
    assert every_s("throughput", 3600, 86400) == 86400


def test_a_family_that_the_link_never_had_is_not_measured() -> None:
    planned_jobs = jobs(reach(FIBER, frozenset({Family.IP4})))
    assert {job.series.family for job in planned_jobs} == {Family.IP4}


def test_a_link_that_never_had_anything_is_still_looked_at_to_say_why() -> None:
    planned_jobs = jobs(reach(FIBER, frozenset()), targets=(GATEWAY, *ANCHORS))
    assert {job.series.family for job in planned_jobs} == {Family.IP4}
    assert len(planned_jobs) == 5


def test_the_resolver_is_measured_in_the_families_that_name_servers_have() -> None:
    schedule = ProbeSchedule(kind="dns", every_s=30)
    planned_jobs = jobs(reach(FIBER), schedule=schedule, targets=(GATEWAY, RESOLVER))
    assert [(job.series.target, job.series.family) for job in planned_jobs] == [
        ("resolver", Family.IP4)
    ]


def test_a_service_is_measured_in_each_family_and_an_anchor_is_not_fetched() -> None:
    schedule = ProbeSchedule(kind="http", every_s=60)
    planned_jobs = jobs(reach(FIBER), schedule=schedule, targets=(*ANCHORS, PORTAL))
    assert [(job.series.target, job.series.family) for job in planned_jobs] == [
        ("portal", Family.IP4),
        ("portal", Family.IP6),
    ]


@pytest.mark.parametrize(
    ("link", "every_s", "expected_s"),
    [
        (reach(FIBER), 60.0, [60, 60]),
        (reach(FIBER, frozenset({Family.IP4})), 60.0, [30]),
        (reach(MOBILE, frozenset({Family.IP4})), 60.0, [60]),
        (reach(FIBER, frozenset({Family.IP4})), 20.0, [20]),
    ],
    ids=["two families", "one", "one and metered", "often enough"],
)
def test_a_portal_is_looked_at_as_often_over_a_link_with_one_family_as_over_one_with_two(
    link: SchedulableLink, every_s: float, expected_s: list[int]
) -> None:
    schedule = ProbeSchedule(kind="http", every_s=every_s)
    planned_jobs = jobs(link, schedule=schedule, targets=(PORTAL,))
    assert [job.every_ns // S for job in planned_jobs] == expected_s


def test_the_host_is_looked_at_once_a_link() -> None:
    schedule = ProbeSchedule(kind="host", every_s=15)
    planned_jobs = jobs(reach(FIBER), reach(MOBILE), schedule=schedule)
    assert [(job.series.link, job.series.target, job.series.family) for job in planned_jobs] == [
        ("fiber", "", Family.NONE),
        ("mobile", "", Family.NONE),
    ]
    assert {job.cost_bytes for job in planned_jobs} == {0}


def test_targets_of_the_site_are_measured_once_per_portal_over_the_wired_link() -> None:
    counter = ProbeSchedule(kind="counter", every_s=60, metered_every_s=3600)
    mobile = replace(reach(MOBILE), spec=MOBILE_5G)
    planned_jobs = jobs(mobile, reach(FIBER), schedule=counter, targets=(PORTAL, *ANCHORS))
    (only,) = planned_jobs
    assert (only.series.link, only.series.target, only.series.family) == (
        "",
        "portal",
        Family.NONE,
    )
    assert (only.over, only.every_ns) == ("fiber", 60 * S)
    (alone,) = jobs(mobile, schedule=counter, targets=(PORTAL,))
    assert (alone.over, alone.every_ns) == ("mobile", 3600 * S)
    by_name = ProbeSchedule(kind="counter", every_s=60, links=("mobile",))
    (named,) = jobs(mobile, reach(FIBER), schedule=by_name, targets=(PORTAL,))
    assert named.over == "mobile"


def test_schedules_and_targets_can_be_limited_to_links() -> None:
    only = Target(
        name="peer",
        role=Role.ANCHOR,
        segment=Segment.CARRIER,
        addresses=("198.51.100.9",),
        links=("mobile",),
    )
    planned_jobs = jobs(reach(FIBER), reach(MOBILE), targets=(only,))
    assert {job.series.link for job in planned_jobs} == {"mobile"}
    narrow = ProbeSchedule(kind="icmp", every_s=5, links=("fiber",), targets=("anchor1",))
    planned_jobs = jobs(reach(FIBER), reach(MOBILE), schedule=narrow)
    assert {(job.series.link, job.series.target) for job in planned_jobs} == {("fiber", "anchor1")}


def test_settings_reach_the_probe() -> None:
    schedule = ProbeSchedule(kind="icmp", every_s=5, settings={"timeout_s": 0.25})
    (job,) = jobs(reach(FIBER, frozenset({Family.IP4})), schedule=schedule, targets=(GATEWAY,))
    assert job.settings.timeout_s == 0.25
    assert job.cost_bytes > 0
