"""Durable files of a collector on a disk that fails: said, and nothing acknowledged is lost."""

import contextlib
import errno
import json
import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.collector.app.process import CollectorProcess
from tests.collector.batches import BatchSealer, S, change, usual_results
from tests.collector.command_line import run_command
from tests.collector.running import WITHIN_S, Pusher, eventually, token
from tests.disk_faults import Fault, FaultyDisk
from tests.plain_http import NO_AUTHORITIES
from thongsuot_schema.batch.model import Batch
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

SITE = "hoan-kiem"

JOURNAL, STORE = "state/journal.sqlite", "state/store.sqlite"

SQLITE_WITHOUT_TABLES = sqlite3.connect(":memory:").serialize()
"""What is left of a new file whose log was not copied."""

DURABLE = {
    r"journal\.sqlite(-wal|-shm|-journal)?": "the record: what cannot be kept is not acknowledged",
    r"store\.sqlite(-wal|-shm|-journal)?": "all else: what cannot be written is tried again",
    r"(links|sign-in)\.new": "keys, made once at the first start, and then renamed",
    r"collector\.lock": "who uses the folder: only a message needs it",
}
"""Every file that a running collector writes, and what it is; one more has to join them here."""

FAULTS = [
    Fault(operation=operation, number=number, part=part)
    for part in (JOURNAL, STORE)
    for operation, number in (
        ("write", errno.ENOSPC),
        ("write", errno.EIO),
        ("torn", errno.EIO),
        ("fsync", errno.EIO),
    )
]


class Stand:
    """A collector on a disk that may fail, and one site that pushes to it."""

    def __init__(self, folder: Path, disk: FaultyDisk) -> None:
        self.disk = disk
        self.process = CollectorProcess(folder, "[ingest]\npushes_per_s = 10000\n")
        self.state_dir = folder / "state"
        self.agent = BatchSealer(SITE, epoch_ns=10**18)
        self.secret = ""
        self.acknowledged: list[int] = []
        self._at_ns = 100 * S

    async def start(self) -> None:
        with self.disk.preloaded():
            await self.process.start()

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.process.url, timeout=WITHIN_S, verify=NO_AUTHORITIES, trust_env=False
        )

    def batch(self, state: State = State.UP) -> Batch:
        """Seal the next batch, with a verdict."""
        self._at_ns += 15 * S
        at_ns = self._at_ns
        is_down = state is State.DOWN
        verdict = change(
            at_ns - S,
            state,
            segment=Segment.ACCESS if is_down else None,
            symptom=Symptom.ACCESS_SILENT if is_down else Symptom.NONE,
        )
        return self.agent.batch(at_ns, usual_results(at_ns - 15 * S), changes=[verdict])

    async def push(self, batch: Batch) -> int:
        """Push a batch once; return the status, 0 where there was no answer."""
        async with self.client() as client:
            try:
                response = await Pusher(client, self.agent, self.secret).batch(batch)
            except httpx.TransportError:
                return 0
        if response.status_code == 200:
            self.acknowledged.append(batch.number)
        return response.status_code

    async def is_taken(self, batch: Batch) -> bool:
        """Push a batch; return whether it was taken. A collector that ended is started again."""
        assert self.process.process is not None
        if self.process.process.returncode is not None:
            # What supervises it does so: it ends where it must not go on.
            await self.process.end()
            await self.start()
        return await self.push(batch) == 200

    async def text(self, path: str) -> tuple[int, str]:
        async with self.client() as client:
            response = await client.get(path)
        return response.status_code, response.text


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    made = Stand(tmp_path, FaultyDisk(tmp_path))
    await made.start()
    made.secret = token(made.state_dir, SITE)
    yield made
    if made.process.process is not None:
        await made.process.end(signal.SIGKILL)


def kept(state_dir: Path) -> list[int]:
    """Return the numbers of the batches that are in the journal, in their order."""
    with contextlib.closing(sqlite3.connect(state_dir / "journal.sqlite")) as journal:
        assert journal.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        rows = journal.execute("SELECT number FROM entries ORDER BY sequence").fetchall()
    return [number for (number,) in rows]


