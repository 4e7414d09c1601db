"""A text is named once and read in any language."""

import pytest

from thongsuot_schema.localizable import Localizable
from thongsuot_schema.words.language import (
    CountedText,
    Formatted,
    Text,
    Verbatim,
    in_every_language,
    in_language,
    join_list,
    language_from,
    other_languages,
)
from thongsuot_schema.words.translations import REFERENCE, languages, translations

ON_DATE = Text("schema.words.dates.on_date")
DAYS = CountedText("schema.words.figures.days")


def test_a_message_is_read_in_the_language_asked_for() -> None:
    assert Text("schema.words.states.link.down").read("vi") == "Mất kết nối"
    assert Text("schema.words.states.link.down").read("en") == "Disconnected"


def test_places_are_filled_when_a_text_is_made_or_when_it_is_read() -> None:
    assert ON_DATE.read("en", clock="09:42", date="24/11/2026") == "09:42 on 24/11/2026"
    made = Text("schema.words.dates.on_date", clock="09:42", date="24/11/2026")
    assert made.read("vi") == "09:42 ngày 24/11/2026"
    assert made.read("vi", clock="10:00") == "10:00 ngày 24/11/2026"


def test_a_place_that_is_left_empty_is_an_error_and_not_a_hole() -> None:
    with pytest.raises(KeyError, match="date"):
        ON_DATE.read("vi", clock="09:42")


def test_values_in_a_text_are_read_in_its_language() -> None:
    line = Text("schema.words.media.fiber.line")
    phrase = Text("schema.words.media.line_of_carrier", line=line, carrier=Verbatim("VNPT"))
    assert phrase.read("vi") == "đường cáp quang VNPT"
    assert phrase.read("en") == "the VNPT fibre line"
    figure = Text("schema.words.figures.percent", value=Formatted(lambda language: f"{language}!"))
    assert (figure.read("vi"), figure.read("en")) == ("vi! %", "en!%")
    cause = Text("schema.words.figures.percent", value=Localizable("is a directory"))
    assert (cause.read("vi"), cause.read("en")) == ("là một thư mục %", "is a directory%")


@pytest.mark.parametrize(
    ("count", "vi", "en"),
    [(1, "1 ngày 2 giờ", "1 day 2 h"), (3, "3 ngày 2 giờ", "3 days 2 h")],
)
def test_a_count_takes_the_form_that_its_language_has_for_it(count: int, vi: str, en: str) -> None:
    assert DAYS.read("vi", count, hours=2) == vi
    assert DAYS.read("en", count, hours=2) == en


def test_a_list_ends_as_a_language_ends_one() -> None:
    assert join_list(["a", "b", "c"], "vi") == "a, b và c"
    assert join_list(["a", "b"], "en") == "a and b"
    assert join_list(["a"], "en") == "a"
    assert join_list([], "en") == ""


@pytest.mark.parametrize("code", [None, "", "xx", "EN", "../en", "vi\0"])
def test_whatever_a_person_asks_for_there_is_a_language(code: str | None) -> None:
    assert language_from(code) == REFERENCE


def test_a_page_can_be_switched_to_every_other_language() -> None:
    assert language_from("en") == "en"
    assert languages()[0] == REFERENCE
    assert other_languages("en") == [language for language in languages() if language != "en"]


def test_whoever_is_not_known_yet_is_told_in_every_language() -> None:
    text = Text("collector.web.sites.password_needed")
    assert in_every_language(text).startswith("Cần mật khẩu. A password is needed.")


def test_an_unknown_language_raises_an_error() -> None:
    with pytest.raises(LookupError, match="no language 'xx'; there are vi, en"):
        Text("schema.words.states.link.down").read("xx")


def test_a_catalogue_is_loaded_once() -> None:
    assert translations("schema", "words", "en") is translations("schema", "words", "en")


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
def test_a_text_in_no_catalogue_is_read_unchanged(language: str) -> None:
    assert in_language("plain {text}", language) == "plain {text}"
    assert in_language(Localizable("never said of {x}", x="y"), language) == "never said of y"
