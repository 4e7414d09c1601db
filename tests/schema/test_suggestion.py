"""The end of a sentence about an unknown word."""

import pytest

from thongsuot_schema.suggestion import suggest


@pytest.mark.parametrize(
    ("word", "known", "ending"),
    [
        ("carier", ["carrier", "circuit"], '; did you mean "carrier"?'),
        ("VNPT", ["viettel", "vnpt"], '; did you mean "vnpt"?'),
        ("zzz", ["b", "a", "b"], "; known: a, b"),
        ("zzz", [], ""),
        ("zzz", [f"name{number}" for number in range(17)], ""),
    ],
)
def test_the_nearest_word_is_offered_else_all_when_they_are_few(
    word: str, known: list[str], ending: str
) -> None:
    assert suggest(word, known) == ending
