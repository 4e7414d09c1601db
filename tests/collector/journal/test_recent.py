"""The newest entries in memory: what is read of them is what the journal would give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_collector.journal import recent
from thongsuot_collector.journal.entry import ClockQuality, JournalEntry, StoredEntry
from thongsuot_collector.journal.recent import RecentEntries

SITES = ("hoan-kiem", "ba-dinh")


def stored(sequence: int, size_bytes: int = 10) -> StoredEntry:
    return StoredEntry(
        sequence=sequence,
        entry=JournalEntry(
            site=SITES[sequence % 2],
            stream="a",
            number=sequence,
            digest=b"",
            layout=b"",
            received_ns=0,
            epoch_ns=0,
            clock=ClockQuality.TRUSTED,
            body=bytes(size_bytes),
        ),
    )


def sequences(entries: list[StoredEntry] | None) -> list[int] | None:
    return None if entries is None else [kept.sequence for kept in entries]


def wanted(
    held: list[int], after: int, *, through: int, limit: int, size_bytes: int, site: str
) -> list[int] | None:
    """What a read gives of entries of ten bytes, worked out from the rules alone."""
    if not held or not held[0] <= after + 1 <= held[-1]:
        return None
    of_site = [
        sequence
        for sequence in held
        if after < sequence <= through and site in {"", SITES[sequence % 2]}
    ]
    return of_site[: min(limit, max(1, -(-size_bytes // 10)))]


@given(
    first=st.integers(1, 5),
    added=st.integers(0, 40),
    after=st.integers(0, 50),
    through=st.integers(0, 60),
    limit=st.integers(1, 8),
    size_bytes=st.integers(1, 60),
    site=st.sampled_from(["", *SITES]),
)
def test_a_read_returns_the_held_entries_of_the_requested_range(
    *, first: int, added: int, after: int, through: int, limit: int, size_bytes: int, site: str
) -> None:
    entries = RecentEntries()
    with pytest.MonkeyPatch.context() as patch:
        # Room for twelve, and what is dropped goes in threes.
        patch.setattr(recent, "_KEPT_BYTES", 12 * 1010)
        patch.setattr(recent, "_DROPPED_TOGETHER", 3)
        for sequence in range(first, first + added):
            entries.add(stored(sequence))
    held = [*range(first, first + added)][-12:]
    assert entries.newest == (held[-1] if held else 0)
    read = entries.read(after, through=through, limit=limit, size_bytes=size_bytes, site=site)
    assert sequences(read) == wanted(
        held, after, through=through, limit=limit, size_bytes=size_bytes, site=site
    )


def test_an_entry_larger_than_the_memory_empties_it() -> None:
    entries = RecentEntries()
    entries.add(stored(1))
    entries.add(stored(2, size_bytes=9 << 20))
    assert entries.newest == 0
    entries.add(stored(3))
    assert sequences(entries.read(2, through=3, limit=5, size_bytes=100)) == [3]


def test_after_a_gap_and_after_a_trim_nothing_older_is_read() -> None:
    entries = RecentEntries()
    for sequence in (1, 2, 5):
        entries.add(stored(sequence))
    assert entries.read(1, through=5, limit=5, size_bytes=100) is None
    assert sequences(entries.read(4, through=5, limit=5, size_bytes=100)) == [5]
    entries.forget()
    assert entries.read(4, through=5, limit=5, size_bytes=100) is None
