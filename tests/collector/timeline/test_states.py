"""The state of a subject while batches are missing is presumed until they arrive."""

import pytest

from tests.collector.timeline.boot_script import CUT, NS, UP, BootScript, wall_ns
from thongsuot_collector.timeline.boot import BootRecord, subject_key
from thongsuot_collector.timeline.dating import dating_of
from thongsuot_collector.timeline.interval import Basis
from thongsuot_collector.timeline.states import intervals_of
from thongsuot_schema.state import State

FIBER = subject_key("fiber", "")


def course_without_the_second_batch(onset_s: int) -> list[tuple[float, State, Basis]]:
    """Return what is known of a line that was up, and whose cut the third batch tells."""
    script = BootScript()
    script.batch(0, 15, [script.change("fiber", UP, 2, 3)])
    script.batch(15, 30)
    script.batch(30, 45, [script.change("fiber", CUT, onset_s, 40)])
    boot = BootRecord(dating=dating_of(script.pieces[0]))
    for piece in (script.pieces[0], script.pieces[2]):
        boot.add(piece)
    intervals = intervals_of([boot], FIBER, is_silent=False, floor_ns=0)
    return [((row.start_ns - wall_ns(0)) / NS, row.state, row.basis) for row in intervals[1:]]


@pytest.mark.parametrize("onset_s", [15, 35])
def test_the_state_before_missing_batches_is_presumed_until_the_next_one(
    onset_s: int,
) -> None:
    expected = [
        (2, State.UP, Basis.RECORD),
        (15, State.UP, Basis.PRESUMED),
        (onset_s, State.DOWN, Basis.RECORD),
    ]
    assert course_without_the_second_batch(onset_s) == [
        row for row in expected if row[0] < onset_s or row[1] is State.DOWN
    ]


def test_nothing_is_presumed_if_the_next_verdict_began_earlier() -> None:
    assert course_without_the_second_batch(10) == [
        (2, State.UP, Basis.RECORD),
        (10, State.DOWN, Basis.RECORD),
    ]
