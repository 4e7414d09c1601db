"""What an address may ask of a list, and what is refused."""

from datetime import UTC, datetime

import pytest

from thongsuot_collector.queries.lists import LISTS
from thongsuot_collector.queries.selection import Selection
from thongsuot_collector.web.arguments import ArgumentInvalid, selection_from

INCIDENTS, LINKS = (
    next(query for query in LISTS if query.name == name) for name in ("incidents", "links")
)
OPENED = datetime(2026, 11, 29, 17, tzinfo=UTC)
"""The first moment of 30 November in Vietnam."""


def test_every_argument_has_its_place_in_the_selection() -> None:
    arguments = [
        ("q", " " + "phường " * 20),
        ("state", "down"),
        ("state", "degraded"),
        ("segment", ""),
        *(("sort", "-opened_at"), ("limit", "1000"), ("offset", "200")),
        *(("since", "2026-11-30"), ("until", "2026-11-30"), ("lang", "en")),
    ]
    assert selection_from(INCIDENTS, arguments) == Selection(
        query=("phường " * 20)[:100],
        filters={"state": ("down", "degraded")},
        sort="-opened_at",
        limit=1000,
        offset=200,
        since=OPENED,
        until=datetime(2026, 11, 30, 17, tzinfo=UTC),
    )


def test_without_arguments_the_first_hundred_are_selected_in_the_default_order() -> None:
    empty = [("q", ""), ("sort", ""), ("limit", ""), ("since", ""), ("state", "")]
    assert selection_from(LINKS, empty) == Selection()
    assert Selection().limit == 100


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-30", OPENED),
        ("2026-11-30T00:00:00+07:00", OPENED),
        ("2026-11-29T17:00:00Z", OPENED),
        ("1066-10-14", datetime(1970, 2, 1, tzinfo=UTC)),
        ("0001-01-01", datetime(1970, 2, 1, tzinfo=UTC)),
        ("9999-12-31", datetime(2200, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_day_is_vietnams_and_a_moment_outside_the_store_is_its_end(
    text: str, moment: datetime
) -> None:
    assert selection_from(INCIDENTS, [("since", text)]).since == moment


def test_the_last_day_of_all_ends_with_the_store() -> None:
    # The day after it does not exist.
    last = selection_from(INCIDENTS, [("until", "9999-12-31")]).until
    assert last == datetime(2200, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([("colour", "red")], "incidents have no filter 'colour'; known: id, status"),
        ([("id", str(number)) for number in range(51)], "a filter takes at most 50 values"),
        ([("sort", "-colour")], "incidents cannot be sorted by '-colour'; known: "),
        ([("limit", "0")], "limit is a number from 1 to 1000, not '0'"),
        ([("limit", "1001")], "limit is a number from 1 to 1000, not '1001'"),
        ([("limit", "-1")], "limit is a number from 1 to 1000, not '-1'"),
        ([("limit", "²")], "limit is a number from 1 to 1000, not '²'"),
        ([("offset", "9" * 5000)], "offset is a number from 0 to 10000000, not '9999"),
        ([("since", "yesterday")], "since is a day .* or a moment .*, not 'yesterday'"),
        ([("until", "2026-02-30")], "until is a day .* or a moment .*, not '2026-02-30'"),
        ([("until", "2026-11-30T08:00:00")], "until has no time zone: '2026-11-30T08:00:00'"),
    ],
)
def test_invalid_input_is_named_with_the_reason(
    arguments: list[tuple[str, str]], told: str
) -> None:
    with pytest.raises(ArgumentInvalid, match=told):
        selection_from(INCIDENTS, arguments)


@pytest.mark.parametrize("name", ["since", "until"])
def test_lists_of_current_state_take_no_period(name: str) -> None:
    with pytest.raises(ArgumentInvalid, match="links are current: since and until do not apply"):
        selection_from(LINKS, [(name, "2026-11-30")])
    assert selection_from(LINKS, [(name, "")]) == Selection()
