"""A worker answers in time or is ended, and only one runs at a time."""

import asyncio
import contextlib
import os
from pathlib import Path

import msgspec
import pytest

from thongsuot_agent.worker import WorkerFailed, request_report, run_worker


class Asked(msgspec.Struct):
    """What ``json.tool`` gives back as it was."""

    number: int


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
    """
    Return the command lines of the processes that this one has started.

    By their parent, not by this one's threads: a thread of another test may end just then.
    """
    command_lines = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            fields = (folder / "stat").read_text().rpartition(") ")[2].split()
            if int(fields[1]) == os.getpid():
                command_lines.append((folder / "cmdline").read_bytes())
    return command_lines


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


def test_a_report_is_read_as_what_was_asked_for_and_anything_else_is_a_failure() -> None:
    async def ask(module: str, timeout_s: float = 60.0) -> Asked:
        return await request_report(module, Asked(number=7), Asked, timeout_s)

    assert asyncio.run(ask("json.tool")) == Asked(number=7)
    with pytest.raises(WorkerFailed, match=r"ended with 1: .*No module named nothing"):
        asyncio.run(ask("nothing"))
    with pytest.raises(WorkerFailed, match="not done after 0 s"):
        asyncio.run(ask("http.server", 0.2))
    assert not [child for child in children() if b"http.server" in child]
