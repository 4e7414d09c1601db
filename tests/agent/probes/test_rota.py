"""Going round the addresses of a service."""

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.probes.rota import Rota

A, B, C = "198.51.100.2", "198.51.100.3", "198.51.100.4"


@given(st.lists(st.permutations([A, B, C]), min_size=6, max_size=30))
def test_each_address_is_tried_within_as_many_runs_as_there_are(answers: list[list[str]]) -> None:
    rota = Rota()
    chosen = [rota.next("fixed", answer) for answer in answers]
    for start in range(len(chosen) - 2):
        assert set(chosen[start : start + 3]) == {A, B, C}


def test_an_address_that_is_new_is_tried_first() -> None:
    rota = Rota()
    assert [rota.next("fixed", (A, B)) for _ in range(3)] == [A, B, A]
    assert rota.next("fixed", (B, A, C)) == C
    assert rota.next("fixed", (C, B, A)) == B


def test_every_series_has_its_own_turns() -> None:
    rota = Rota()
    assert rota.next("fixed", (A, B)) == A
    assert rota.next("mobile", (A, B)) == A


def test_what_is_remembered_is_bounded() -> None:
    rota = Rota()
    for number in range(2000):
        rota.next(number, (A,))
        rota.next("fixed", (f"2001:db8::{number:x}",))
    assert len(rota._tried) <= 512
    assert len(rota._tried["fixed"]) <= 64
    assert rota.next("fixed", (B,)) == B
