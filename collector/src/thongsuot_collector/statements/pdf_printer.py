"""PDF printer: PDFs from a process beside this one, one after the other, the latest kept."""

import asyncio
import contextlib
import logging
import sys
from collections import OrderedDict

import msgspec

from thongsuot_collector.errors import StatementPrintFailed
from thongsuot_collector.sla.revision import IssuedStatement

MODULE = "thongsuot_collector.statements.pdf"

TIMEOUT_S = 120.0
"""A statement with a thousand interruptions takes 6 s."""

_KEPT = 32
"""About 40 kB each."""

_log = logging.getLogger(__name__)


class PdfPrinter:
    """Prints issues; what was printed lately is at hand."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    async def pdf(self, issue: IssuedStatement) -> bytes:
        """
        Return the PDF of an issue.

        Raises:
            StatementPrintFailed: the process beside this one did not do it; the text says why.
        """
        key = issue.number, issue.digest
        async with self._lock:
            printed = self._kept.pop(key, None)
            if printed is None:
                printed = await _render_in_worker(issue)
            self._kept[key] = printed
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return printed


async def _render_in_worker(issue: IssuedStatement) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        MODULE,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            out, err = await process.communicate(msgspec.msgpack.encode(issue))
    except TimeoutError as error:
        raise StatementPrintFailed(
            f"cannot print statement {issue.number}: not done after {TIMEOUT_S:g} s"
        ) from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        last = err.decode(errors="replace").strip().rpartition("\n")[2]
        _log.error("cannot print statement %s: %s; answered so", issue.number, last)
        raise StatementPrintFailed(f"cannot print statement {issue.number}: {last}")
    return out
