"""The description of a backup: ``manifest.json`` in its folder."""

import hashlib
from pathlib import Path
from typing import Annotated

import msgspec

from thongsuot_collector.errors import BackupError
from thongsuot_schema.words.language import Text

MANIFEST_FILE = "manifest.json"
FILES_FOLDER = "files"
"""The folder in which each file has its own absolute path."""

FORMAT = 1
_READ_BYTES = 1 << 20

_Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class BackedUpFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    One file: its original path, owner and mode.

    ``owner`` and ``group`` are names, since numbers differ between machines; empty where the
    machine had none.
    """

    path: str
    size_bytes: Annotated[int, msgspec.Meta(ge=0)]
    sha256: _Sha256
    mode: Annotated[int, msgspec.Meta(ge=0, le=0o777)]
    owner: str
    group: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    A whole backup.

    ``journal_head`` is the number of the newest entry that it holds (0: none): batches acknowledged
    after that entry are not in it. ``databases`` are paths among ``files``, in the order in which
    they were read.
    """

    format: int
    program: str
    created_ns: int
    journal_head: int
    databases: tuple[str, ...]
    files: tuple[BackedUpFile, ...]


def read_manifest(folder: Path) -> Manifest:
    """
    Return the description of a backup.

    Raises:
        BackupError: it is not a backup, an unfinished one, or one of a newer collector.
    """
    path = folder / MANIFEST_FILE
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BackupError(
            Text("collector.cli.error.backup_none", folder=str(folder), path=str(path))
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BackupError(
            Text("collector.cli.error.backup_unreadable", path=str(path), why=str(error))
        ) from error
    if manifest.format != FORMAT:
        raise BackupError(
            Text(
                "collector.cli.error.backup_format",
                folder=str(folder),
                format=manifest.format,
                known=FORMAT,
                program=manifest.program,
            )
        )
    for file in manifest.files:
        parts = Path(file.path).parts
        if parts[:1] != ("/",) or ".." in parts:
            raise BackupError(
                Text("collector.cli.error.backup_relative", path=str(path), name=repr(file.path))
            )
    return manifest


def copy_in_backup(folder: Path, path: str) -> Path:
    """Return the place of the file of an absolute path in a backup."""
    return folder / FILES_FOLDER / path.lstrip("/")


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()
