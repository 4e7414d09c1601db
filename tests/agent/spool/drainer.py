"""
A process that opens a record, and hands over all that there is, as JSON.

    python -m tests.agent.spool.drainer FOLDER [KILLED_AT]

It kills itself before it gives a file its KILLED_AT-th new name.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import msgspec

from tests.agent.spool.making import CollectedRecord, opened
from thongsuot_schema.batch.model import NoticeCode


class Drained(msgspec.Struct, frozen=True, kw_only=True):
    """The serials of the results, and the batches that the record gives up, in its own words."""

    serials: tuple[int, ...]
    lost: tuple[str, ...]
    set_aside: tuple[str, ...]


def kill_at(number: int) -> None:
    """Let the process be killed, as by a power cut, before it renames a file that often."""
    renamed = 0

    def count(event: str, _arguments: tuple[object, ...]) -> None:
        nonlocal renamed
        if event == "os.rename":
            renamed += 1
            if renamed == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


async def drain(root: Path) -> Drained:
    """Open a record, and accept all of it."""
    spool = await opened(root)
    # A part of a file that cannot be read once may be read the next time.
    for _ in range(4):
        await spool.maintain()
    collected = CollectedRecord()
    spool.seal()
    await collected.accept_all(spool)
    spool.seal()
    await collected.accept_all(spool)
    await spool.close()
    assert collected.repeats == 0
    return Drained(
        serials=tuple(collected.serials()),
        lost=tuple(collected.notices(NoticeCode.BATCHES_LOST.value)),
        set_aside=tuple(collected.notices(NoticeCode.SPOOL_TRUNCATED.value)),
    )


if __name__ == "__main__":
    if len(sys.argv) > 2:
        kill_at(int(sys.argv[2]))
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(drain(Path(sys.argv[1])))))
