"""A backup: whole and readable by its owner alone, or not put back at all."""

import contextlib
import fcntl
import os
import shutil
import sqlite3
from pathlib import Path

import msgspec
import pytest

from thongsuot_collector.backup.create import Source, create_backup, remove_oldest
from thongsuot_collector.backup.manifest import (
    FILES_FOLDER,
    MANIFEST_FILE,
    copy_in_backup,
)
from thongsuot_collector.backup.restore import restore_backup
from thongsuot_collector.cli.main import main
from thongsuot_collector.errors import BackupError


@pytest.fixture
def source(tmp_path: Path) -> Source:
    state = tmp_path / "state"
    (state / "ca").mkdir(parents=True)
    (state / "ca" / "ca.key").write_text("a key")
    (state / "ca" / "ca.key").chmod(0o600)
    for name in ("store.sqlite", "journal.sqlite"):
        with contextlib.closing(sqlite3.connect(state / name)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE entries (sequence INTEGER PRIMARY KEY AUTOINCREMENT)")
            connection.execute("INSERT INTO entries VALUES (7)")
            connection.commit()
    config = tmp_path / "collector.toml"
    config.write_text("")
    return Source(
        databases=(state / "store.sqlite", state / "journal.sqlite"),
        folders=(state,),
        files=(config,),
    )


def made(source: Source, into: Path) -> Path:
    return create_backup(source, into, program="test", progress=lambda *_: None)[0]


def test_keys_stay_readable_by_their_owner_alone(source: Source, tmp_path: Path) -> None:
    backup = made(source, tmp_path / "backups")
    assert [path for path in backup.rglob("*") if path.stat().st_mode & 0o077] == []
    manifest = restore_backup(backup, root=tmp_path / "new")
    assert manifest.journal_head == 7
    key = copy_of(source.folders[0] / "ca" / "ca.key", tmp_path)
    assert (key.read_text(), key.stat().st_mode & 0o777) == ("a key", 0o600)
    assert [Path(file.path).name for file in manifest.files] == [
        "store.sqlite",
        "journal.sqlite",
        "collector.toml",
        "ca.key",
    ]


def copy_of(path: Path, tmp_path: Path) -> Path:
    return tmp_path / "new" / str(path).lstrip("/")


def test_nothing_is_overwritten_and_a_second_restore_changes_nothing(
    source: Source, tmp_path: Path
) -> None:
    backup = made(source, tmp_path / "backups")
    restore_backup(backup, root=tmp_path / "new")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "new").rglob("*")}
    restore_backup(backup, root=tmp_path / "new")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "new").rglob("*")} == before
    config = copy_of(source.files[0], tmp_path)
    config.write_text("# somebody's own\n")
    with pytest.raises(BackupError, match=f"{config} is there already"):
        restore_backup(backup, root=tmp_path / "new")
    assert config.read_text() == "# somebody's own\n"


def test_a_backup_is_not_restored_beside_an_existing_database(
    source: Source, tmp_path: Path
) -> None:
    backup = made(source, tmp_path / "backups")
    restore_backup(backup, root=tmp_path / "new")
    copy_of(source.databases[1], tmp_path).unlink()
    with pytest.raises(BackupError, match=r"store\.sqlite is there already"):
        restore_backup(backup, root=tmp_path / "new")
    assert not copy_of(source.databases[1], tmp_path).exists()


@pytest.mark.parametrize("harm", ["changed", "missing", "unfinished", "newer", "escaping"])
def test_nothing_is_restored_from_an_incomplete_backup(
    source: Source, tmp_path: Path, harm: str
) -> None:
    backup = made(source, tmp_path / "backups")
    key = copy_in_backup(backup, str(source.folders[0] / "ca" / "ca.key"))
    manifest = backup / MANIFEST_FILE
    document = msgspec.json.decode(manifest.read_bytes())
    match harm:
        case "changed":
            key.write_text("b key")
        case "missing":
            key.unlink()
        case "unfinished":
            manifest.unlink()
        case "newer":
            manifest.write_bytes(msgspec.json.encode(document | {"format": 2}))
        case _:
            document["files"][-1]["path"] = "/../../etc/passwd"
            manifest.write_bytes(msgspec.json.encode(document))
    with pytest.raises(BackupError):
        restore_backup(backup, root=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_damaged_database_gives_no_backup_and_says_which(source: Source, tmp_path: Path) -> None:
    journal = source.databases[1]
    with contextlib.closing(sqlite3.connect(journal)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.executemany("INSERT INTO entries VALUES (?)", [(n,) for n in range(10, 5000)])
        connection.commit()
    with journal.open("r+b") as file:
        file.seek(journal.stat().st_size // 2)
        file.write(os.urandom(8192))
    with pytest.raises(BackupError, match=f"{journal} is damaged"):
        made(source, tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


def test_only_the_newest_are_kept_and_an_unfinished_one_does_not_count(
    source: Source, tmp_path: Path
) -> None:
    backup = made(source, tmp_path / "backups")
    for day in range(1, 4):
        shutil.copytree(backup, backup.with_name(f"thongsuot-collector-2020010{day}T000000Z"))
    (tmp_path / "backups" / "thongsuot-collector-20300101T000000Z.unfinished").mkdir()
    removed = remove_oldest(tmp_path / "backups", keep=2, made=backup)
    assert [path.name[20:28] for path in removed] == ["20200101", "20200102"]
    assert len(list((tmp_path / "backups").iterdir())) == 3


@pytest.mark.parametrize(
    "others", [("20400101", "20400102", "20400103"), ("20260101", "20260102", "20400101")]
)
def test_the_one_made_just_now_is_kept_whatever_the_clock_said_when_the_others_were_made(
    source: Source, tmp_path: Path, others: tuple[str, ...]
) -> None:
    backup = made(source, tmp_path / "backups")
    for day in others:
        shutil.copytree(backup, backup.with_name(f"thongsuot-collector-{day}T000000Z"))
    removed = remove_oldest(tmp_path / "backups", keep=3, made=backup)
    # One goes, as each night, and it is the first of those that cannot be from the present.
    first = min(day for day in others if day.startswith("2040"))
    assert [path.name[20:28] for path in removed] == [first]
    assert backup.is_dir()


def test_what_a_killed_backup_left_is_removed_by_the_next_one_and_a_running_one_is_not(
    source: Source, tmp_path: Path
) -> None:
    into = tmp_path / "backups"
    left = into / "thongsuot-collector-20260101T000000Z.unfinished"
    (left / "files").mkdir(parents=True)
    (left / "files" / "journal.sqlite").write_bytes(bytes(1000))
    running = into / "thongsuot-collector-20260102T000000Z.unfinished"
    running.mkdir()
    descriptor = os.open(running, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        backup = made(source, into)
        assert {path.name for path in into.iterdir()} == {backup.name, running.name}
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("database", ["store.sqlite", "journal.sqlite"])
def test_a_database_that_has_lost_its_content_gives_no_backup(
    source: Source, tmp_path: Path, database: str
) -> None:
    (source.folders[0] / database).write_bytes(b"")
    with pytest.raises(BackupError, match=f"{database}"):
        made(source, tmp_path / "backups")
    assert not (tmp_path / "backups").exists()


def test_a_collector_that_never_ran_has_nothing_to_back_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "collector.toml"
    config.write_text('state_dir = "state"\n')
    assert main(["backup", "--config", str(config), "--to", str(tmp_path / "backups")]) == 1
    assert "nothing to back up" in capsys.readouterr().err
    assert not list(tmp_path.glob(f"backups/*/{FILES_FOLDER}"))
