"""A backup is made while the collector works, and a new machine goes on from it."""

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.collector.app.process import PROGRAM, CollectorProcess
from tests.collector.app.stage import SITE, NotifyingStack
from tests.collector.app.test_kill import PushLoop
from tests.collector.command_line import run_command
from tests.collector.running import WITHIN_S, eventually, token
from thongsuot_collector.backup.manifest import copy_in_backup, read_manifest
from thongsuot_schema.batch.model import Batch
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


async def run_program(*words: object) -> str:
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


class RecordingPushLoop(PushLoop):
    """Keeps the bytes of each batch that was acknowledged, by its number."""

    def __init__(self, site: str, secret: str, epoch_ns: int, *, pause_s: float) -> None:
        super().__init__(site, secret, epoch_ns, pause_s=pause_s)
        self.bodies: dict[int, bytes] = {}

    async def _pushed(
        self, client: httpx.AsyncClient, process: CollectorProcess, batch: Batch
    ) -> bool:
        is_acknowledged = await super()._pushed(client, process, batch)
        if is_acknowledged:
            self.bodies[batch.number] = self.agent.sealed(batch)[0]
        return is_acknowledged


def the_backup(folder: Path) -> Path:
    (backup,) = folder.iterdir()
    return backup


async def test_a_new_machine_continues_with_the_incidents_of_the_lost_one(
    stage: NotifyingStack, tmp_path: Path
) -> None:
    await stage.report(State.UP)
    await stage.report(State.DOWN)
    await stage.is_notified(1)
    config = stage.collector.config
    status, output = await run_command("backup", "--config", config, "--to", tmp_path / "backups")
    assert status == 0, output
    # Acknowledged after the backup and before the loss: it is nowhere any more.
    await stage.report(State.DOWN)
    await stage.collector.kill()
    lost = stage.collector.folder
    shutil.rmtree(lost / "state")
    shutil.rmtree(lost / "inventory")
    for name in ("secret", "password", "collector.toml"):
        (lost / name).unlink()

    status, output = await run_command(
        "restore", the_backup(tmp_path / "backups"), "--root", tmp_path / "new"
    )
    assert status == 0, output
    assert "journal up to entry 2" in output
    stage.collector.folder = tmp_path / "new" / str(lost).lstrip("/")
    stage.collector.config = stage.collector.folder / "collector.toml"
    await stage.collector.start()
    # The token, the password, the open incident and the ticket are the ones of the lost machine.
    await stage.report(State.UP)
    await stage.is_notified(2)
    opened, resolved = stage.notifications()
    assert (opened.kind, resolved.kind) == ("opened", "resolved")
    assert opened.thread_id == resolved.thread_id
    assert await stage.collector.end() == 0, stage.collector.log()
    assert "Traceback" not in stage.collector.log()
    # What was lost is named.
    _, text = await run_command("verify", "--config", stage.collector.config)
    assert f"{SITE} " in text
    assert "not arrived: 3" in text, text


async def test_a_backup_in_the_middle_of_pushes_holds_all_up_to_one_entry(tmp_path: Path) -> None:
    process = CollectorProcess(tmp_path, "[ingest]\npushes_per_s = 10000\n")
    await process.start()
    stop = asyncio.Event()
    # Some tens of pushes a second: more of them would take the CPU that the backup needs.
    uplinks = [
        RecordingPushLoop(
            f"site-{n}",
            token(tmp_path / "state", f"site-{n}"),
            epoch_ns=10**18 + n,
            pause_s=0.05,
        )
        for n in range(3)
    ]
    pushing = [asyncio.create_task(uplink.push_on(process, stop)) for uplink in uplinks]
    try:
        for round_ in range(1, 3):
            await eventually(
                lambda: all(len(uplink.acknowledged) >= 10 * round_ for uplink in uplinks)  # noqa: B023
            )
            before = {uplink.agent.site: dict(uplink.bodies) for uplink in uplinks}
            folder = tmp_path / f"backups-{round_}"
            await run_program("backup", "--config", process.config, "--to", folder)
            check_cut(folder, before, process)
    finally:
        stop.set()
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*pushing)
        await process.end()


def check_cut(
    folder: Path, acknowledged: dict[str, dict[int, bytes]], process: CollectorProcess
) -> None:
    """See that a backup has all that was acknowledged before it, and a store that is no newer."""
    backup = the_backup(folder)
    manifest = read_manifest(backup)
    store, journal = (copy_in_backup(backup, path) for path in manifest.databases)
    with contextlib.closing(sqlite3.connect(journal)) as connection:
        entries = connection.execute("SELECT * FROM entries ORDER BY sequence").fetchall()
        bodies = {
            (site, number): body
            for site, number, body in connection.execute("SELECT site, number, body FROM entries")
        }
    assert [entry[0] for entry in entries] == list(range(1, manifest.journal_head + 1))
    for site, pushed in acknowledged.items():
        assert {number: bodies.get((site, number)) for number in pushed} == pushed
    with contextlib.closing(sqlite3.connect(process.folder / "state/journal.sqlite")) as live:
        rows = live.execute(
            "SELECT * FROM entries WHERE sequence <= ? ORDER BY sequence",
            (manifest.journal_head,),
        )
        assert rows.fetchall() == entries
    with contextlib.closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        positions = connection.execute("SELECT consumer, sequence FROM positions").fetchall()
    assert [each for each in positions if each[1] > manifest.journal_head] == []
