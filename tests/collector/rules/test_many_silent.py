"""Many devices that fall silent together."""

from itertools import count
from typing import NamedTuple

from tests.collector.incidents.city import CityFixture, healthy_city, inventory
from tests.collector.timeline.boot_script import wall_ns
from tests.collector.timeline.test_cost import steps_of
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.incidents.reducer import (
    ChangedFaults,
    Steps,
    advance_in_steps,
    apply_rewrites,
)
from thongsuot_collector.timeline.interval import Rewrite

SLICE = 500
"""So many rewrites the consumer applies before others get their turn."""


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


class Cost(NamedTuple):
    """
    What the silence of a whole city costs, in lines of Python: ``slices`` of rewrites, then each of
    the ``turns``, between which other tasks may run; and who was notified of it.
    """

    slices: list[int]
    turns: list[int]
    events: list[NotificationEvent]

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.slices) + sum(self.turns)


def cost_of_silence(sites: int) -> Cost:
    """Let all sites of a city fall silent at once, until the city is notified."""
    made = CityFixture(inventory(sites, ("vnpt", "viettel", "mobifone")))
    made.start()
    made.now_s += 120
    ticks = [
        device.timeline.tick(made.present(), made.timeline_settings)
        for device in made.devices.values()
    ]
    rewrites = [rewrite for tick in ticks for rewrite in tick]
    touched = ChangedFaults()
    cost = Cost([], [], [])
    for start in range(0, len(rewrites), SLICE):
        part = rewrites[start : start + SLICE]

        def apply(part: list[Rewrite] = part) -> None:
            apply_rewrites(made.registry, part, wall_ns(made.now_s), touched)

        cost.slices.append(steps_of(apply))
    for wait_s in (0, 60):
        made.now_s += wait_s
        steps = advance_in_steps(made.registry, (), wall_ns(made.now_s), touched=touched)
        touched = ChangedFaults()

        def turn(steps: Steps = steps) -> None:
            next(steps)

        try:
            for _ in count():
                cost.turns.append(steps_of(turn))
        except StopIteration as done:
            cost.events.extend(done.value)
    return cost


def test_ten_thousand_sites_that_fall_silent_cost_as_much_each_as_a_thousand() -> None:
    few, many = cost_of_silence(1_000), cost_of_silence(10_000)
    assert many.total < 1.05 * 10 * few.total, (many.total, few.total)
    # A slice has as much work in a large city, and other tasks get their turn after each incident.
    assert max(many.slices) < 1.05 * max(few.slices)
    assert len(many.turns) > 10 * len(few.turns) * 0.95 > 30_000
    # Only what looks at all of them at once takes longer: to find that they belong together, to
    # make their one incident, and to decide whom to notify. None does more than pass over them.
    slice_lines = max(many.slices)
    long = [lines for lines in many.turns if lines > slice_lines]
    assert len(long) <= 3, long
    assert max(many.turns) < 60 * 10_000, max(many.turns)
    for cost in (few, many):
        assert [
            (
                event.incident.code,
                str(event.record.party),
                event.record.kind,
                event.incident.severity,
            )
            for event in cost.events
        ] == [("many_silent", "city", "opened", "critical")]
    (event,) = many.events
    assert (event.incident.open_members, event.incident.total) == (10_000, 10_000)
