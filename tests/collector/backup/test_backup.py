"""A backup is made while the collector works, and a new machine goes on from it."""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from tests.collector.app.process import PROGRAM, CollectorProcess
from tests.collector.app.stage import SITE, NotifyingStack
from tests.collector.app.test_kill import PushLoop
from tests.collector.running import WITHIN_S, eventually, token
from thongsuot_collector.backup.create import Source, create_backup, remove_oldest
from thongsuot_collector.backup.manifest import (
    FILES_FOLDER,
    MANIFEST_FILE,
    copy_in_backup,
    read_manifest,
)
from thongsuot_collector.backup.restore import restore_backup
from thongsuot_collector.cli.main import main
from thongsuot_collector.errors import BackupError
from thongsuot_schema.state import State


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[NotifyingStack]:
    (tmp_path / "old").mkdir()
    made = NotifyingStack(tmp_path / "old")
    try:
        await made.collector.start()
        yield made
    finally:
        await made.close()


async def run_command(*words: object) -> str:
    """Run the program as a person does, and return what it says; it must succeed."""
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        *map(str, words),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


def the_backup(folder: Path) -> Path:
    (backup,) = folder.iterdir()
    return backup


async def test_a_new_machine_goes_on_with_the_incidents_of_the_lost_one(
    stage: NotifyingStack, tmp_path: Path
) -> None:
    await stage.say(State.UP, is_first=True)
    await stage.say(State.DOWN)
    await stage.is_told(1)
    await run_command("backup", "--config", stage.collector.config, "--to", tmp_path / "backups")
    # Acknowledged after the backup and before the loss: it is nowhere any more.
    await stage.say(State.DOWN)
    await stage.collector.kill()
    lost = stage.collector.folder
    shutil.rmtree(lost / "state")
    shutil.rmtree(lost / "inventory")
    for name in ("secret", "password", "collector.toml"):
        (lost / name).unlink()

    output = await run_command(
        "restore", the_backup(tmp_path / "backups"), "--root", tmp_path / "new"
    )
    assert "journal up to entry 2" in output
    stage.collector.folder = tmp_path / "new" / str(lost).lstrip("/")
    stage.collector.config = stage.collector.folder / "collector.toml"
    await stage.collector.start()
    # The token, the password, the open incident and the ticket are the ones of the lost machine.
    await stage.say(State.UP)
    await stage.is_told(2)
    opened, resolved = stage.told()
    assert (opened.kind, resolved.kind) == ("opened", "resolved")
    assert opened.thread_id == resolved.thread_id
    assert await stage.collector.end() == 0, stage.collector.log()
    assert "Traceback" not in stage.collector.log()
    # What was lost is named.
    verified = await asyncio.create_subprocess_exec(
        PROGRAM, "verify", "--config", stage.collector.config, stdout=subprocess.PIPE
    )
    text = (await verified.communicate())[0].decode()
    assert f"{SITE} " in text
    assert "not arrived: 3" in text, text


async def test_a_backup_in_the_middle_of_pushes_holds_all_up_to_one_entry(tmp_path: Path) -> None:
    process = CollectorProcess(tmp_path, "[ingest]\npushes_per_s = 10000\n")
    await process.start()
    stop = asyncio.Event()
    uplinks = [
        PushLoop(f"site-{n}", token(tmp_path / "state", f"site-{n}"), epoch_ns=10**18 + n)
        for n in range(3)
    ]
    pushing = [asyncio.create_task(uplink.push_on(process, stop)) for uplink in uplinks]
    try:
        for round_ in range(1, 4):
            await eventually(
                lambda: all(len(uplink.acknowledged) >= 10 * round_ for uplink in uplinks)  # noqa: B023
            )
            before = {uplink.agent.site: len(uplink.acknowledged) for uplink in uplinks}
            folder = tmp_path / f"backups-{round_}"
            await run_command("backup", "--config", process.config, "--to", folder)
            check_cut(folder, before, process)
    finally:
        stop.set()
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*pushing)
        await process.end()


def check_cut(folder: Path, acknowledged: dict[str, int], process: CollectorProcess) -> None:
    """See that a backup has all that was acknowledged before it, and a store that is no newer."""
    backup = the_backup(folder)
    manifest = read_manifest(backup)
    store, journal = (copy_in_backup(backup, path) for path in manifest.databases)
    with contextlib.closing(sqlite3.connect(journal)) as connection:
        rows = connection.execute("SELECT sequence, site, number FROM entries ORDER BY sequence")
        entries = rows.fetchall()
    assert [sequence for sequence, _, _ in entries] == list(range(1, manifest.journal_head + 1))
    for site, count in acknowledged.items():
        assert {number for _, of, number in entries if of == site} >= set(range(1, count + 1))
    with contextlib.closing(sqlite3.connect(process.folder / "state/journal.sqlite")) as live:
        rows = live.execute(
            "SELECT sequence, site, number FROM entries WHERE sequence <= ? ORDER BY sequence",
            (manifest.journal_head,),
        )
        assert rows.fetchall() == entries
    with contextlib.closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


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


def test_one_database_is_not_put_beside_a_newer_second(source: Source, tmp_path: Path) -> None:
    backup = made(source, tmp_path / "backups")
    restore_backup(backup, root=tmp_path / "new")
    copy_of(source.databases[1], tmp_path).unlink()
    with pytest.raises(BackupError, match=r"store\.sqlite is there already"):
        restore_backup(backup, root=tmp_path / "new")
    assert not copy_of(source.databases[1], tmp_path).exists()


@pytest.mark.parametrize("harm", ["changed", "missing", "unfinished", "newer", "escaping"])
def test_of_a_backup_that_is_not_whole_nothing_is_restored(
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
    removed = remove_oldest(tmp_path / "backups", keep=2)
    assert [path.name[20:28] for path in removed] == ["20200101", "20200102"]
    assert len(list((tmp_path / "backups").iterdir())) == 3


def test_a_collector_that_never_ran_has_nothing_to_back_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "collector.toml"
    config.write_text('state_dir = "state"\n')
    assert main(["backup", "--config", str(config), "--to", str(tmp_path / "backups")]) == 1
    assert "nothing to back up" in capsys.readouterr().err
    assert not list(tmp_path.glob(f"backups/*/{FILES_FOLDER}"))
