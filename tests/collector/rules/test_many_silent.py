"""Many devices that fall silent together."""

from tests.collector.incidents.city import healthy_city


def test_when_all_fall_silent_the_city_is_told_once_and_no_commune_looks_for_power() -> None:
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


def test_a_collector_that_was_away_does_not_take_its_absence_for_silence() -> None:
    made = healthy_city()
    made.now_s = made.hearing_since_s = 4_000
    made.run(4_100)
    assert made.notifications == []
    assert made.incidents() == []
