"""Many devices that fall silent together."""

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import wall_ns
from thongsuot_collector.incidents.reducer import advance_in_steps


def test_when_all_fall_silent_the_city_is_notified_once_and_no_commune_looks_for_power() -> None:
    made = healthy_city()
    made.cut_uplink(*(f"s{n}" for n in range(12)))
    made.run(600)
    assert [line[1:] for line in made.notification_lines()] == [
        ("opened", "started", "many_silent", "city")
    ]
    deaf = made.only("many_silent")
    assert (deaf.open_members, deaf.total, deaf.severity) == (12, 12, "critical")
    made.restore_uplink(*(f"s{n}" for n in range(12)))
    made.run(700)
    assert made.notification_lines()[-1][1:3] == ("resolved", "withdrawn")
    assert len(made.notifications) == 2


def test_many_sites_falling_silent_are_handled_in_steps_so_that_others_get_their_turn() -> None:
    made = healthy_city(40)
    made.cut_uplink(*made.devices)
    made.now_s += 120
    rewrites = [
        rewrite
        for device in made.devices.values()
        for rewrite in device.timeline.tick(made.present(), made.timeline_settings)
    ]
    steps = advance_in_steps(made.registry, rewrites, wall_ns(made.now_s))
    assert sum(1 for _ in steps) > 3 * len(made.devices)
    assert [incident.code for incident in made.registry.incidents.values()].count(
        "many_silent"
    ) == 1


def test_a_collector_that_was_away_does_not_take_its_absence_for_silence() -> None:
    made = healthy_city()
    made.now_s = made.hearing_since_s = 4_000
    made.run(4_100)
    assert made.notifications == []
    assert made.incidents() == []
