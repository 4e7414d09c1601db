"""
Runs disk work in a thread, and handles a disk that refuses writes or a file that is damaged.

All work runs on a separate thread, so that a slow card never delays a probe. A damaged file is set
aside and a new one started; a disk that refuses (full, read-only) is tried again at every call, and
unwritten data stays where it was. Work may be repeated when the disk is full.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from thongsuot_agent.errors import SpoolCorrupt, SpoolError, SpoolFull
from thongsuot_agent.spool.disk import Disk, rename_damaged
from thongsuot_schema.batch.model import NoticeCode

_log = logging.getLogger(__name__)

T = TypeVar("T")

Report = Callable[[NoticeCode, str], None]


class DiskExecutor:
    """
    Runs work on the disk.

    ``report`` is called on the loop when a file was set aside (``spool_truncated``, its new name)
    and when the disk begins to refuse (``spool_full``, why).
    """

    def __init__(self, path: Path, report: Report) -> None:
        self._path = path
        self._report = report
        self._disk: Disk | None = None
        self._refused = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")

    @property
    def is_refusing(self) -> bool:
        """Whether the latest work failed."""
        return self._refused > 0

    async def run(self, work: Callable[[Disk], T], *, is_reading: bool = False) -> T:
        """
        Return the result of some work on the disk; a successful read does not prove that writes
        work.

        Raises:
            SpoolError: the disk refuses; no part of the work is done.
        """
        loop = asyncio.get_running_loop()
        try:
            result = await loop.run_in_executor(self._thread, self._attempt, work)
        except SpoolCorrupt as torn:
            result = await self._replace_damaged(torn, work)
        except SpoolError as error:
            self._note_refusal(error)
            raise
        if self._refused and not is_reading:
            _log.info(
                "spool file=%s accepts writes again after failures=%d", self._path, self._refused
            )
            self._refused = 0
        return result

    async def close(self) -> None:
        """Close the file and end the thread."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._close)
        except SpoolError as error:
            _log.warning("cannot close spool: %s", error)
        self._thread.shutdown()

    async def _replace_damaged(self, torn: SpoolCorrupt, work: Callable[[Disk], T]) -> T:
        _log.error("cannot use spool: %s; it was set aside and a new one started", torn)
        loop = asyncio.get_running_loop()
        try:
            name = await loop.run_in_executor(self._thread, self._rename_damaged)
            self._report(NoticeCode.SPOOL_TRUNCATED, name)
            return await loop.run_in_executor(self._thread, self._attempt, work)
        except (SpoolError, OSError) as error:
            self._note_refusal(error)
            raise SpoolError(str(error)) from error

    def _attempt(self, work: Callable[[Disk], T]) -> T:
        if self._disk is None:
            self._disk = Disk(self._path)
        try:
            return work(self._disk)
        except SpoolFull:
            # The space may be taken by the log itself, with data that was removed long ago.
            self._disk.checkpoint_wal()
            return work(self._disk)

    def _rename_damaged(self) -> str:
        self._close()
        return rename_damaged(self._path)

    def _close(self) -> None:
        if self._disk is not None:
            disk, self._disk = self._disk, None
            disk.close()

    def _note_refusal(self, error: Exception) -> None:
        self._refused += 1
        if self._refused == 1:
            self._report(NoticeCode.SPOOL_FULL, str(error))
        if self._refused & (self._refused - 1) == 0:  # the first, then once per doubling
            _log.warning(
                "cannot write spool file=%s failures=%d: %s; the record continues in memory",
                self._path,
                self._refused,
                error,
            )