async def is_caught_up(stand: Stand) -> bool:
    _, text = await stand.text("/metrics")
    lags = re.findall(r"^thongsuot_collector_consumer_lag_entries\{.*\} (\S+)$", text, re.MULTILINE)
    return bool(lags) and not any(map(float, lags))


async def test_data_that_a_failing_disk_cannot_keep_is_not_acknowledged_and_work_continues(
    stand: Stand,
) -> None:
    assert await stand.push(stand.batch()) == 200
    await eventually(partial(is_caught_up, stand))
    for number, fault in enumerate(FAULTS):
        if fault.part == STORE:
            # What failed just now waits longer each time: a new process tries everything at once.
            assert await stand.process.end() == 0, stand.process.log()
            await stand.start()
        batch = stand.batch(State.UP if number % 2 else State.DOWN)
        log_characters = len(stand.process.log())

        def is_said(since: int = log_characters) -> bool:
            return re.search(r" (WARNING|ERROR) ", stand.process.log()[since:]) is not None

        with stand.disk.failing(fault):
            status = await stand.push(batch)
            # The journal alone decides what is acknowledged.
            assert status in ({0, 503} if fault.part == JOURNAL else {0, 200, 503}), fault
            await eventually(is_said)
        await eventually(partial(stand.is_taken, batch))
        await eventually(partial(is_caught_up, stand))
    assert await stand.process.end() == 0, stand.process.log()
    numbers = kept(stand.state_dir)
    assert set(stand.acknowledged) <= set(numbers), "an acknowledged batch is lost"
    assert numbers == list(range(1, len(FAULTS) + 2)), "a batch is missing, or there twice"


async def test_a_collector_whose_disk_refuses_writes_is_not_ready(stand: Stand) -> None:
    assert await stand.push(stand.batch()) == 200
    assert (await stand.text("/readyz"))[0] == 200
    # There is room enough: the kernel mounts a file system read-only when its disk fails.
    with stand.disk.failing(Fault(operation="write", number=errno.EROFS, part=JOURNAL)):
        assert await stand.push(stand.batch()) == 503

        async def is_said() -> bool:
            status, text = await stand.text("/readyz")
            return status == 503 and "nothing can be stored" in text

        await eventually(is_said)

    async def is_ready() -> bool:
        return (await stand.text("/readyz"))[0] == 200

    await eventually(is_ready)


@pytest.mark.parametrize("name", ["journal.sqlite", "journal.sqlite-wal"])
async def test_nothing_is_acknowledged_into_a_journal_that_was_moved_away(
    stand: Stand, name: str
) -> None:
    assert await stand.push(stand.batch()) == 200
    moved = stand.state_dir / "moved"
    (stand.state_dir / name).rename(moved)
    batch = stand.batch()
    assert await stand.push(batch) == 503
    moved.rename(stand.state_dir / name)
    assert await stand.push(batch) == 200
    assert await stand.process.end() == 0
    assert kept(stand.state_dir) == [1, 2]


@pytest.mark.parametrize("left", [b"", SQLITE_WITHOUT_TABLES])
async def test_a_store_that_has_lost_its_content_is_no_reason_to_begin_with_an_empty_one(
    stand: Stand, left: bytes
) -> None:
    assert await stand.push(stand.batch()) == 200
    assert await stand.process.end() == 0
    store = stand.state_dir / "store.sqlite"
    whole = store.read_bytes()
    store.write_bytes(left)
    with pytest.raises(AssertionError):
        # It says no address: it does not start.
        await stand.start()
    assert await stand.process.end() != 0
    assert "--accept-empty-store" in stand.process.log()
    store.write_bytes(whole)
    await stand.start()
    assert await stand.push(stand.batch()) == 200


