"""Which verdicts were in force at a time, in whatever order batches arrive."""

from hypothesis import given
from hypothesis import strategies as st

from tests.collector.batches import S, change
from thongsuot_collector.state.verdicts import StandingVerdict, StreamVerdicts
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.state import State
from thongsuot_schema.verdict import VerdictChange


def started(at_ns: int) -> Notice:
    return Notice(code=NoticeCode.STARTED, boottime_ns=at_ns, text="0.1.0")


def states(verdicts: object) -> dict[tuple[str, str], State]:
    assert isinstance(verdicts, list)
    assert all(isinstance(verdict, StandingVerdict) for verdict in verdicts)
    return {(verdict.link, verdict.service): verdict.transition.state for verdict in verdicts}


def test_a_verdict_stands_until_the_next_one_on_the_same_subject() -> None:
    verdicts = StreamVerdicts()
    verdicts.add(1, [change(10 * S, State.UP), change(11 * S, State.UP, link="5g")], [])
    verdicts.add(2, [change(20 * S, State.DOWN, before=State.UP)], [])
    assert states(list(verdicts.at(9 * S))) == {}
    assert states(list(verdicts.at(15 * S))) == {
        ("fiber", ""): State.UP,
        ("5g", ""): State.UP,
    }
    assert states(list(verdicts.at(20 * S))) == {
        ("fiber", ""): State.DOWN,
        ("5g", ""): State.UP,
    }


def test_verdicts_from_before_a_restart_of_the_agent_are_not_in_force() -> None:
    verdicts = StreamVerdicts()
    verdicts.add(1, [change(10 * S, State.UP)], [started(1 * S)])
    verdicts.add(2, [], [started(30 * S)])
    verdicts.add(3, [change(40 * S, State.DEGRADED)], [])
    assert states(list(verdicts.at(29 * S))) == {("fiber", ""): State.UP}
    assert states(list(verdicts.at(35 * S))) == {}
    assert states(list(verdicts.at(41 * S))) == {("fiber", ""): State.DEGRADED}
    first, second = verdicts.all_transitions()
    assert (verdicts.end_of(first), verdicts.end_of(second)) == (30 * S, None)


def test_of_an_agent_that_restarts_forever_the_newest_starts_are_kept() -> None:
    verdicts = StreamVerdicts()
    for number in range(1, 300):
        verdicts.add(number, [], [started(number * S)])
    verdicts.bound(max_transitions=100, max_gaps=10)
    assert verdicts.starts == [number * S for number in range(200, 300)]


def test_a_verdict_that_a_new_process_repeats_begins_with_that() -> None:
    verdicts = StreamVerdicts()
    verdicts.add(1, [change(10 * S, State.DOWN, onset_ns=7 * S)], [started(1 * S)])
    verdicts.add(2, [change(30 * S, State.DOWN, onset_ns=7 * S)], [started(30 * S)])
    verdicts.add(3, [change(50 * S, State.UP, onset_ns=42 * S)], [])
    spans = [
        (verdicts.begin_of(verdict), verdicts.end_of(verdict))
        for verdict in verdicts.all_transitions()
    ]
    assert spans == [(7 * S, 30 * S), (30 * S, 42 * S), (42 * S, None)]


def test_a_verdict_is_sure_only_where_no_batch_is_missing_since_it_was_told() -> None:
    verdicts = StreamVerdicts()
    verdicts.add(1, [change(10 * S, State.UP)], [])
    verdicts.add(2, [], [])
    # 3 is still on the device: the link may have gone down in it.
    verdicts.add(4, [], [])
    assert states(list(verdicts.certain_at(20 * S, 2))) == {("fiber", ""): State.UP}
    assert states(list(verdicts.certain_at(40 * S, 4))) == {}
    assert states(list(verdicts.at(40 * S))) == {("fiber", ""): State.UP}
    verdicts.add(3, [change(25 * S, State.DOWN, before=State.UP)], [])
    assert states(list(verdicts.certain_at(40 * S, 4))) == {("fiber", ""): State.DOWN}


def test_a_repeated_batch_changes_no_verdict() -> None:
    verdicts = StreamVerdicts()
    assert verdicts.add(1, [change(10 * S, State.UP)], [])
    assert not verdicts.add(1, [change(10 * S, State.UP)], [])
    assert len(list(verdicts.all_transitions())) == 1


def test_forgetting_keeps_the_verdict_in_force() -> None:
    verdicts = StreamVerdicts()
    for second in range(1, 10):
        state = State.UP if second % 2 else State.DOWN
        verdicts.add(second, [change(second * S, state)], [started(second * S)])
    verdicts.forget_before(5 * S + 1)
    assert [verdict.transition.decided_ns for verdict in verdicts.all_transitions()] == [
        s * S for s in range(5, 10)
    ]
    assert states(list(verdicts.at(5 * S + 1))) == {("fiber", ""): State.UP}


SUBJECTS = st.sampled_from(["fiber", "5g"])
BATCHES = st.lists(
    st.lists(st.tuples(SUBJECTS, st.sampled_from(list(State))), max_size=3), min_size=1, max_size=12
)


@given(BATCHES, st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_difference(
    contents: list[list[tuple[str, State]]], chance: object
) -> None:
    batches: list[tuple[int, list[VerdictChange], list[Notice]]] = []
    at_ns = 0
    for number, content in enumerate(contents, start=1):
        changes = []
        for link, state in content:
            at_ns += S
            changes.append(change(at_ns, state, link=link))
        batches.append((number, changes, [started(at_ns)] if number % 5 == 0 else []))
        at_ns += S

    in_order = StreamVerdicts()
    for batch in batches:
        in_order.add(*batch)
    shuffled = list(batches)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    any_order = StreamVerdicts()
    for batch in shuffled:
        any_order.add(*batch)
    for second in range(at_ns // S + 2):
        moment_ns = second * S
        expected = states(list(in_order.at(moment_ns)))
        assert states(list(any_order.at(moment_ns))) == expected
    assert any_order.held == in_order.held
