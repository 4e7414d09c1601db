"""
Copies of the store as earlier programs left it, beside it: the way back after an upgrade.

An older program refuses a migrated store. Before the first migration a copy is made, in the same
transaction, so that nothing is between the two; ``thongsuot-collector downgrade`` puts it back.
"""

import logging
import os
import re
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from thongsuot_collector.errors import StoreError
from thongsuot_collector.store import sqlite_file
from thongsuot_schema.localizable import Localizable

COPY_SUFFIX = ".version-"
NEWER_SUFFIX = ".newer-"
_KEPT = 2
_LEFT_FREE_BYTES = 64 << 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerCopy:
    """
    A copy of a store, and the versions of store and journal when it was made.

    ``journal_version`` is 0 if there was no journal in a file.
    """

    path: Path
    store_version: int
    journal_version: int


def former_copies(store: Path) -> list[FormerCopy]:
    """Return the copies beside a store, the newest version first."""
    pattern = re.compile(re.escape(store.name + COPY_SUFFIX) + r"(\d+)-(\d+)")
    copies = [
        FormerCopy(path=path, store_version=int(match[1]), journal_version=int(match[2]))
        for path in store.parent.iterdir()
        if (match := pattern.fullmatch(path.name))
    ]
    return sorted(copies, key=lambda copy: (-copy.store_version, -copy.journal_version))


def keep_former(store: Path, *, store_version: int, journal_version: int) -> None:
    """
    Copy a store that is about to be migrated, durably; only the two newest copies are kept.

    The caller holds its write lock.

    Raises:
        StoreError: there is no room for it: without it there would be no way back.
        OSError: the folder cannot be written.
        sqlite3.Error: the same, or the store cannot be read.
    """
    name = f"{store.name}{COPY_SUFFIX}{store_version}-{journal_version}"
    needed = store.stat().st_size + _LEFT_FREE_BYTES
    if shutil.disk_usage(store.parent).free < needed:
        raise StoreError(
            Localizable(
                "no room in {folder} to keep the store as it was before the upgrade: {needed} MiB "
                "are needed; nothing has been changed",
                folder=str(store.parent),
                needed=needed >> 20,
            )
        )
    part = store.with_name(name + ".part")
    sqlite_file.remove(part)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(part)) as target:
        with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as source:
            source.backup(target)
        # One file, without a log beside it.
        target.execute("PRAGMA journal_mode = DELETE")
    _flush(part)
    part.rename(store.with_name(name))
    _flush(store.parent)
    _log.info("store of version %d is kept as %s before it is migrated", store_version, name)
    # Those of later versions are from before a way back: nothing leads to them any more.
    copies = former_copies(store)
    present = (store_version, journal_version)
    later = [c for c in copies if (c.store_version, c.journal_version) > present]
    _remove([*later, *[copy for copy in copies if copy not in later][_KEPT:]])


def put_back(store: Path, copy: FormerCopy) -> Path:
    """
    Put a copy in the place of a store that nobody uses; return where the present store is kept.

    That never replaces one that an earlier way back has kept. An interrupted call is completed by
    the next one. The copy stays.

    Raises:
        OSError: the folder cannot be written.
        sqlite3.Error: the present store cannot be read.
    """
    part = store.with_name(store.name + ".part")
    shutil.copyfile(copy.path, part)
    part.chmod(0o600)
    if os.geteuid() == 0:
        owner = copy.path.stat()
        os.chown(part, owner.st_uid, owner.st_gid)
    _flush(part)
    if store.exists():
        with closing(sqlite3.connect(store)) as connection:
            (version,) = connection.execute("SELECT version FROM store_version").fetchone()
            sqlite_file.fold_log(connection)
        newer = _unused(store.with_name(f"{store.name}{NEWER_SUFFIX}{version}"))
        store.rename(newer)
    else:  # the last call ended between the two renames
        newer = max(
            store.parent.glob(f"{store.name}{NEWER_SUFFIX}*"),
            key=lambda kept: kept.stat().st_ctime_ns,
        )
    for suffix in ("-wal", "-shm"):
        store.with_name(store.name + suffix).unlink(missing_ok=True)
    part.rename(store)
    _flush(store.parent)
    return newer


def _unused(path: Path) -> Path:
    """Return a path, with a number behind it if there is such a file."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(each for each in chain([path], numbered) if not each.exists())


def _remove(copies: Sequence[FormerCopy]) -> None:
    for copy in copies:
        copy.path.unlink()
        _log.info("removed %s: newer copies are kept", copy.path.name)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
