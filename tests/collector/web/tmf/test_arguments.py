"""What an address may ask of a collection, and what is refused."""

from datetime import UTC, datetime

import pytest

from thongsuot_collector.web.arguments import ArgumentInvalid
from thongsuot_collector.web.tmf.arguments import CollectionFilters, read_query

FILTERS = CollectionFilters(texts=("status", "note.author"), moments=("creationDate",))
HEAD = {
    "status": "pending",
    "note.author": "Bình",
    "creationDate": datetime(2026, 11, 30, tzinfo=UTC),
}


@pytest.mark.parametrize(
    ("asked", "matches"),
    [
        ([], True),
        ([("status", "pending")], True),
        ([("status", "closed,pending")], True),
        ([("status", "closed"), ("status", "pending")], True),
        ([("status", "closed")], False),
        ([("status", "")], True),
        ([("note.author", "Bình")], True),
        ([("creationDate.gt", "2026-11-29T23:00:00Z")], True),
        ([("creationDate.gt", "2026-11-30T00:00:00Z")], False),
        ([("creationDate.gte", "2026-11-30T00:00:00Z")], True),
        ([("creationDate.lt", "2026-11-30T00:00:00Z")], False),
        ([("creationDate.lte", "2026-11-30T00:00:00Z")], True),
        # The day of Vietnam, as a whole: its end is 17:00 UTC.
        ([("creationDate.lte", "2026-11-30")], True),
        ([("creationDate.gt", "2026-11-30")], False),
        ([("creationDate.gte", "2026-11-30")], True),
        ([("status", "pending"), ("creationDate.lt", "2026-11-01")], False),
    ],
)
def test_a_resource_is_chosen_by_all_that_is_named(
    asked: list[tuple[str, str]], matches: bool
) -> None:
    assert read_query(asked, FILTERS).matches(HEAD) is matches


def test_an_attribute_that_a_resource_lacks_lies_within_no_bound() -> None:
    asked = [("creationDate.gt", "2000-01-01")]
    assert not read_query(asked, FILTERS).matches({"status": "pending"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "red"),
        ("creationDate", "2026-11-30"),
        ("creationDate.ne", "2026-11-30"),
        ("status.gt", "pending"),
        ("creationDate.gt", "yesterday"),
        ("creationDate.gt", "2026-11-30T00:00:00"),
        ("limit", "0"),
        ("limit", "1001"),
        ("offset", "-1"),
        ("status", ",".join(map(str, range(51)))),
    ],
)
def test_nonsense_is_refused_and_named(name: str, value: str) -> None:
    with pytest.raises(ArgumentInvalid) as error:
        read_query([(name, value)], FILTERS)
    assert name in str(error.value) or "at most 50" in str(error.value)


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ("", {"id", "href", "@type", "status", "name"}),
        ("status", {"id", "href", "@type", "status"}),
        ("status, name,nonsense", {"id", "href", "@type", "status", "name"}),
        ("none", {"id", "href", "@type"}),
    ],
)
def test_the_named_attributes_and_the_identity_of_a_resource_are_left(
    fields: str, left: set[str]
) -> None:
    names: list[str] = ["id", "href", "@type", "status", "name"]
    body = dict.fromkeys(names, "x")
    assert set(read_query([("fields", fields)], FILTERS).chosen(body)) == left
