"""A sentence in English that can be read in another language."""

from thongsuot_schema.localizable import Localizable, sentence_of
from thongsuot_schema.words.language import Text, in_language

SAID = Localizable("in {table}", table=Localizable("the top level"))


def test_a_sentence_is_its_english() -> None:
    assert SAID == "in the top level"
    assert f"{SAID}!" == "in the top level!"
    assert (SAID.template, dict(SAID.values)) == ("in {table}", {"table": "the top level"})


def test_an_error_keeps_what_can_be_read_in_other_languages() -> None:
    kept = sentence_of(ValueError(SAID))
    assert (kept, in_language(kept, "vi")) == ("in the top level", "trong cấp ngoài cùng")
    assert sentence_of(ValueError("plain")) == "plain"
    assert sentence_of(ValueError()) == ""


def test_a_message_of_another_catalogue_is_a_sentence_too() -> None:
    kept = sentence_of(ValueError(Text("schema.words.suggestion.near", word="x")))
    assert kept == Text("schema.words.suggestion.near", word="x").read("en")
    assert in_language(kept, "vi") == Text("schema.words.suggestion.near", word="x").read("vi")
