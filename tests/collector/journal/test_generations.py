"""The generations of a journal decide how far a position is valid in it."""

from thongsuot_collector.journal.generations import JournalHistory
from thongsuot_collector.journal.journal import Generation
from thongsuot_collector.store.sites import Position

HISTORY = JournalHistory(
    name="j",
    head=50,
    generations=[Generation(id=name, head=head) for name, head in (("a", 0), ("b", 20), ("c", 30))],
)


def shared(sequence: int, generation: str, *, name: str = "j") -> int:
    return HISTORY.shared_with(Position(journal=name, sequence=sequence, generation=generation))


def test_a_position_is_valid_up_to_the_begin_of_the_next_generation() -> None:
    assert [shared(n, "a") for n in (5, 20, 21, 45)] == [5, 20, 20, 20]
    assert [shared(n, "b") for n in (5, 25, 45)] == [5, 25, 30]
    assert [shared(n, "c") for n in (45, 50, 60)] == [45, 50, 50]


def test_nothing_is_shared_with_another_journal_or_an_unknown_generation() -> None:
    assert shared(25, "b", name="other") == shared(25, "x") == 0


def test_a_position_of_an_earlier_version_is_valid_as_far_as_the_journal_goes() -> None:
    assert (shared(50, ""), shared(51, "")) == (50, 0)
