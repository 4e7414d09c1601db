"""
Makes a backup while the collector runs.

The store is copied before the journal. Everything in the store is then also in the journal, and a
collector that starts on the two reads the entries in between again, as after a crash. The other
order would give a store that has processed entries missing from the journal.
"""

import fcntl
import grp
import os
import pwd
import shutil
import sqlite3
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from thongsuot_collector.backup.manifest import (
    FORMAT,
    MANIFEST_FILE,
    BackedUpFile,
    Manifest,
    copy_in_backup,
    digest_of,
)
from thongsuot_collector.errors import BackupError
from thongsuot_collector.store.folder_lock import LOCK_FILE
from thongsuot_collector.store.former_copy import COPY_SUFFIX, NEWER_SUFFIX
from thongsuot_collector.store.progress import reporting
from thongsuot_collector.store.sqlite_file import RESTORING_SUFFIX, check_log, has_tables, is_damage
from thongsuot_schema.words.language import Text

PREFIX = "thongsuot-collector-"
_UNFINISHED = ".unfinished"
_LEFT_FREE_BYTES = 64 << 20
"""The space that a backup leaves free: a full disk would stop the collector."""

_SIDE_FILES = (
    "-wal",
    "-shm",
    ".damaged",
    ".recovered",
    ".lost",
    ".part",
    COPY_SUFFIX,
    NEWER_SUFFIX,
    RESTORING_SUFFIX,
)

Progress = Callable[[Path, int, int], None]
"""Called with the progress of a database copy: copied bytes, total bytes."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """
    What to back up.

    ``databases`` are SQLite files in the order in which they are copied, the journal last;
    ``files`` and the content of ``folders`` are copied unchanged. ``has_journal``: the last of
    ``databases`` is the journal; otherwise the journal is not a file, and is not copied.
    """

    databases: tuple[Path, ...]
    folders: tuple[Path, ...]
    files: tuple[Path, ...]
    has_journal: bool = True


def configuration_files(config: Path) -> tuple[Path, ...]:
    """
    Return the configuration file and every file that it names.

    A setting that names a file ends in ``_file``; a relative path is relative to the
    configuration's folder.
    """
    config = config.absolute()
    settings = tomllib.loads(config.read_text("utf-8"))
    named = (config.parent / value for value in _file_settings(settings) if value)
    return (config, *sorted({path for path in named if path.is_file()}))


def _file_settings(value: object, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _file_settings(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _file_settings(inner, key)
    elif isinstance(value, str) and key.endswith("_file"):
        yield value


def create_backup(
    source: Source, into: Path, *, program: str, progress: Progress
) -> tuple[Path, Manifest]:
    """
    Make a backup in a new folder below ``into``, and return it.

    Under its final name it is complete and on the disk. Each copied database is checked.

    Raises:
        BackupError: there is not enough space, or a database is damaged; the backup is removed.
        OSError: a file cannot be read or written.
    """
    for database in source.databases:
        if not has_tables(database):
            raise BackupError(Text("collector.cli.error.backup_nothing", path=str(database)))
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    into = into.absolute()
    _remove_unfinished(into)
    plain = tuple(_plain_files(source, into))
    _check_room(into, source.databases, plain)
    created_ns = time.time_ns()
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(created_ns / 1e9))
    final = into / f"{PREFIX}{stamp}"
    if final.exists():
        raise BackupError(Text("collector.cli.error.backup_twice", folder=str(final)))
    folder = final.with_name(final.name + _UNFINISHED)
    folder.mkdir(mode=0o700)
    lock = _locked(folder)
    try:
        copies = [_copy_database(path, folder, progress) for path in source.databases]
        copies += [_copy_file(path, folder) for path in plain]
        manifest = Manifest(
            format=FORMAT,
            program=program,
            created_ns=created_ns,
            journal_head=_journal_head(source, folder),
            databases=tuple(str(path) for path in source.databases),
            files=tuple(copies),
        )
        document = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        _write(folder / MANIFEST_FILE, document)
        for below in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            _flush(below)
        folder.rename(final)
        _flush(into)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        if lock is not None:
            os.close(lock)
    return final, manifest


def _locked(folder: Path) -> int | None:
    """Lock a folder until the returned descriptor is closed; ``None``: another process has it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)  # or its file system, such as NFS, does not lock folders
        return None
    return descriptor


