"""Selecting from a list: filtered, searched, sorted as Vietnamese sorts, one page of it."""

from datetime import UTC, datetime

import msgspec
import pytest

from thongsuot_collector.queries.records import LinkRecord, SiteStatus
from thongsuot_collector.queries.selection import (
    Selection,
    csv_bytes,
    page_of,
    select_records,
    spreadsheet_text,
    text_of,
)
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

PLAIN = LinkRecord(
    site="s",
    site_title="",
    commune="00004",
    commune_name="Phường Ba Đình",
    area="Ba Đình",
    link="fixed",
    medium="fiber",
    carrier="vnpt",
    carrier_title="VNPT",
    circuit="",
    status=SiteStatus.REPORTING,
    state=State.UP,
    segment=None,
    symptom=Symptom.NONE,
    since=None,
    incident="",
)


def links(*titles: str) -> list[LinkRecord]:
    return [msgspec.structs.replace(PLAIN, site_title=title) for title in titles]


def selected(records: list[LinkRecord], selection: Selection) -> list[str]:
    chosen = select_records(records, selection, searched=("site_title",), order="site_title")
    return [record.site_title for record in chosen if isinstance(record, LinkRecord)]


def test_titles_stand_as_in_a_vietnamese_dictionary() -> None:
    titles = ("Đống Đa", "Chương Mỹ", "Cầu Giấy", "Ba Vì", "Ăn Thi", "Dương Nội", "An Khánh")
    assert selected(links(*titles), Selection()) == [
        "An Khánh",
        "Ăn Thi",
        "Ba Vì",
        "Cầu Giấy",
        "Chương Mỹ",
        "Dương Nội",
        "Đống Đa",
    ]


@pytest.mark.parametrize("typed", ["dong da", "ĐỐNG ĐA", "da dong", "đa"])
def test_words_are_found_as_people_type_them(typed: str) -> None:
    titles = ("Đống Đa", "Ba Vì", "Điểm hành chính Hà Đông")
    assert selected(links(*titles), Selection(query=typed)) == ["Đống Đa"]


def test_the_worst_stands_first_and_what_is_not_known_last() -> None:
    early, late = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
    records = [
        msgspec.structs.replace(PLAIN, site_title=title, state=state, since=since)
        for title, state, since in (
            ("a", State.UP, None),
            ("b", State.DOWN, late),
            ("c", State.UNKNOWN, early),
            ("d", State.DEGRADED, early),
        )
    ]
    assert selected(records, Selection(sort="state")) == ["b", "d", "c", "a"]
    assert selected(records, Selection(sort="-state")) == ["a", "c", "d", "b"]
    assert selected(records, Selection(sort="since")) == ["c", "d", "b", "a"]
    # Where the direction changes, what is not known stays last.
    assert selected(records, Selection(sort="-since")) == ["b", "c", "d", "a"]


def test_filters_take_one_of_several_values_and_all_of_several_fields() -> None:
    records = [
        msgspec.structs.replace(PLAIN, site_title=title, carrier=carrier, segment=segment)
        for title, carrier, segment in (
            ("a", "vnpt", None),
            ("b", "vnpt", Segment.LAN),
            ("c", "fpt", Segment.ACCESS),
        )
    ]
    of_both = Selection(filters={"segment": ("lan", "access")})
    assert selected(records, of_both) == ["b", "c"]
    of_one = Selection(filters={"segment": ("lan", "access"), "carrier": ("fpt",)})
    assert selected(records, of_one) == ["c"]
    assert selected(records, Selection(filters={"segment": ("none",)})) == []


def test_a_page_of_a_list_includes_the_total() -> None:
    page = page_of(links("a", "b", "c"), Selection(limit=2, offset=2))
    assert (len(page.items), page.total) == (1, 3)


def test_values_are_written_as_programs_read_them() -> None:
    at = datetime(2026, 11, 30, 1, 2, 3, 4000, tzinfo=UTC)
    written = [text_of(value) for value in (None, True, at, State.UP, ("a", "b"), 3)]
    assert written == ["", "true", "2026-11-30T01:02:03.004Z", "up", "a b", "3"]


def test_a_spreadsheet_takes_no_text_for_a_formula() -> None:
    for text in ("=1+1", "+84", "-1", "@a"):
        table = csv_bytes(LinkRecord, links(text)).decode("utf-8-sig")
        assert f",'{text}," in table
    for text, shown in (
        ("đội 2;=1+1;\t@a", "đội 2;'=1+1;'\t'@a"),
        ("ca đêm\n \n-1", "ca đêm\n' \n'-1"),
        ("\uff1d1", "'\uff1d1"),
        (" =1", "' =1"),
        ("a=1; b-2, +84", "a=1; b-2, +84"),
    ):
        assert spreadsheet_text(text) == shown
