"""How a sentence about an unknown word ends, in both languages."""

import pytest

from thongsuot_schema.suggestion import suggest
from thongsuot_schema.words.suggestions import suggested

MANY = [f"site-{number}" for number in range(40)]


@pytest.mark.parametrize(
    ("word", "known", "vietnamese", "english"),
    [
        ("vnptt", ["vnpt", "fpt"], "; có phải là 'vnpt' không?", "; did you mean 'vnpt'?"),
        ("VNPT", ["vnpt", "fpt"], "; có phải là 'vnpt' không?", "; did you mean 'vnpt'?"),
        ("x", ["vnpt", "fpt"], "; đang có: fpt, vnpt", "; known: fpt, vnpt"),
        ("x", [], "", ""),
        ("x", MANY, "", ""),
    ],
)
def test_the_end_of_a_sentence_suggests_what_comes_near(
    word: str, known: list[str], vietnamese: str, english: str
) -> None:
    ending = suggested(word, known)
    assert (ending.read("vi"), ending.read("en")) == (vietnamese, english)
    assert suggest(word, known) == english.replace("'", '"')
