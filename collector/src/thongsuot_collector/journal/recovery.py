"""
Recovers a damaged journal: readable entries are copied into a new file, others are listed and
counted.

The new journal has the name, the sequences and the cursors of the old one, so every consumer
continues at its position. Losses are in the table ``damage``: sequences, and usually also site,
stream and numbers, from the index of identities, which is stored separately from the entries.
"""

import logging
import sqlite3
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import NoneType

import msgspec
from msgspec.structs import replace

from thongsuot_collector.journal import ranges, sqlite_rows, sqlite_tallies
from thongsuot_collector.journal.journal import LOST_RANGE_COLUMNS, LostRange, day_of
from thongsuot_collector.store.sqlite_first_page import give_first_page
from thongsuot_collector.store.sqlite_salvage import Row, copy_rows, last_row, open_damaged
from thongsuot_schema.batch.digest import digest_of

_ENTRY = (
    "site",
    "stream",
    "number",
    "digest",
    "layout",
    "received_ns",
    "epoch_ns",
    "clock",
    "body",
)
_DIGEST, _BODY = 4, 9
"""Places in a row: its sequence, then ``_ENTRY``."""

_KEYS = {
    "journal": "rowid",
    "cursors": "consumer",
    "trimmed": "site, stream, first",
    "tallies": "day, consumer, site",
    "retried": "consumer, sequence",
    "generations": "number",
    "damage": "rowid",
}
"""The small tables, and the order in which their rows stand in the file."""

_TYPES = {"INTEGER": int, "TEXT": str, "BLOB": bytes}

_PROGRESS_EVERY_S = 5.0
"""290 MB take about 5 s (2026-12), and nobody is served meanwhile."""

_log = logging.getLogger(__name__)


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """The result: recovered entries, and lost ones."""

    entries: int
    lost: tuple[LostRange, ...]

    @property
    def lost_entries(self) -> int:
        """How many entries are lost."""
        return sum(lost.entries for lost in self.lost)


def recover(damaged: Path, target: sqlite3.Connection, *, file: str) -> Recovery | None:
    """
    Copy the readable part of a damaged journal into a new, empty one; ``None`` if nothing is
    readable.

    ``file`` is the name that the damaged file will be kept under.

    Raises:
        sqlite3.OperationalError: the new journal cannot be written.
        JournalError: the damaged journal is of a newer collector.
    """

    def mend(copy: Path) -> None:
        # Of a journal all but the tables that were added later begin on the same pages.
        give_first_page(copy, target.serialize())

    with open_damaged(damaged, table="entries", mend=mend) as source:
        target.execute("BEGIN IMMEDIATE")
        if not _is_journal(source):
            _note_lost(target, (LostRange(first=0, last=0, entries=0),), file=file)
            target.execute("COMMIT")
            return None
        _check_version(source, target)
        head = _head_of(source)
        forgotten = _copy_small_tables(source, target)
        cursors = sqlite_rows.cursors(target)
        head = max([head, *(cursor.sequence for cursor in cursors.values())])
        recovery = _copy_entries(source, target, head)
        recovery = replace(recovery, lost=(*recovery.lost, *forgotten))
        _note_head(target, head)
        _note_lost(target, recovery.lost, file=file)
        target.execute("COMMIT")
    return recovery


