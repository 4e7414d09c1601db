import time

import pytest

from thongsuot_agent.links.roundtrip import Stopwatch
from thongsuot_schema.result import QualityFlag


def test_the_kernels_stamps_are_preferred() -> None:
    watch = Stopwatch()
    watch.left_ns = time.time_ns()
    time.sleep(0.02)
    assert watch.stop(watch.left_ns + 5_000_000) == (5_000_000, frozenset())


def test_without_a_stamp_our_own_clock_serves_and_reports_it() -> None:
    watch = Stopwatch()
    time.sleep(0.005)
    took_ns, doubts = watch.stop(time.time_ns())
    assert took_ns >= 5_000_000
    assert doubts == {QualityFlag.SOFTWARE_STAMP}
    watch.left_ns = time.time_ns()
    assert watch.stop(None)[1] == {QualityFlag.SOFTWARE_STAMP}


@pytest.mark.parametrize("wrong_ns", [-1_000_000_000, 3_600_000_000_000])
def test_stamps_that_make_no_sense_are_not_believed(wrong_ns: int) -> None:
    began_ns = time.monotonic_ns()
    watch = Stopwatch()
    watch.left_ns = time.time_ns()
    took_ns, doubts = watch.stop(watch.left_ns + wrong_ns)
    assert 0 <= took_ns <= time.monotonic_ns() - began_ns
    assert doubts == {QualityFlag.SOFTWARE_STAMP}


def test_a_step_of_the_wall_clock_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    began_ns = time.monotonic_ns()
    watch = Stopwatch()
    watch.left_ns = time.time_ns()
    stepped_ns = 2_000_000
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + stepped_ns)
    took_ns, doubts = watch.stop(time.time_ns())
    assert 0 <= took_ns <= time.monotonic_ns() - began_ns
    assert doubts == {QualityFlag.CLOCK_STEPPED, QualityFlag.SOFTWARE_STAMP}
