"""
Workers: short-lived processes for what is heavy to import; one at a time.

The resident process stays small, and whatever a library leaks, caches or breaks ends with the
process that did it. One at a time, because each weighs as much as the agent.
"""

import asyncio
import sys
from collections.abc import Sequence
from typing import TypeVar

import msgspec

R = TypeVar("R", bound=msgspec.Struct)

_REPORT_BYTES = 1 << 20
_LOCKS: "dict[asyncio.AbstractEventLoop, asyncio.Lock]" = {}


class WorkerFailed(Exception):
    """A worker brought no answer; the text is the last line that it complained with."""


async def run_worker(
    module: str,
    arguments: Sequence[str],
    question: bytes,
    *,
    descriptors: Sequence[int] = (),
    timeout_s: float,
) -> bytes:
    """
    Run a module as a process, give it a question on its standard input, return what it answers.

    Waits until no other worker runs; ``timeout_s`` bounds waiting and working together. The process
    inherits ``descriptors`` and is dead when this returns.

    Raises:
        TimeoutError: no answer in time.
        WorkerFailed: it broke; that is a bug of ours.
        OSError: no process can be started.
    """
    async with asyncio.timeout(timeout_s), _loop_lock():
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-m",
            module,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=tuple(descriptors),
        )
        try:
            answer, complaint = await process.communicate(question)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode != 0:
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise WorkerFailed(f"{module} ended with {process.returncode}: {''.join(lines[-1:])}")
    return answer


async def request_report(
    module: str, request: msgspec.Struct, kind: type[R], timeout_s: float
) -> R:
    """
    Let a module as a worker carry out a request, and return its report.

    Raises:
        WorkerFailed: it took too long, died, or wrote something else.
    """
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=_REPORT_BYTES,
    )
    try:
        async with asyncio.timeout(timeout_s):
            out, err = await worker.communicate(msgspec.json.encode(request))
    except TimeoutError as error:
        raise WorkerFailed(f"the worker was not done after {timeout_s:.0f} s") from error
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    try:
        return msgspec.json.decode(out, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        last = err.decode("utf-8", "replace").strip().splitlines()[-1:] or [str(error)]
        raise WorkerFailed(f"the worker ended with {worker.returncode}: {last[0]}") from error


def _loop_lock() -> asyncio.Lock:
    """Return the running event loop's lock; a lock belongs to one loop."""
    loop = asyncio.get_running_loop()
    for other in [other for other in _LOCKS if other.is_closed()]:
        del _LOCKS[other]
    return _LOCKS.setdefault(loop, asyncio.Lock())
