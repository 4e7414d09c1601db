"""
Restores a backup, on the same machine or on a new one.

The journal comes first and the store last: with a journal and no store the collector refuses to
start, so an interrupted restore is never mistaken for a complete one.
"""

import grp
import os
import pwd
import shutil
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
from thongsuot_schema.words.language import Text

_PART = ".restoring"


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
    if any(file.path in manifest.databases for file in missing):
        # A store from the backup beside another journal, or the reverse, would be inconsistent.
        for path in manifest.databases:
            _check_absent(places[path])
    with ExitStack() as held:
        for place in {
            places[file.path].parent for file in missing if file.path in manifest.databases
        }:
            if place.is_dir():  # else nobody uses it
                held.enter_context(lock_folder(place))
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


def _check_absent(place: Path) -> None:
    for end in ("", "-wal", "-shm"):
        beside = place.with_name(place.name + end)
        if beside.exists():
            raise BackupError(Text("collector.cli.error.restore_beside", path=str(beside)))


def _put(copy: Path, place: Path, file: BackedUpFile) -> None:
    _make_folder(place.parent, file)
    part = place.with_name(place.name + _PART)
    part.unlink(missing_ok=True)
    # For nobody else from the first byte on, also if this is cut short.
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    shutil.copyfile(copy, part)
    part.chmod(file.mode)
    _give(part, file)
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.rename(place)
    descriptor = os.open(place.parent, os.O_RDONLY)
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
