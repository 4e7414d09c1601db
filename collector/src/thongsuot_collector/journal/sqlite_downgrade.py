"""
Steps back: gives a journal the tables of an earlier program, with every entry that it holds.

A step of ``sqlite_tables`` only adds tables and columns, so that its reverse removes them. The
entries are not touched: what agents pushed since the upgrade is kept.
"""

from contextlib import closing
from pathlib import Path

from thongsuot_collector.errors import JournalError
from thongsuot_collector.journal import sqlite_rows, sqlite_tables
from thongsuot_schema.localizable import Localizable

_STEPS_BACK: dict[int, str] = {
    # The readable parts of the record are entries; what only this version can name goes.
    6: """
    DELETE FROM damage WHERE forgotten != '';
    ALTER TABLE damage DROP COLUMN forgotten;
    ALTER TABLE journal DROP COLUMN version;
    """,
    # A program that knows generations begins a new one, and its consumers read again from the start
    # of what they do not know.
    7: "DROP TABLE generations;",
}
"""By the version that a step back leaves. The signatures of batches (step 5) are never removed."""

OLDEST = min(_STEPS_BACK) - 1
"""The earliest version to which a journal can be put back."""


def downgrade(path: Path, version: int) -> None:
    """
    Put a journal that nobody uses back to an earlier version: all steps, or none.

    Does nothing if it has that version.

    Raises:
        JournalError: it is of a newer program, or there is no way back to that version.
        sqlite3.Error: the file cannot be read or written.
    """
    with closing(sqlite_tables.connect(path, writable=True)) as connection:
        present = int(connection.execute("PRAGMA user_version").fetchone()[0])
        sqlite_rows.check_version(present, sqlite_tables.NEWEST)
        if not OLDEST <= version <= present:
            raise JournalError(
                Localizable(
                    "the journal is of version {present}: there is no way back to version "
                    "{version}, only to {oldest} and later; restore a backup",
                    present=present,
                    version=version,
                    oldest=OLDEST,
                )
            )
        steps = [_STEPS_BACK[step] for step in range(present, version, -1)]
        if version > OLDEST:
            steps.append(f"UPDATE journal SET version = {version};")  # noqa: S608 - a number
        connection.executescript(
            f"BEGIN IMMEDIATE; {''.join(steps)} PRAGMA user_version = {version}; COMMIT;"
        )
