"""Worker: renders PDFs in a separate process, which keeps Typst's memory out of the collector."""

import asyncio
import contextlib
import logging
import sys

from thongsuot_collector.errors import PrintFailed

TIMEOUT_S = 120.0
"""A statement with a thousand interruptions takes 6 s."""

_log = logging.getLogger(__name__)


async def render_in_worker(module: str, document: bytes, *, title: str) -> bytes:
    """
    Return the output of a module that is run with a document on its standard input.

    Raises:
        PrintFailed: the worker process failed; the text has the reason.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            out, err = await process.communicate(document)
    except TimeoutError as error:
        raise PrintFailed(f"cannot print {title}: not done after {TIMEOUT_S:g} s") from error
    except (OSError, RuntimeError) as error:
        # It ended before reading anything; uvloop reports that as a RuntimeError.
        raise PrintFailed(f"cannot print {title}: {error}") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if process.stdin is not None:
            # Python 3.11.2 (Debian 12) logs a traceback for a broken pipe that nobody waits for.
            # The process itself says why there is no output.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                await process.stdin.wait_closed()
    if process.returncode:
        last = err.decode(errors="replace").strip().rpartition("\n")[2]
        _log.error("cannot typeset %s: %s; reported to the caller", title, last)
        raise PrintFailed(f"cannot print {title}: {last}")
    return out
