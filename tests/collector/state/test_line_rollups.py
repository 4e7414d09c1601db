"""Delay and loss added up: by what a batch says of the line, whatever the order of arrival."""

import random
from collections.abc import Sequence
from statistics import quantiles

import pytest

from tests.collector.batches import BatchSealer, S, failed, icmp_result, unmeasured
from tests.collector.state.test_site import EPOCH, SITE, opened
from thongsuot_collector.state.line_rollups import (
    FINE_S,
    LineRollup,
    Rollups,
    put_back,
    record_runs,
    rtt_class,
    slots,
    split_key,
    take_complete,
)
from thongsuot_schema.result import Result

EPOCH_MS = EPOCH // 1_000_000


def recorded(*batches: Sequence[Result]) -> Rollups:
    device = BatchSealer(SITE, epoch_ns=EPOCH)
    rollups: Rollups = {}
    for results in batches:
        _, columns = opened(device, device.batch(9000 * S, results))
        record_runs(rollups, columns, EPOCH_MS, lambda target: target in {"hop", "resolver"})
    return rollups


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


def test_only_echoes_of_the_lines_own_segments_count() -> None:
    rollups = recorded(
        [
            icmp_result(1000 * S, target="hop", rtt_s=0.004),
            icmp_result(1001 * S, target="abroad", rtt_s=0.3),
            failed(1002 * S, target="resolver"),
            unmeasured(1003 * S, target="resolver"),
        ]
    )
    (rollup,) = rollups.values()
    assert rollup.runs == 2
    assert rollup.loss_ratio == 0.5
    assert rollup.quantile_s(0.5) == pytest.approx(0.004, rel=0.05)


def test_what_is_complete_is_taken_out_and_the_newest_goes_on() -> None:
    rollups = recorded(
        [icmp_result(at * S, target="hop", link=link) for at in (1000, 1400) for link in ("a", "b")]
        + [icmp_result(2000 * S, target="hop", link="b")]
    )
    before = {key: LineRollup(runs=rollup.runs) for key, rollup in rollups.items()}
    taken = take_complete(rollups)
    assert sorted(split_key(key)[0] for key in taken) == ["a", "b", "b"]
    assert sorted(split_key(key)[0] for key in rollups) == ["a", "b"]
    assert all(split_key(key)[1] % FINE_S == 0 for key in taken)
    put_back(rollups, taken)
    assert {key: rollup.runs for key, rollup in rollups.items()} == {
        key: rollup.runs for key, rollup in before.items()
    }


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
