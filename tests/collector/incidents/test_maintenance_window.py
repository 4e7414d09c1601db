"""Maintenance: what a window covers, and what is told when it opens and closes."""

import pytest

from tests.collector.incidents.city import PORTAL, CityFixture, healthy_city, inventory
from tests.collector.timeline.boot_script import CUT, OUT, UP, wall_ns
from thongsuot_collector.incidents.actions import set_windows
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.timeline.subject import Subject

FIBER = Subject("s0", "fiber")
RADIO = Subject("s0", "5g")


def window(
    from_s: float,
    to_s: float,
    *,
    name: str = "w1",
    site: str = "",
    link: str = "",
    carrier: str = "",
    commune: str = "",
) -> MaintenanceWindow:
    return MaintenanceWindow(
        id=name,
        start_ns=wall_ns(from_s),
        end_ns=wall_ns(to_s),
        site=site,
        link=link,
        carrier=carrier,
        commune=commune,
    )


@pytest.mark.parametrize(
    ("made", "covered"),
    [
        (window(0, 9), set()),
        (window(0, 9, link="fiber"), set()),
        (window(0, 9, site="s0", link="fiber"), {"s0/fiber"}),
        (window(0, 9, site="s0"), {"s0", "s0/fiber", "s0/5g", f"s0//{PORTAL}"}),
        (window(0, 9, carrier="vnpt"), {"s0/fiber", "s2/5g"}),
        (window(0, 9, commune="00002"), {"s1", "s1/fiber", "s1/5g", f"s1//{PORTAL}"}),
        (window(0, 9, carrier="vnpt", commune="00001"), {"s0/fiber"}),
        (window(0, 9, carrier="vnpt", commune="00002"), set()),
    ],
)
def test_a_window_covers_what_matches_all_its_fields(
    made: MaintenanceWindow, covered: set[str]
) -> None:
    directory = InventoryDirectory(inventory(3, ("vnpt", "viettel", "mobifone")))
    subjects = [
        Subject(f"s{n}", link, service)
        for n in range(3)
        for link, service in (("", ""), ("fiber", ""), ("5g", ""), ("", PORTAL))
    ]
    assert {str(subject) for subject in subjects if made.covers(subject, directory)} == covered


@pytest.mark.parametrize(
    "made",
    [
        window(20, 500, site="s0", link="fiber"),
        window(20, 500, site="s0"),
        window(20, 500, carrier="vnpt"),
        window(20, 500, commune="00001"),
    ],
)
def test_planned_work_is_recorded_and_notifies_nobody_and_what_outlasts_it_does(
    made: MaintenanceWindow,
) -> None:
    city = healthy_city()
    set_windows(city.registry, [made])
    city.report("s0", "fiber", CUT)
    city.run(499)
    assert city.notifications == []
    assert city.only("link_fault").windows == ("w1",)
    city.run(600)
    assert city.notification_lines() == [(560, "opened", "unexcused", "link_fault", "carrier:vnpt")]


def test_planned_work_that_ends_in_time_notifies_nobody() -> None:
    city = healthy_city()
    set_windows(city.registry, [window(20, 500, carrier="vnpt")])
    city.report("s0", "fiber", CUT)
    city.run(490)
    city.report("s0", "fiber", UP)
    city.run(700)
    assert city.notifications == []
    assert city.only("link_fault").closure_code == "restored"


def test_faults_stay_excused_until_the_last_overlapping_window_closes() -> None:
    city = healthy_city()
    set_windows(
        city.registry,
        [
            window(20, 200, carrier="vnpt"),
            window(150, 400, name="w2", site="s0"),
            window(100, 300, name="w3", commune="00001"),
        ],
    )
    city.report("s0", "fiber", CUT)
    city.run(459)
    assert city.notifications == []
    city.run(500)
    assert city.notification_lines() == [(460, "opened", "unexcused", "link_fault", "carrier:vnpt")]
    assert city.only("link_fault").windows == ("w1", "w2", "w3")


def test_maintenance_begun_during_a_notified_fault_keeps_its_incident_open_without_updates() -> (
    None
):
    city = healthy_city()
    city.report("s0", "fiber", CUT)
    city.run(100)
    set_windows(city.registry, [window(100, 500, carrier="vnpt")])
    city.report("s0", "5g", CUT)
    city.run(510)
    assert [line[1:] for line in city.notification_lines()] == [
        ("opened", "started", "link_fault", "carrier:vnpt"),
        ("opened", "started", "link_fault", "carrier:viettel"),
        ("updated", "worse", "link_fault", "carrier:vnpt"),
    ]
    assert city.notification_lines()[-1][0] == 500
    city.report("s0", "fiber", UP)
    city.run(600)
    assert city.notification_lines()[-1][1:3] == ("resolved", "ended")


def test_work_on_many_circuits_is_not_an_outage_until_it_outlasts_its_window() -> None:
    city = healthy_city()
    set_windows(city.registry, [window(20, 500, carrier="vnpt")])
    for site in ("s0", "s3", "s6", "s9"):
        city.report(site, "fiber", OUT)
    city.run(490)
    assert city.notifications == []
    assert city.incidents("carrier_outage") == []
    city.run(700)
    assert city.notification_lines() == [
        (560, "opened", "started", "carrier_outage", "carrier:vnpt")
    ]


def test_work_in_one_commune_does_not_hide_the_same_carrier_elsewhere() -> None:
    city = healthy_city(sites=30)
    set_windows(city.registry, [window(20, 500, carrier="vnpt", commune="00001")])
    for site in ("s0", "s3", "s6", "s9", "s12"):
        city.report(site, "fiber", OUT)
    city.run(300)
    assert city.notification_lines() == [
        (33, "opened", "started", "carrier_outage", "carrier:vnpt")
    ]
    assert city.only("carrier_outage").sites == ("s12", "s3", "s6", "s9")


def test_maintenance_begun_during_an_outage_keeps_its_incident_open() -> None:
    city = healthy_city()
    for site in ("s0", "s3", "s6", "s9"):
        city.report(site, "fiber", OUT)
    city.run(200)
    set_windows(city.registry, [window(200, 900, carrier="vnpt")])
    city.run(850)
    assert [line[1] for line in city.notification_lines()] == ["opened"]
    assert city.only("carrier_outage").is_excused
    for site in ("s0", "s3", "s6", "s9"):
        city.report(site, "fiber", UP)
    city.run(1_000)
    assert [line[1] for line in city.notification_lines()] == ["opened", "resolved"]


def test_a_cancelled_window_excuses_nothing() -> None:
    city = healthy_city()
    set_windows(city.registry, [window(20, 5_000, carrier="vnpt")])
    city.report("s0", "fiber", CUT)
    city.run(100)
    set_windows(city.registry, [])
    city.run(200)
    assert city.notification_lines() == [(161, "opened", "unexcused", "link_fault", "carrier:vnpt")]


def test_a_site_that_is_being_rewired_may_be_silent() -> None:
    city = CityFixture(inventory(3, ("vnpt", "viettel")))
    city.start()
    set_windows(city.registry, [window(0, 4_000, site="s0")])
    city.power_off("s0")
    city.run(3_000)
    assert city.notifications == []
    assert city.only("site_power").is_excused
