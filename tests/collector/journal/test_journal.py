"""What a journal reports of its days and losses."""

from datetime import UTC, date, datetime

from thongsuot_collector.journal.journal import Damage, LostRange, day_of


def test_a_day_begins_at_midnight_in_vietnam() -> None:
    midnight = datetime(2026, 11, 30, 17, tzinfo=UTC)
    midnight_ns = int(midnight.timestamp()) * 10**9
    assert day_of(midnight_ns) == day_of(midnight_ns - 1) + 1
    assert day_of(midnight_ns) == (date(2026, 12, 1) - date(1970, 1, 1)).days


def test_rows_forgotten_by_a_table_do_not_count_as_lost_entries() -> None:
    damage = Damage(
        found_ns=1,
        lost=(
            LostRange(first=4, last=9, entries=6),
            LostRange(first=0, last=0, entries=0, forgotten="trimmed"),
            LostRange(first=20, last=20, entries=1),
        ),
    )
    assert damage.lost_entries == 7
