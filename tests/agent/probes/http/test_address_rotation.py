"""Going round the addresses of a service."""

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.probes.http.address_rotation import AddressRotation

A, B, C = "198.51.100.2", "198.51.100.3", "198.51.100.4"


@given(st.lists(st.permutations([A, B, C]), min_size=6, max_size=30))
def test_each_address_is_tried_within_as_many_runs_as_there_are(answers: list[list[str]]) -> None:
    rota = AddressRotation()
    chosen = [rota.next_address("fixed", answer) for answer in answers]
    for start in range(len(chosen) - 2):
        assert set(chosen[start : start + 3]) == {A, B, C}


def test_an_address_that_is_new_is_tried_first() -> None:
    rota = AddressRotation()
    assert [rota.next_address("fixed", (A, B)) for _ in range(3)] == [A, B, A]
    assert rota.next_address("fixed", (B, A, C)) == C
    assert rota.next_address("fixed", (C, B, A)) == B


def test_every_series_has_its_own_turns() -> None:
    rota = AddressRotation()
    assert rota.next_address("fixed", (A, B)) == A
    assert rota.next_address("mobile", (A, B)) == A


def test_memory_is_bounded() -> None:
    rota = AddressRotation()
    for number in range(2000):
        rota.next_address(number, (A,))
        rota.next_address("fixed", (f"2001:db8::{number:x}",))
    assert len(rota._tried) <= 512
    assert len(rota._tried["fixed"]) <= 64
    assert rota.next_address("fixed", (B,)) == B