def _check_version(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Refuse a journal of a newer collector, also where its first page is that of this one."""
    if not sqlite_rows.has_column(source, "journal", "version"):
        return  # the file is of an earlier version
    known = int(target.execute("PRAGMA user_version").fetchone()[0])
    try:
        rows = source.execute("SELECT version FROM journal").fetchall()
    except sqlite3.Error as error:
        _log.error(
            "cannot read the version of the damaged journal: %s; assuming the current one", error
        )
        return
    for (version,) in rows:
        if isinstance(version, int):
            sqlite_rows.check_version(version, known)


def _is_journal(source: sqlite3.Connection) -> bool:
    """Return whether anything of a journal can be read."""
    for table in ("journal", "sqlite_sequence", "cursors", "entries", "layouts", "trimmed"):
        try:
            if source.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():  # noqa: S608
                return True
        except sqlite3.Error as error:
            _log.error("cannot read %s of the damaged journal: %s", table, error)
    return False


def _head_of(source: sqlite3.Connection) -> int:
    """Return the newest sequence that was given out, as far as it can be known."""
    try:
        known = sqlite_rows.last_sequence(source)
    except sqlite3.Error as error:
        _log.error(
            "cannot read the last sequence in the damaged journal: %s; searching for it", error
        )
        return last_row(source, "entries")
    try:
        # Of a spoiled log, the page with the last sequence may be older than those of the entries.
        newest = source.execute("SELECT max(sequence) FROM entries").fetchone()[0]
    except sqlite3.Error:
        return known  # what is wrong with the entries is found when they are copied
    return max(known, int(newest or 0))


def _copy_entries(source: sqlite3.Connection, target: sqlite3.Connection, head: int) -> Recovery:
    columns = _entry_columns(source)
    insert = (
        f"INSERT INTO entries (sequence, {', '.join(columns)}) "  # noqa: S608 - our own columns
        f"VALUES ({', '.join('?' * (1 + len(columns)))})"
    )

    told_s = time.monotonic()

    def keep(rows: list[Row]) -> Sequence[int]:
        nonlocal told_s
        if time.monotonic() - told_s >= _PROGRESS_EVERY_S:
            told_s = time.monotonic()
            _log.warning("recovering the journal: at entry %d of %d", _sequence(rows[-1]), head)
        bad = sorted(_sequence(row) for row in rows if not _is_whole(row))
        target.executemany(insert, [row for row in rows if _is_whole(row)])
        return bad

    copied = copy_rows(source, "entries", columns, head, keep)
    lost = _named(source, copied.unreadable)
    # Rows may also have vanished, with a page that is older than the index; trimmed ones are not in
    # that either.
    absent = ranges.minus(_absent(target, head), copied.unreadable)
    lost += tuple(part for part in _named(source, absent) if part.site)
    return Recovery(entries=copied.rows, lost=lost)


def _absent(target: sqlite3.Connection, head: int) -> tuple[ranges.Range, ...]:
    """Return the sequences up to a head that a journal has no entries of."""
    absent: list[ranges.Range] = []
    before = 0
    for (sequence,) in target.execute("SELECT sequence FROM entries ORDER BY sequence"):
        if sequence > before + 1:
            absent.append((before + 1, sequence - 1))
        before = sequence
    if before < head:
        absent.append((before + 1, head))
    return tuple(absent)


def _entry_columns(source: sqlite3.Connection) -> tuple[str, ...]:
    has_signatures = sqlite_rows.has_column(source, "entries", "signature")
    return (*_ENTRY, "signature") if has_signatures else _ENTRY  # a file of an earlier version


def _is_whole(row: Row) -> bool:
    """Whether a row is what was once appended: a damaged page may look valid."""
    body = row[_BODY]
    return isinstance(body, bytes) and digest_of(body) == row[_DIGEST]


def _sequence(row: Row) -> int:
    assert isinstance(row[0], int)
    return row[0]


def _named(
    source: sqlite3.Connection, unreadable: Sequence[tuple[int, int]]
) -> tuple[LostRange, ...]:
    """
    Return whose entries unreadable sequences were, as far as the index of identities can tell.
    """
    numbers: dict[tuple[int, str, str], list[ranges.Range]] = {}
    firsts = [first for first, _ in unreadable]
    is_whole = True
    try:
        for site, stream, number, sequence in source.execute(
            "SELECT site, stream, number, sequence FROM entries INDEXED BY entries_identity"
        ):
            place = bisect_right(firsts, sequence) - 1
            if place >= 0 and sequence <= unreadable[place][1]:
                numbers.setdefault((place, site, stream), []).append((number, number))
    except sqlite3.Error as error:
        is_whole = False
        _log.warning(
            "cannot read the index of the damaged journal: %s; fewer entries can be identified",
            error,
        )
    lost: list[LostRange] = []
    for place, (first, last) in enumerate(unreadable):
        known = 0
        for (of, site, stream), of_stream in numbers.items():
            if of != place:
                continue
            for low, high in ranges.merged(of_stream):
                known += high - low + 1
                lost.append(
                    LostRange(
                        first=first,
                        last=last,
                        entries=high - low + 1,
                        site=site,
                        stream=stream,
                        first_number=low,
                        last_number=high,
                    )
                )
        if not is_whole and known < last - first + 1:
            lost.append(LostRange(first=first, last=last, entries=last - first + 1 - known))
    return tuple(lost)


def _copy_small_tables(
    source: sqlite3.Connection, target: sqlite3.Connection
) -> tuple[LostRange, ...]:
    """
    Copy the name, cursors, layouts and remembered identities, each as far as it can be read; return
    of which of them something cannot.
    """
    forgotten: list[str] = []
    for table, columns in (
        ("journal", ("name",)),
        ("cursors", _cursor_columns(source)),
        ("trimmed", ("site", "stream", "first", "last")),
        ("tallies", ("day", "consumer", "site", "delivered", "set_aside", "lost")),
        ("retried", ("consumer", "sequence")),
        ("generations", ("number", "id", "head")),
        ("damage", ("found_ns", "file", *_damage_columns(source))),
    ):
        if not sqlite_rows.has_table(source, table):
            continue  # the file is of an earlier version
        rows, is_whole = _small_rows(source, table, columns, _types_of(target, table, columns))
        if not is_whole:
            forgotten.append(table)
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        if table == "journal":
            target.executemany("UPDATE journal SET name = ?", rows[:1])
            continue
        target.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608
    if not _copy_layouts(source, target):
        forgotten.append("layouts")
    return tuple(LostRange(first=0, last=0, entries=0, forgotten=table) for table in forgotten)


def _small_rows(
    source: sqlite3.Connection,
    table: str,
    columns: Sequence[str],
    types: Sequence[tuple[type, ...]],
) -> tuple[list[Row], bool]:
    """Return the rows that can be read, and whether these are all."""
    rows: dict[Row, None] = {}
    keys = _KEYS[table].split(", ")
    for order in ("ASC", "DESC"):
        # Row by row: those before the bad page are kept, and then, from the other end, those after.
        try:
            for row in source.execute(
                f"SELECT {', '.join(columns)} FROM {table} "  # noqa: S608 - our own names
                f"ORDER BY {', '.join(f'{key} {order}' for key in keys)}"
            ):
                if not _is_of(row, types):
                    raise sqlite3.DatabaseError("rows of another table")
                rows[row] = None
        except sqlite3.Error as error:
            _log.error(
                "cannot read all of %s in the damaged journal: %s; %d rows kept",
                table,
                error,
                len(rows),
            )
        else:
            return list(rows), True
    return list(rows), False


def _types_of(
    target: sqlite3.Connection, table: str, columns: Sequence[str]
) -> tuple[tuple[type, ...], ...]:
    """Return the types that each column of a table may have."""
    declared = {
        row[1]: (_TYPES[row[2]],) if row[3] else (_TYPES[row[2]], NoneType)
        for row in target.execute(f"PRAGMA table_info({table})")
    }
    return tuple(declared[column] for column in columns)


def _is_of(row: Row, types: Sequence[tuple[type, ...]]) -> bool:
    """Return whether a row can be one of a table; its pages may have been found by a guess."""
    return all(isinstance(value, type_) for value, type_ in zip(row, types, strict=True))


def _cursor_columns(source: sqlite3.Connection) -> tuple[str, ...]:
    columns = ("consumer", "sequence", "note", "lost")
    if not sqlite_rows.has_table(source, "tallies"):
        return columns  # the file is of an earlier version
    return (*columns, "begun", "delivered", "set_aside")


def _damage_columns(source: sqlite3.Connection) -> tuple[str, ...]:
    if sqlite_rows.has_column(source, "damage", "forgotten"):
        return LOST_RANGE_COLUMNS
    return LOST_RANGE_COLUMNS[:-1]  # a file of an earlier version


def _copy_layouts(source: sqlite3.Connection, target: sqlite3.Connection) -> bool:
    """Copy the layouts; return whether these are all."""

    def keep(rows: list[Row]) -> Sequence[int]:
        target.executemany(
            "INSERT OR IGNORE INTO layouts (id, received_ns, body) VALUES (?, ?, ?)",
            [row[1:] for row in rows],
        )
        return ()

    last = last_row(source, "layouts")
    copied = copy_rows(source, "layouts", ("id", "received_ns", "body"), last, keep)
    if copied.unreadable:
        _log.error(
            "cannot read %d ranges of layouts in the damaged journal; batches that refer to them "
            "become dead letters until an agent sends its layout again",
            len(copied.unreadable),
        )
    return not copied.unreadable


def _note_head(target: sqlite3.Connection, head: int) -> None:
    """Let sequences continue after the last one that was ever assigned."""
    target.execute("DELETE FROM sqlite_sequence WHERE name = 'entries'")
    target.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('entries', ?)", (head,))


def _note_lost(target: sqlite3.Connection, lost: Sequence[LostRange], *, file: str) -> None:
    """Record losses, and count them for every consumer that had not read them."""
    names = LOST_RANGE_COLUMNS
    found_ns = time.time_ns()
    target.executemany(
        f"INSERT INTO damage (found_ns, file, {', '.join(names)}) "  # noqa: S608 - our own columns
        f"VALUES (?, ?, {', '.join('?' * len(names))})",
        [(found_ns, file, *(getattr(lost_range, name) for name in names)) for lost_range in lost],
    )
    for consumer, cursor in sqlite_rows.cursors(target).items():
        count = sum(part.entries for part in lost if part.last > cursor.sequence)
        target.execute("UPDATE cursors SET lost = lost + ? WHERE consumer = ?", (count, consumer))
        by_site = Counter[tuple[int, str]]()
        for part in lost:
            if part.last > cursor.sequence:
                by_site[(day_of(found_ns), part.site)] += part.entries
        sqlite_tallies.add_lost(target, consumer, by_site)
