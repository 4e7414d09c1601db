"""Planned work as people write it: times, what it covers, and what is wrong with it."""

from datetime import UTC, datetime

import pytest

from tests.collector.incidents.city import PORTAL, inventory
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.maintenance import windows

S = 1_000_000_000
NOW = int(datetime(2026, 11, 25, 3, 0, tzinfo=UTC).timestamp()) * S
"""10:00 in Vietnam."""

DIRECTORY = InventoryDirectory(inventory(6, ("vnpt", "viettel", "mobifone")))


def window(**fields: str) -> MaintenanceWindow:
    return MaintenanceWindow(id="", start_ns=NOW, end_ns=NOW + 3_600 * S, **fields)


@pytest.mark.parametrize(
    ("text", "after_s"),
    [
        ("now", 0),
        ("+2h", 7_200),
        ("+1d4h30m", 102_600),
        ("+45m", 2_700),
        ("2026-11-25 22:00", 43_200),
        ("2026-11-25T15:00+00:00", 43_200),
        ("2026-11-26", 50_400),
    ],
)
def test_a_time_is_meant_in_vietnam_unless_it_says_otherwise(text: str, after_s: int) -> None:
    assert windows.parse_moment_ns(text, NOW) == NOW + after_s * S


@pytest.mark.parametrize("text", ["", "+", "tomorrow", "2h", "25/11/2026", "+2x", "+h"])
def test_an_invalid_time_is_refused_with_the_expected_form(text: str) -> None:
    with pytest.raises(windows.MomentInvalid, match=r"is no time: write 2026-11-26 22:00"):
        windows.parse_moment_ns(text, NOW)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "name its scope"),
        ({"link": "fiber"}, "--link needs --site"),
        ({"site": "s99"}, "the inventory has no site 's99'"),
        ({"site": "s1", "link": "fibre"}, "site s1 has no link 'fibre'; did you mean"),
        ({"carrier": "vnptt"}, "no carrier 'vnptt'; did you mean"),
        ({"commune": "99999"}, "no commune '99999'"),
        ({"service": "x"}, "no service 'x'"),
    ],
)
def test_entries_missing_in_the_inventory_are_named(fields: dict[str, str], says: str) -> None:
    assert says in next(windows.validation_errors(window(**fields), DIRECTORY)).read("en")


def test_work_that_ends_before_it_begins_is_refused() -> None:
    wrong = MaintenanceWindow(id="", start_ns=NOW, end_ns=NOW, site="s1")
    mistakes = windows.validation_errors(wrong, DIRECTORY)
    assert [mistake.read("en") for mistake in mistakes] == [
        "it would end (2026-11-25 10:00) before it begins (2026-11-25 10:00)"
    ]


def test_a_plan_says_what_it_covers_and_has_a_name_of_its_own() -> None:
    site = DIRECTORY.site("s1")
    whole = window(site="s1")
    assert list(windows.validation_errors(whole, DIRECTORY)) == []
    services = len(DIRECTORY.services_of("s1"))
    assert windows.covered_count(whole, DIRECTORY) == 1 + len(site.links) + services
    assert windows.covered_count(window(site="s1", link="fiber"), DIRECTORY) == 1
    assert windows.covered_count(window(service=PORTAL), DIRECTORY) == len(DIRECTORY.sites)
    first, second = windows.with_readable_id(whole), windows.with_readable_id(window(site="s2"))
    assert first.id != second.id
    assert first.id.startswith("20261125-")
    assert windows.scope_text(window(site="s1", link="fiber")) == "site s1 link fiber"


def test_windows_are_shown_by_how_they_stand() -> None:
    rows = [
        MaintenanceWindow(id=name, start_ns=NOW + start * S, end_ns=NOW + end * S, site="s1")
        for name, start, end in (("a", -60, 60), ("b", 60, 120), ("c", -120, -60))
    ]
    assert [row[:2] for row in windows.window_rows(rows, NOW)] == [
        ("a", "now"),
        ("b", "planned"),
        ("c", "over"),
    ]
