"""The picture of the last 24 hours: no overlap, no invented time."""

from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.page.history import MAX_STRETCHES, RETENTION_NS, History, PastState
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Verdict, VerdictChange

S = 1_000_000_000
WRITTEN = list[tuple[str, str, list[PastState]]]


def change(state: State, onset_s: float, decided_s: float | None = None) -> VerdictChange:
    onset_ns = round(onset_s * S)
    return VerdictChange(
        verdict=Verdict(link="fiber", service="", state=state),
        before=State.UNKNOWN,
        onset_boottime_ns=onset_ns,
        decided_boottime_ns=onset_ns if decided_s is None else round(decided_s * S),
    )


def seen(history: History, now_s: float) -> list[tuple[float, float, State]]:
    stretches = history.stretches("fiber", "", round(now_s * S), lambda ns: ns / S)
    return [(stretch.start_s, stretch.end_s, stretch.state) for stretch in stretches]


def test_states_follow_each_other_from_onset_to_onset() -> None:
    history = History()
    history.add_change(change(State.UP, 10))
    history.add_change(change(State.DOWN, 100, 103))
    history.tick(200 * S)
    assert seen(history, 200) == [(10, 100, State.UP), (100, 200, State.DOWN)]
    assert history.stretches("other", "", 200 * S, float) == ()


def test_time_in_which_the_agent_did_not_run_is_not_covered() -> None:
    history = History()
    history.add_change(change(State.UP, 0))
    history.tick(100 * S)
    after = History()
    written = msgspec.msgpack.encode(history.dump())
    after.load(msgspec.msgpack.decode(written, type=WRITTEN), 160 * S)
    after.tick(200 * S)
    assert seen(after, 200) == [(0, 100, State.UP), (160, 200, State.UP)]
    after.add_change(change(State.DOWN, 150, 210))
    after.tick(220 * S)
    assert seen(after, 220) == [(0, 100, State.UP), (160, 220, State.DOWN)]


def test_entries_older_than_a_day_are_forgotten_and_cut() -> None:
    history = History()
    history.add_change(change(State.DOWN, 0))
    history.add_change(change(State.UP, 3600))
    now_s = 3600 * 30
    history.tick(now_s * S)
    assert seen(history, now_s) == [(now_s - RETENTION_NS / S, now_s, State.UP)]


def test_flapping_does_not_fill_the_memory() -> None:
    history = History()
    for n in range(3 * MAX_STRETCHES):
        history.add_change(change(State.DOWN if n % 2 else State.UP, n))
    assert len(history.dump()[0][2]) == MAX_STRETCHES


@given(
    turns=st.lists(
        st.tuples(st.sampled_from(State), st.floats(0, 100_000), st.floats(0, 20)), max_size=30
    )
)
def test_stretches_never_overlap_and_stay_in_order(
    turns: list[tuple[State, float, float]],
) -> None:
    history = History()
    decided_s = 0.0
    for state, wait_s, back_s in turns:
        decided_s += wait_s
        history.tick(round(decided_s * S))
        history.add_change(change(state, max(0.0, decided_s - back_s), decided_s))
    history.tick(round(decided_s * S) + S)
    stretches = seen(history, decided_s + 1)
    for (start_s, end_s, _), (next_s, _, _) in pairwise(stretches):
        assert start_s < end_s <= next_s
