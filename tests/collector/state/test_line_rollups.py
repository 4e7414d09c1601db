"""Delay and loss of a batch: what it says of the line is added up by stretches of time."""

from collections.abc import Sequence

import pytest

from tests.collector.batches import BatchSealer, S, failed, icmp_result, unmeasured
from tests.collector.state.test_site import EPOCH, SITE, opened
from thongsuot_collector.state.line_rollups import (
    Rollups,
    put_back,
    record_runs,
    split_key,
    take_complete,
)
from thongsuot_schema.line_rollup import FINE_S, LineRollup
from thongsuot_schema.result import Result

EPOCH_MS = EPOCH // 1_000_000


def recorded(*batches: Sequence[Result]) -> Rollups:
    device = BatchSealer(SITE, epoch_ns=EPOCH)
    rollups: Rollups = {}
    for results in batches:
        _, columns = opened(device, device.batch(9000 * S, results))
        record_runs(rollups, columns, EPOCH_MS, {"hop", "resolver"})
    return rollups


def test_only_echoes_to_targets_of_the_line_count() -> None:
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


def test_complete_rollups_are_taken_out_and_the_newest_stay() -> None:
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


def test_runs_of_one_batch_are_added_to_the_stretch_in_which_each_began() -> None:
    border = 1100  # a stretch begins there
    assert (EPOCH // S + border) % FINE_S == 0
    runs = [
        icmp_result((border + after) * S, target="hop", loss=loss)
        for after, loss in ((-10, 0.5), (10, 0.0), (15, 0.0))
    ]
    together, apart = recorded(runs), recorded(*([run] for run in runs))
    assert together == apart
    assert sorted(rollup.runs for rollup in together.values()) == [1, 2]