def _remove_unfinished(into: Path) -> None:
    """Remove what killed processes left: without that, a few of them would fill the disk."""
    for folder in into.glob(f"{PREFIX}*{_UNFINISHED}"):
        lock = _locked(folder)
        if lock is not None:
            try:
                shutil.rmtree(folder)
            finally:
                os.close(lock)


def remove_oldest(into: Path, keep: int, *, made: Path) -> list[Path]:
    """
    Remove all but the newest ``keep`` backups below a folder, and return the removed ones.

    ``made`` was made just now, so it is the newest, whatever the clock said each time: those dated
    after it are from a time when the clock was ahead, or it is behind now. They are older.
    """
    backups = sorted(
        (path.parent for path in into.glob(f"{PREFIX}*/{MANIFEST_FILE}")),
        key=lambda path: (path.name <= made.name, path.name),
    )
    removed = [path for path in backups[:-keep] if not path.name.endswith(_UNFINISHED)]
    for path in removed:
        # Without its manifest it is no longer a backup, if this is interrupted.
        (path / MANIFEST_FILE).unlink()
        shutil.rmtree(path)
    return removed


def _plain_files(source: Source, into: Path) -> Iterator[Path]:
    names = {str(path) for path in source.databases}
    found_below = (path for folder in source.folders for path in sorted(folder.rglob("*")))
    for path in dict.fromkeys((*source.files, *found_below)):
        of_database = any(
            str(path) == name or str(path).startswith(tuple(name + end for end in _SIDE_FILES))
            for name in names
        )
        is_wanted = not of_database and path.name != LOCK_FILE
        if is_wanted and path.is_file() and into not in path.parents:
            yield path


def _check_room(into: Path, databases: Sequence[Path], plain: Sequence[Path]) -> None:
    wanted = sum(path.stat().st_size for path in (*databases, *plain)) + _LEFT_FREE_BYTES
    free = shutil.disk_usage(into).free
    if free < wanted:
        raise BackupError(
            Text(
                "collector.cli.error.backup_no_room",
                folder=str(into),
                needed=wanted >> 20,
                free=free >> 20,
            )
        )


def _copy_database(path: Path, folder: Path, progress: Progress) -> BackedUpFile:
    copy = _made_place(folder, path)

    def report() -> None:
        progress(path, copy.stat().st_size, path.stat().st_size)

    with closing(sqlite3.connect(copy)) as target, reporting(report):
        # All pages in one step, that is, in one transaction: a copy in several starts again at each
        # commit of the running collector (sqlite3_backup_step), and might never end.
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as source:
                source.backup(target, pages=-1)
            check_log(path)
            verdict = target.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise BackupError(
                    Text("collector.cli.error.backup_failed", path=str(path), why=str(error))
                ) from error
            verdict = str(error)
    if verdict != "ok":
        raise BackupError(
            Text("collector.cli.error.backup_damaged_source", path=str(path), verdict=str(verdict))
        )
    # The last connection to close has folded its log into the file.
    copy.chmod(0o600)
    _flush(copy)
    return _described(path, copy)


def _copy_file(path: Path, folder: Path) -> BackedUpFile:
    copy = _made_place(folder, path)
    shutil.copyfile(path, copy)
    copy.chmod(0o600)
    _flush(copy)
    return _described(path, copy)


def _made_place(folder: Path, path: Path) -> Path:
    copy = copy_in_backup(folder, str(path))
    _make_folder(copy.parent)
    return copy


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        # `parents=True` would make those above with the usual mode.
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700)


def _described(path: Path, copy: Path) -> BackedUpFile:
    status = path.stat()
    return BackedUpFile(
        path=str(path),
        size_bytes=copy.stat().st_size,
        sha256=digest_of(copy),
        mode=status.st_mode & 0o777,
        owner=_name(pwd.getpwuid, status.st_uid),
        group=_name(grp.getgrgid, status.st_gid),
    )


def _name(look_up: Callable[[int], Sequence[object]], number: int) -> str:
    try:
        return str(look_up(number)[0])
    except KeyError:
        return ""


def _journal_head(source: Source, folder: Path) -> int:
    if not source.has_journal:
        return 0
    copy = copy_in_backup(folder, str(source.databases[-1]))
    with closing(sqlite3.connect(copy)) as connection:
        # AUTOINCREMENT's own table: it has the newest number even if all entries were trimmed.
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entries'")
        return int((row.fetchone() or (0,))[0])


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    _flush(path)


def _flush(path: Path) -> None:
    """Flush a file or a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
