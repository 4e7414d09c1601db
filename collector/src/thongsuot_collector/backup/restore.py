"""
Restores a backup, on the same machine or on a new one.

An interrupted restore is never mistaken for a complete one, and is completed by the next one: the
places of the databases are marked before anything is written, and a collector does not start beside
such a mark. The journal comes first and the store last: without its store it does not start either.
"""

import grp
import os
import pwd
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from thongsuot_collector.backup.manifest import (
    BackedUpFile,
    Manifest,
    copy_in_backup,
    digest_of,
    read_manifest,
)
from thongsuot_collector.errors import BackupError
from thongsuot_collector.store.folder_lock import lock_folder
from thongsuot_collector.store.sqlite_file import restoring_part
from thongsuot_schema.words.language import Text

_DATABASE_SIDES = ("-wal", "-shm", ".damaged", ".recovered", ".lost")
"""Beside a database that is restored they would be taken for its own."""


def restore_backup(folder: Path, *, root: Path = Path("/")) -> Manifest:
    """
    Write every file of a backup to its place below ``root``, and return the backup's description.

    Nothing is written before the whole backup was checked, and nothing is overwritten: an existing
    file with the same bytes is left unchanged.

    Raises:
        BackupError: a file of the backup is missing or changed, or another file exists at its
            place.
        StoreError: a collector uses the folder of the databases.
        OSError: a file cannot be written.
    """
    manifest = read_manifest(folder)
    for file in manifest.files:
        _check_copy(copy_in_backup(folder, file.path), file)
        _owner_ids(file)
    places = {file.path: root / file.path.lstrip("/") for file in manifest.files}
    missing = [file for file in manifest.files if not _is_there(places[file.path], file)]
    databases = [file for file in missing if file.path in manifest.databases]
    if databases:
        _check_databases(manifest, missing, places)
    with ExitStack() as held:
        for place in {places[file.path].parent for file in databases}:
            if place.is_dir():  # else nobody uses it
                held.enter_context(lock_folder(place))
        for file in databases:
            _begin(places[file.path], file)
            _flush(places[file.path].parent)
        for file in _in_order(missing, manifest):
            _put(copy_in_backup(folder, file.path), places[file.path], file)
    return manifest


def _in_order(files: list[BackedUpFile], manifest: Manifest) -> list[BackedUpFile]:
    last_first = {path: rank for rank, path in enumerate(reversed(manifest.databases), start=1)}
    # Other files, then the journal, then the store.
    return sorted(files, key=lambda file: (last_first.get(file.path, 0), file.path))


def _check_copy(copy: Path, file: BackedUpFile) -> None:
    if not copy.is_file():
        raise BackupError(Text("collector.cli.error.backup_incomplete", path=str(copy)))
    if copy.stat().st_size != file.size_bytes or digest_of(copy) != file.sha256:
        raise BackupError(Text("collector.cli.error.backup_damaged", path=str(copy)))


def _is_there(place: Path, file: BackedUpFile) -> bool:
    if not place.exists():
        return False
    if place.stat().st_size == file.size_bytes and digest_of(place) == file.sha256:
        return True
    raise BackupError(Text("collector.cli.error.restore_occupied", path=str(place)))


def _check_databases(
    manifest: Manifest, missing: list[BackedUpFile], places: Mapping[str, Path]
) -> None:
    """
    Refuse a store from the backup beside another journal, or the reverse.

    What an interrupted restore has put in place is the backup's own, in the order of ``_in_order``.
    """
    absent = {file.path for file in missing}
    is_completed = True
    for path in reversed(manifest.databases):
        is_completed = is_completed and path not in absent
        for end in _DATABASE_SIDES if is_completed else ("", *_DATABASE_SIDES):
            beside = places[path].with_name(places[path].name + end)
            if beside.exists():
                raise BackupError(Text("collector.cli.error.restore_beside", path=str(beside)))


def _put(copy: Path, place: Path, file: BackedUpFile) -> None:
    part = _begin(place, file)
    shutil.copyfile(copy, part)
    part.chmod(file.mode)
    _give(part, file)
    _flush(part)
    part.rename(place)
    _flush(place.parent)


def _begin(place: Path, file: BackedUpFile) -> Path:
    """Return the empty file that will be renamed to ``place``."""
    _make_folder(place.parent, file)
    part = restoring_part(place)
    part.unlink(missing_ok=True)
    # For nobody else from the first byte on, also if this is cut short.
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return part


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path, file: BackedUpFile) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent, file)
    folder.mkdir(mode=0o755 if file.mode & 0o004 else 0o750 if file.mode & 0o040 else 0o700)
    _give(folder, file)


def _give(path: Path, file: BackedUpFile) -> None:
    if os.geteuid() == 0:
        os.chown(path, *_owner_ids(file))


def _owner_ids(file: BackedUpFile) -> tuple[int, int]:
    """
    Return the ids of a file's owner and group on this machine; -1 if none was recorded.

    Raises:
        BackupError: this machine has no such owner or group, and the command runs as root.
    """
    try:
        return (
            pwd.getpwnam(file.owner).pw_uid if file.owner else -1,
            grp.getgrnam(file.group).gr_gid if file.group else -1,
        )
    except KeyError as error:
        if os.geteuid() != 0:
            return -1, -1
        raise BackupError(
            Text(
                "collector.cli.error.restore_owner",
                path=file.path,
                owner=file.owner,
                group=file.group,
            )
        ) from error
