"""A second collector on a state folder is refused, and so are commands that replace its files."""

import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.collector.app.process import CollectorProcess
from tests.collector.command_line import run_command
from thongsuot_collector.errors import StoreError
from thongsuot_collector.store.folder_lock import LOCK_FILE, lock_folder


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[CollectorProcess]:
    collector = CollectorProcess(tmp_path)
    await collector.start()
    try:
        yield collector
    finally:
        if collector.process is not None:
            await collector.end()


def pid_of(collector: CollectorProcess) -> int:
    assert collector.process is not None
    return collector.process.pid


async def test_a_second_collector_on_a_folder_is_refused_with_the_holder_until_that_is_killed(
    running: CollectorProcess,
) -> None:
    state = running.folder / "state"
    for _ in range(2):
        status, output = await run_command("run", "--config", running.config)
        assert status == 1, output
        assert f"the folder {state} is in use by PID {pid_of(running)}, " in output
        assert "Traceback" not in output
    await running.end(signal.SIGKILL)
    # The file of the lock is still there, and does not matter.
    assert (state / LOCK_FILE).exists()
    await running.start()
    status, output = await run_command("run", "--config", running.config)
    assert (status, f"PID {pid_of(running)}, " in output) == (1, True), output


async def test_what_reads_or_works_beside_a_collector_still_does_and_what_replaces_its_files_not(
    running: CollectorProcess, tmp_path: Path
) -> None:
    place = ("--config", running.config)
    beside: tuple[tuple[object, ...], ...] = (
        ("verify",),
        ("journal", "status"),
        ("token", "create", "ba-dinh"),
        ("backup", "--to", tmp_path / "backups"),
    )
    for words in beside:
        status, output = await run_command(*words, *place)
        assert status == 0, output
    (backup,) = (tmp_path / "backups").iterdir()
    assert not list(backup.rglob(LOCK_FILE)), "whoever restores it has its own"

    # Its files have vanished, and somebody puts others in their place while it still writes.
    state = running.folder / "state"
    damaged = tmp_path / "damaged.sqlite"
    shutil.copyfile(state / "journal.sqlite", damaged)
    for file in state.glob("*.sqlite*"):
        file.unlink()
    replacing: tuple[tuple[object, ...], ...] = (
        ("restore", backup),
        ("salvage", damaged, "--to", state / "journal.sqlite"),
    )
    for words in replacing:
        status, output = await run_command(*words)
        assert status == 1, output
        assert f"is in use by PID {pid_of(running)}, " in output
    assert not list(state.glob("*.sqlite*"))
    await running.end(signal.SIGKILL)
    status, output = await run_command("restore", backup)
    assert status == 0, output


def test_folders_are_locked_each_for_itself(tmp_path: Path) -> None:
    with (
        lock_folder(tmp_path / "one"),
        lock_folder(tmp_path / "two"),
        pytest.raises(StoreError, match="is in use by PID"),
        lock_folder(tmp_path / "one"),
    ):
        raise AssertionError("two have it")
    with lock_folder(tmp_path / "one"):
        assert (tmp_path / "one" / LOCK_FILE).stat().st_mode & 0o077 == 0
