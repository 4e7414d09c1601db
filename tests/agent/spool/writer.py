"""
A process that makes a record until it is killed; run by ``test_kill.py`` and ``test_disk_faults``.

Arguments: the root of the record, a seed, the first serial, and ``drain`` to hand over all that
waits and end. Each thing done is told on standard output once it is done: ``made SERIAL``, ``kept
SERIAL`` (a verdict change that is on the disk). What is handed over stands in ``ROOT/collected`` as
files named by stream and number, layouts under their names. SIGTERM ends it in good order.
"""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

from tests.agent.spool.making import change, result, spool_at
from thongsuot_agent.spool.spool import Spool
from thongsuot_agent.spool.stream import PendingBatch
from thongsuot_schema.batch.decode import read_header


def tell(event: str, serial: int) -> None:
    """Say that something is done, in one write that a kill cannot split."""
    os.write(1, f"{event} {serial}\n".encode())


async def hand_over(spool: Spool, batch: PendingBatch, collected: Path) -> None:
    """Make a batch durable elsewhere, then acknowledge it; a repeat changes nothing."""
    header = read_header(batch.body)
    if batch.layout:
        body = await spool.layout(batch.layout)
        assert body is not None
        _put(collected / f"layout-{batch.layout.hex()}", body)
    _put(collected / f"batch-{header.stream}-{header.number:08d}", batch.body)
    spool.acknowledge(batch.key)


def _put(path: Path, body: bytes) -> None:
    if not path.exists():
        half = path.with_name(f"half-{path.name}")
        half.write_bytes(body)
        half.rename(path)


async def make(spool: Spool, rng: random.Random, serial: int, collected: Path) -> None:
    """Make and hand over until told to end, in an order that the seed decides."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    while not ended.is_set():
        dice = rng.random()
        if dice < 0.80:
            spool.add_entry(result(serial))
            tell("made", serial)
            serial += 1
        elif dice < 0.82:
            spool.add_entry(change(serial))
            spool.seal()
            await spool.maintain()
            tell("kept", serial)
            serial += 1
        elif dice < 0.92:
            spool.seal()
        elif dice < 0.96 and (batch := spool.newest_recent()):
            await hand_over(spool, batch, collected)
        elif dice < 0.98:
            for batch in await spool.oldest_on_disk(2):
                await hand_over(spool, batch, collected)
            await spool.forget_acknowledged()
        else:
            await spool.maintain()
        await asyncio.sleep(0)
    await spool.close()


async def drain(spool: Spool, collected: Path) -> None:
    """Hand over everything, and end in good order."""
    spool.seal()
    while batch := spool.newest_recent():
        await hand_over(spool, batch, collected)
    while batches := await spool.oldest_on_disk(16):
        for batch in batches:
            await hand_over(spool, batch, collected)
        await spool.forget_acknowledged()
    await spool.close()


async def main(root: Path, seed: int, serial: int, *, is_draining: bool) -> None:
    """Open the record and do as told."""
    collected = root / "collected"
    collected.mkdir(exist_ok=True)
    spool = spool_at(root)
    await spool.open()
    if is_draining:
        await drain(spool, collected)
    else:
        await make(spool, random.Random(seed), serial, collected)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    asyncio.run(
        main(
            Path(arguments[0]),
            int(arguments[1]),
            int(arguments[2]),
            is_draining="drain" in arguments,
        )
    )
