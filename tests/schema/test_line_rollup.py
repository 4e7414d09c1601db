"""Delay and loss added up: any quantile, and the same sum whatever the order."""

import random
from statistics import quantiles

import pytest

from thongsuot_schema.line_rollup import LineRollup, rtt_class, slots


def test_quantiles_are_right_to_a_twentieth() -> None:
    chance = random.Random(1)
    rtts = [chance.lognormvariate(-4, 0.5) for _ in range(2000)]
    rollup = LineRollup()
    for rtt_s in rtts:
        rollup.add_run(rtt_s, 0.0)
    exact = quantiles(rtts, n=20)
    for at, expected in enumerate(exact, start=1):
        assert rollup.quantile_s(at / 20) == pytest.approx(expected, rel=0.06)


def test_rollups_add_up_whatever_the_order() -> None:
    early, late = LineRollup(), LineRollup()
    early.add_run(0.01, 0.0)
    late.add_run(None, 1.0)
    late.add_run(0.03, 0.5)
    one_way, other_way = LineRollup(), LineRollup()
    for rollup in (early, late):
        one_way.add(rollup)
    for rollup in (late, early):
        other_way.add(rollup)
    assert one_way == other_way
    assert (one_way.runs, one_way.loss_ratio, one_way.worst) == (3, 0.5, 1.0)
    assert LineRollup().quantile_s(0.5) is None


def test_a_round_trip_of_nothing_and_one_of_minutes_have_a_class() -> None:
    assert rtt_class(0.0) == 0
    assert rtt_class(3600.0) == rtt_class(70.0)


def test_slots_sum_what_begins_in_them_and_say_where_nothing_was_measured() -> None:
    first, second, outside = LineRollup(runs=1), LineRollup(runs=2), LineRollup(runs=4)
    made = slots(
        [(0, first), (300, second), (3600, outside), (-300, outside)],
        start_s=0,
        length_s=600,
        count=3,
    )
    assert [None if rollup is None else rollup.runs for rollup in made] == [3, None, None]
    assert first.runs == 1  # what was given stays as it is
