"""A worker answers or is over: in time, without a trace, one at a time."""

import asyncio
from pathlib import Path

import pytest

from thongsuot_agent.worker import WorkerFailed, run_worker


def test_a_worker_that_breaks_says_with_what() -> None:
    with pytest.raises(WorkerFailed, match="ended with 1"):
        asyncio.run(
            run_worker("thongsuot_agent.probing.snmp.worker", ["nonsense"], b"", timeout_s=60)
        )


def test_a_worker_that_takes_too_long_is_ended() -> None:
    async def wait() -> None:
        # A module of the standard library that waits for its standard input, which is never closed
        # towards it in time: it serves until it is killed.
        await run_worker("http.server", ["0", "--bind", "127.0.0.1"], b"", timeout_s=0.5)

    with pytest.raises(TimeoutError):
        asyncio.run(wait())
    assert not [child for child in children() if b"http.server" in child]


def children() -> list[bytes]:
    """Return the command lines of the processes that this one has started."""
    return [
        Path(f"/proc/{pid}/cmdline").read_bytes()
        for task in Path("/proc/self/task").iterdir()
        for pid in (task / "children").read_text().split()
    ]


def test_workers_run_one_after_the_other() -> None:
    async def both() -> list[bytes]:
        # ``json.tool`` answers what it was asked, once it has all of it.
        questions = (b'{"a": 1}', b'{"b": 2}')
        return list(
            await asyncio.gather(
                *(
                    run_worker("json.tool", ["--compact"], question, timeout_s=60)
                    for question in questions
                )
            )
        )

    assert [answer.strip() for answer in asyncio.run(both())] == [b'{"a":1}', b'{"b":2}']
