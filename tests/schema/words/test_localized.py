"""What is wrong in a file, in the language of whoever reads it."""

import pytest

from thongsuot_schema.localizable import Localizable
from thongsuot_schema.words.localized import in_language


def test_a_sentence_and_those_inside_it_are_read_in_the_language() -> None:
    said = Localizable(
        'unknown key "{key}" {where}{ending}',
        key="lisen",
        where=Localizable("at the top level"),
        ending=Localizable('; did you mean "{word}"?', word="listen"),
    )
    assert in_language(said, "vi") == (
        'không có mục "lisen" ở cấp ngoài cùng; có phải là "listen" không?'
    )
    assert in_language(said, "en") == 'unknown key "lisen" at the top level; did you mean "listen"?'


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_no_catalogue_has_is_read_as_it_is(language: str) -> None:
    assert in_language("plain {text}", language) == "plain {text}"
    assert in_language(Localizable("never said of {x}", x="y"), language) == "never said of y"
