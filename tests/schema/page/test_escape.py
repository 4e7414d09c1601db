"""Text into HTML."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.page.escape import escape, telephone_url


class CollectedTags(HTMLParser):
    """What a parser makes of an element with escaped text in it and in an attribute."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text = ""
        self.attribute: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attribute = dict(attrs)["title"]

    def handle_data(self, data: str) -> None:
        self.text += data


@given(
    st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\x7f"))
)
def test_any_text_comes_back_as_it_was_and_makes_no_element(text: str) -> None:
    parsed = CollectedTags()
    parsed.feed(f'<p title="{escape(text)}">{escape(text)}</p>')
    parsed.close()
    assert parsed.tags == ["p"]
    assert parsed.text == text
    assert parsed.attribute == text


def test_control_characters_become_spaces() -> None:
    assert escape("a\x00b\x1bc\nd\x7fe") == "a b c d e"


@pytest.mark.parametrize(
    ("number", "url"),
    [
        ("1800 1166", "tel:18001166"),
        ("(024) 1022", "tel:0241022"),
        ("+84 24.1022", "tel:+84241022"),
        ("javascript:alert(1)", "tel:1"),
        ("hỏi trực ban", ""),
        ("+", ""),
        ("", ""),
    ],
)
def test_a_number_is_dialled_by_its_digits_alone(number: str, url: str) -> None:
    assert telephone_url(number) == url