@pytest.mark.parametrize("folded", [0, 40])
async def test_of_a_journal_that_has_lost_its_content_its_log_is_read(
    stand: Stand, folded: int
) -> None:
    """A log is flushed before its file is written, and SQLite deletes it beside an empty one."""
    for _ in range(folded):
        assert await stand.push(stand.batch()) == 200
    if folded:
        assert await stand.process.end() == 0
        await stand.start()
    for _ in range(3):
        assert await stand.push(stand.batch()) == 200
    await stand.process.kill()
    (stand.state_dir / "journal.sqlite").write_bytes(b"")
    for command in (["verify"], ["journal", "status"], ["account"]):
        status, said = await run_command(*command, "--config", stand.process.config)
        assert status == 1
        assert "its log is not" in said
    await stand.start()
    assert await stand.process.end() == 0, stand.process.log()
    words = ("verify", "--json", "--config", stand.process.config)
    report = json.loads((await run_command(*words))[1])
    named = {n for lost in report["lost"] for n in range(lost["first"], lost["last"] + 1)}
    found = set(kept(stand.state_dir))
    assert found | named >= set(stand.acknowledged), "an acknowledged batch is lost, and not named"
    # What the log holds is read; what stood in the file alone cannot be.
    assert folded or found == set(stand.acknowledged)


async def test_what_a_damaged_store_has_lost_is_named_until_somebody_accepts_it(
    stand: Stand,
) -> None:
    assert await stand.push(stand.batch()) == 200
    assert await stand.process.end() == 0
    store = stand.state_dir / "store.sqlite"
    with contextlib.closing(sqlite3.connect(store)) as opened:
        query = "SELECT rootpage FROM sqlite_schema WHERE name = 'boots'"
        page = int(opened.execute(query).fetchone()[0])
        page_bytes = int(opened.execute("PRAGMA page_size").fetchone()[0])
    with store.open("r+b") as file:
        file.seek((page - 1) * page_bytes)
        file.write(b"\xff" * page_bytes)
    await stand.start()

    async def is_told() -> bool:
        _, text = await stand.text("/metrics")
        never = "thongsuot_collector_journal_damaged_timestamp_seconds 0.0"
        return "journal_damaged_timestamp_seconds" in text and never not in text

    await eventually(is_told)
    assert await stand.process.end() == 0
    status, said = await run_command("verify", "--config", stand.process.config)
    assert status == 1
    assert re.search(r"LOST: .*store\.sqlite\.damaged-\w+: boots 1-", said), said
    words = ("accept-loss", "--damage", "--by", "An", "--reason", "the disk was replaced")
    assert (await run_command(*words, "--config", stand.process.config))[0] == 0
    status, said = await run_command("verify", "--config", stand.process.config)
    assert status == 0, said


async def test_the_files_that_a_collector_writes_are_those_that_are_known(stand: Stand) -> None:
    assert await stand.push(stand.batch()) == 200
    await eventually(partial(is_caught_up, stand))
    assert await stand.process.end() == 0, stand.process.log()
    written = stand.disk.written(stand.state_dir)
    unknown = {name for name in written if not any(re.fullmatch(known, name) for known in DURABLE)}
    assert unknown == set()
    assert {"journal.sqlite", "store.sqlite", "links.new", "sign-in.new"} <= written


@pytest.mark.parametrize(
    "name",
    [
        "journal.sqlite",
        "store.sqlite",
        pytest.param("links.key", marks=pytest.mark.nightly),
        pytest.param("sign-in.key", marks=pytest.mark.nightly),
    ],
)
async def test_a_file_that_cannot_be_read_is_no_reason_to_begin_with_an_empty_one(
    stand: Stand, name: str
) -> None:
    assert await stand.push(stand.batch()) == 200
    assert await stand.process.end() == 0
    before = (stand.state_dir / name).read_bytes()
    fault = Fault(operation="open", number=errno.EIO, part=f"state/{name}")
    with stand.disk.failing(fault), pytest.raises(AssertionError):
        # It says no address: it does not start.
        await stand.start()
    assert await stand.process.end() != 0
    assert name in stand.process.log()
    assert (stand.state_dir / name).read_bytes()[:100] == before[:100]
    await stand.start()
    assert await stand.push(stand.batch()) == 200
    assert await stand.process.end() == 0
    assert kept(stand.state_dir) == [1, 2]
