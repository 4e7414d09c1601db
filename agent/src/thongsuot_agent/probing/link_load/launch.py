"""The resident side of a worker: started, fed, bounded in time, gone whatever happens."""

import asyncio
import sys
from typing import TypeVar

import msgspec

R = TypeVar("R", bound=msgspec.Struct)

_REPORT_BYTES = 1 << 20


class WorkerFailed(Exception):
    """A worker brought no report; the text says why."""


async def run_load_worker(
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
    except msgspec.DecodeError as error:
        last = err.decode("utf-8", "replace").strip().splitlines()[-1:] or [str(error)]
        raise WorkerFailed(f"the worker ended with {worker.returncode}: {last[0]}") from error
