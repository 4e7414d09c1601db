"""Verdicts as samples: at the change, with every batch, and an end where nothing is known."""

import math
import struct

from tests.collector.batches import S, change
from tests.collector.state.test_site import EPOCH, SITE, agent, opened
from thongsuot_collector.sinks.remote_write.encode import verdict_series
from thongsuot_collector.sinks.remote_write.labels import LabelCache
from thongsuot_collector.sinks.remote_write.snappy import samples_of
from thongsuot_collector.state.verdicts import StreamVerdicts
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import VerdictChange

Points = dict[str, list[tuple[float, float]]]


def written(sealed: int, changes: list[VerdictChange], verdicts: StreamVerdicts) -> Points | None:
    """Return values by metric, as seconds of boottime and value."""
    device = agent()
    device.number = sealed - 1
    _, columns = opened(device, device.batch(sealed * S, changes=changes))
    verdicts.add(sealed, changes, [])
    encoded = verdict_series(
        SITE,
        columns,
        verdicts.certain_at(sealed * S, sealed),
        labels=LabelCache(lambda _site, _link: {}),
        epoch_ns=EPOCH,
    )
    if encoded is None:
        return None
    points: Points = {}
    taken = samples_of(encoded)
    assert encoded.samples == len(taken)
    for sample in taken:
        name = "state" if b"state_number" in sample.labels else "segment"
        second = (sample.time_ms - EPOCH // 1_000_000) / 1000
        points.setdefault(name, []).append((second, struct.unpack("<d", sample.value)[0]))
    return points


def test_a_change_is_a_sample_at_its_own_time_at_the_end_of_the_batch() -> None:
    down = change(990 * S, State.DOWN, segment=Segment.CARRIER)
    points = written(
        1000, [change(980 * S, State.DEGRADED, segment=Segment.LAN), down], StreamVerdicts()
    )
    assert points == {
        "state": [(980, 1.0), (990, 2.0), (1000, 2.0)],
        "segment": [(980, 2.0), (990, 4.0), (1000, 4.0)],
    }


def test_a_verdict_in_force_is_repeated_by_each_batch_without_a_new_one() -> None:
    verdicts = StreamVerdicts()
    written(1000, [change(990 * S, State.UP)], verdicts)
    assert written(1001, [], verdicts) == {"state": [(1001, 0.0)], "segment": [(1001, 0.0)]}


def test_unknown_ends_the_series_and_is_not_a_number() -> None:
    verdicts = StreamVerdicts()
    written(1000, [change(990 * S, State.UP)], verdicts)
    points = written(1001, [change(1001 * S, State.UNKNOWN, before=State.UP)], verdicts)
    assert points is not None
    ((second, value),) = points["state"]
    assert second == 1001
    assert math.isnan(value)
    assert written(1002, [], verdicts) is None
