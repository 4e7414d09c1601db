"""Every closed list has its words in both languages, and the words are whole."""

import unicodedata
from collections.abc import Iterable

import pytest

from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.page import labels
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.words import evidence, states
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.media import MEDIA, MOBILE
from thongsuot_schema.words.reasons import REASONS
from thongsuot_schema.words.states import PARTIES, SEGMENTS

WITHOUT_MARKS = {
    "Zalo",
    "DSL",
    "5G",
    "4G",
    "Qua",
    "modem quang",
    "modem DSL",
    "English",
    "Internet",
    "{before} → {after}",
    "{period} qua: {title}",
    "{state}: {total}",
}
"""Texts of the tables that are right without any mark of Vietnamese."""

_ENGLISH = """
    the and of is are was has have been not carrier call line link network service since device
    wait check for with point fault
"""
ENGLISH = frozenset(_ENGLISH.split())


def is_vietnamese(text: str) -> bool:
    """Return whether a text has marks of Vietnamese and no small words of English."""
    letters = unicodedata.normalize("NFD", text)
    marked = any(unicodedata.combining(char) for char in letters) or "đ" in text.lower()
    words = {word.strip(".,:;()/'\"").lower() for word in text.split()}
    return marked and not words & ENGLISH


def test_vietnamese_is_distinguished_from_english() -> None:
    assert is_vietnamese("Mất kết nối")
    assert not is_vietnamese("Disconnected")
    assert not is_vietnamese("Mất kết nối since 09:42")


@pytest.mark.parametrize(
    ("table", "members"),
    [
        (states.LINK_STATES, State),
        (states.SERVICE_STATES, State),
        (SEGMENTS, Segment),
        (PARTIES, Party),
        (REASONS, Reason),
        (MEDIA, Medium),
        (evidence.FAMILIES, Family),
        (labels.LADDER, [segment for segment in Segment if segment is not Segment.SERVICE]),
    ],
)
def test_every_member_of_a_closed_list_has_its_words(
    table: dict[str, object], members: Iterable[str]
) -> None:
    assert list(table) == list(members)


def texts() -> list[Text]:
    """Return every text of the tables and of the page's own labels."""
    collected: list[Text] = []
    tables: list[object] = [
        *(value for module in (labels, evidence, states) for value in vars(module).values()),
        SEGMENTS,
        REASONS,
        *(
            {"line": medium.line, "box": medium.box, "short": medium.short}
            for medium in MEDIA.values()
        ),
    ]
    for table in tables:
        values = list(table.values()) if isinstance(table, dict) else [table]
        collected += [value for value in values if isinstance(value, Text)]
    return collected


def test_no_vietnamese_text_has_english_left_in_it() -> None:
    marked = [text for text in texts() if text.read("vi") not in WITHOUT_MARKS]
    assert len(marked) > 90
    assert [
        text.read("vi")
        for text in marked
        if not is_vietnamese(text.read("vi")) or text.read("vi") == text.read("en")
    ] == []


def test_every_text_is_normal_and_trimmed() -> None:
    for text in texts():
        for words in (text.read("vi"), text.read("en")):
            assert unicodedata.is_normalized("NFC", words)
            assert words == words.strip()
            assert words


def test_states_are_called_as_the_city_calls_them() -> None:
    assert states.LINK_STATES[State.DOWN].read("vi") == "Mất kết nối"
    assert states.LINK_STATES[State.UP].read("vi") == "Hoạt động bình thường"
    assert states.LINK_STATES[State.DEGRADED].read("vi") == "Kết nối chậm/chập chờn"
    assert states.LINK_STATES[State.UNKNOWN].read("vi") == "Chưa có dữ liệu"
    assert states.AGENT_SILENT.read("vi") == "Thiết bị giám sát mất liên lạc"


def test_mobile_media_are_media() -> None:
    assert set(Medium) >= MOBILE
