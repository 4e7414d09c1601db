"""A group of very many faults is assessed less often, and nobody is told wrongly meanwhile."""

import pytest

from tests.collector.incidents.city import CityFixture, inventory
from tests.collector.timeline.boot_script import NS, wall_ns
from thongsuot_collector.incidents.group_pacing import GroupPacing
from thongsuot_collector.incidents.rule import GroupKey
from thongsuot_collector.incidents.settings import IncidentSettings

SITES = 12
SILENT: GroupKey = ("many_silent", "devices")


@pytest.fixture
def silent_city() -> CityFixture:
    """A city in which all devices but the last have just fallen silent, and whose group rests."""
    settings = IncidentSettings(silence_hold_s=0)
    city = CityFixture(inventory(SITES, ("vnpt", "viettel")), settings=settings, push_s=100_000)
    city.start()
    city.cut_uplink(*list(city.devices)[:-1])
    city.now_s += 40
    city.push(city.devices[f"s{SITES - 1}"], [])
    city.now_s += 40
    tick(city)
    assert city.only("many_silent").open_members == SITES - 1
    city.registry.group_pacing.note_assessed(SILENT, 20_000, wall_ns(city.now_s))
    return city


def tick(city: CityFixture) -> None:
    """Let the time pass for all devices, and the registry take what changed."""
    for device in city.devices.values():
        city.rewrites += device.timeline.tick(city.present(), city.timeline_settings)
    city.advance()


def test_a_small_group_never_rests() -> None:
    pacing = GroupPacing()
    pacing.note_assessed(SILENT, 199, 0)
    pacing.note_changed({SILENT})
    assert pacing.take_rested(0) == {SILENT}
    assert pacing.take_rested(0) == set()


@pytest.mark.parametrize(("faults", "rest_s"), [(200, 0.1), (10_000, 5.0), (1_000_000, 10.0)])
def test_a_large_group_rests_in_proportion_to_its_size(faults: int, rest_s: float) -> None:
    pacing, rest_ns = GroupPacing(), round(rest_s * NS)
    pacing.note_assessed(SILENT, faults, NS)
    pacing.note_changed({SILENT})
    assert pacing.take_rested(NS + rest_ns - 1) == set()
    assert pacing.take_rested(NS + rest_ns) == {SILENT}


def test_a_clock_that_was_set_back_makes_no_rest_longer() -> None:
    pacing = GroupPacing()
    pacing.note_assessed(SILENT, 10_000, 3_600 * NS)
    pacing.note_changed({SILENT})
    assert pacing.take_rested(1) == {SILENT}


def test_changes_of_a_resting_group_are_made_after_its_rest(silent_city: CityFixture) -> None:
    silent_city.restore_uplink("s0")
    assert silent_city.only("many_silent").open_members == SITES - 1
    silent_city.now_s += 10
    silent_city.advance()
    assert silent_city.only("many_silent").open_members == SITES - 2


def test_a_resting_group_is_assessed_before_one_of_its_faults_is_notified_alone(
    silent_city: CityFixture,
) -> None:
    told = len(silent_city.notifications)
    silent_city.now_s += 9
    tick(silent_city)
    assert silent_city.only("many_silent").open_members == SITES
    assert [event.incident.code for event in silent_city.notifications[told:]] == []


def test_a_group_that_rested_when_the_collector_ended_is_assessed_after_its_start(
    silent_city: CityFixture,
) -> None:
    silent_city.restore_uplink(*silent_city.devices)
    assert silent_city.only("many_silent").open_members == SITES - 1
    silent_city.restart()
    silent_city.now_s += 120
    silent_city.advance()
    assert not silent_city.only("many_silent").is_open


def test_what_ended_long_ago_is_not_assessed_again_after_a_start(silent_city: CityFixture) -> None:
    silent_city.restore_uplink(*silent_city.devices)
    silent_city.now_s += 120
    silent_city.advance()
    assert not silent_city.only("many_silent").is_open
    assert silent_city.restart().group_pacing.changed == set()
