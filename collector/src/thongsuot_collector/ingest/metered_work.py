"""
Metered work: what has to be done for a push before its content is known, and so before anything
else can be charged for it.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from thongsuot_collector.ingest.site_budgets import SiteBudgets
from thongsuot_schema.batch.frame import stated_size

T = TypeVar("T")

_IN_PLACE_BYTES = 128 * 1024
"""
A body that unpacks to more (a thousand results and more) is decoded in a thread: it would delay all
others. How large it is packed says nothing: 220 bytes can hold a megabyte.
"""

_FREE_S = 0.001
"""Processor time that costs a site nothing; to decode a usual push takes a hundredth of it."""


def is_small(body: bytes) -> bool:
    """Return whether a packed body is decoded in place."""
    return stated_size(body) <= _IN_PLACE_BYTES


class MeteredWork:
    """Charges sites for the processor time of their pushes, also of those that are refused."""

    def __init__(self, budgets: SiteBudgets) -> None:
        self._budgets = budgets
        # More threads would only compete with the loop, and with each other, for the interpreter.
        self._thread = asyncio.Semaphore()

    async def run(self, site: str, work: Callable[[], T], *, in_place: bool) -> T:
        """
        Do work for a site, here or in a thread, and return its result.

        Raises:
            PushRefused: the site has used up its budget while this waited for the thread.
        """
        loop = asyncio.get_running_loop()

        def timed() -> T:
            began_s = time.thread_time()
            try:
                return work()
            finally:
                took_s = time.thread_time() - began_s
                if took_s > _FREE_S:
                    loop.call_soon_threadsafe(self._charge, site, took_s)

        if in_place:
            return timed()
        async with self._thread:
            self._budgets.check_work(site, now_s=time.monotonic())
            return await asyncio.to_thread(timed)

    def _charge(self, site: str, took_s: float) -> None:
        self._budgets.note_work(site, took_s, now_s=time.monotonic())
