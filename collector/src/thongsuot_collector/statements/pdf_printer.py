"""PDF printer: renders PDFs of statements one at a time, and caches the latest."""

import asyncio
from collections import OrderedDict

import msgspec

from thongsuot_collector.sla.revision import IssuedStatement
from thongsuot_collector.typesetting.worker import render_in_worker

MODULE = "thongsuot_collector.statements.pdf"

_KEPT = 32
"""About 40 kB each."""


class PdfPrinter:
    """Prints issues, with a cache of the latest."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    async def pdf(self, issue: IssuedStatement) -> bytes:
        """
        Return the PDF of an issue.

        Raises:
            PrintFailed: the worker process failed; the text has the reason.
        """
        key = issue.number, issue.digest
        async with self._lock:
            printed = self._kept.pop(key, None)
            if printed is None:
                printed = await render_in_worker(
                    MODULE, msgspec.msgpack.encode(issue), title=f"statement {issue.number}"
                )
            self._kept[key] = printed
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return printed
