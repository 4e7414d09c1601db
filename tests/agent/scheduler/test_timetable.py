"""Each moment of a job is kept or skipped, and never doubled; sites spread evenly."""

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.scheduler.timetable import (
    COALESCE_NS,
    FixedPeriod,
    Timetable,
    due_after,
    phase_from_name,
)

S = 1_000_000_000

RHYTHMS = st.builds(
    lambda every_s, share: FixedPeriod(every_ns=every_s * S, offset_ns=int(every_s * S * share)),
    st.integers(min_value=1, max_value=300),
    st.floats(min_value=0, max_value=0.999),
)


@given(rhythm=RHYTHMS, now_ns=st.integers(min_value=0, max_value=10**17))
def test_the_next_moment_is_in_phase_and_within_one_interval(
    rhythm: FixedPeriod, now_ns: int
) -> None:
    due_ns = due_after(rhythm, now_ns)
    assert now_ns < due_ns <= now_ns + rhythm.every_ns
    assert (due_ns - rhythm.offset_ns) % rhythm.every_ns == 0


@given(
    rhythms=st.lists(RHYTHMS, min_size=1, max_size=8),
    waits=st.lists(st.integers(min_value=0, max_value=400 * S), max_size=30),
)
def test_a_job_runs_once_a_moment_however_late_the_process_is(
    rhythms: list[FixedPeriod], waits: list[int]
) -> None:
    now_ns = 0
    table = Timetable(rhythms, now_ns)
    moments: dict[int, list[int]] = {place: [] for place in range(len(rhythms))}
    for wait_ns in waits:
        now_ns += wait_ns
        for rhythm in table.take_due(now_ns):
            # Two jobs may be equal; each has its turn.
            place = next(p for p, r in enumerate(rhythms) if r is rhythm)
            moments[place].append(now_ns)
        due_ns = table.next_due_ns()
        assert due_ns is not None
        assert due_ns > now_ns
    for place, rhythm in enumerate(rhythms):
        times = moments[place]
        assert len(times) <= (now_ns + COALESCE_NS) // rhythm.every_ns + 1
        assert times == sorted(set(times)), "twice in one wake-up"


def test_moments_that_were_slept_through_are_skipped() -> None:
    table = Timetable([FixedPeriod(every_ns=5 * S, offset_ns=0)], 0)
    assert len(table.take_due(3600 * S)) == 1
    assert table.next_due_ns() == 3605 * S


def test_jobs_due_together_run_in_one_wake_up() -> None:
    close = FixedPeriod(every_ns=10 * S, offset_ns=COALESCE_NS // 2)
    table = Timetable([FixedPeriod(every_ns=5 * S, offset_ns=0), close], S)
    assert len(table.take_due(9 * S)) == 1
    assert len(table.take_due(10 * S)) == 2


def test_an_empty_timetable_waits_forever() -> None:
    assert Timetable[FixedPeriod]([], 0).next_due_ns() is None


def test_ten_thousand_sites_do_not_beat_together() -> None:
    every_ns = 15 * S
    phases = [phase_from_name(f"site-{n:05d}", every_ns) for n in range(10_000)]
    assert all(0 <= phase < every_ns for phase in phases)
    by_second = [0] * 15
    for phase in phases:
        by_second[phase // S] += 1
    # 667 a second are even; six standard deviations of a fair spread are 150.
    assert min(by_second) > 517
    assert max(by_second) < 817
