"""A site without power."""

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import wall_ns
from thongsuot_schema.verdict import Symptom


def test_a_site_that_goes_dark_with_both_links_well_is_told_to_look_for_power() -> None:
    made = healthy_city()
    made.power_off("s0")
    made.run(300)
    assert [line[1:] for line in made.notification_lines()] == [
        ("opened", "started", "site_power", "commune:s0")
    ]
    assert 75 <= made.notification_lines()[0][0] <= 30 + 45 + 30 + 2
    made.run(3_600)
    made.power_on("s0", boot_s=40)
    made.run(3_700)
    assert made.notification_lines()[-1][1:] == ("resolved", "ended", "site_power", "commune:s0")
    off = made.only("site_power")
    assert off.symptom is Symptom.DEVICE_OFF
    assert off.closed_ns == wall_ns(3_600)
    assert [phase.interval.symptom for phase in made.registry.faults[off.id].phases] == [
        Symptom.DEVICE_OFF,
        Symptom.NOT_YET_MEASURED,
    ]


def test_a_device_that_restarts_is_recorded_and_notifies_nobody() -> None:
    made = healthy_city()
    made.power_off("s0")
    made.run(90)
    made.power_on("s0", boot_s=20)
    made.run(400)
    assert made.notifications == []
    assert made.only("site_power").symptom is Symptom.DEVICE_OFF
