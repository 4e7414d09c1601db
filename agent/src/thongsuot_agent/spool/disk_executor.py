"""
Runs disk work in a thread, and handles a disk that refuses writes or a file that is damaged.

All work runs on a separate thread, so that a slow card never delays a probe. A damaged file is set
aside, what can be read of it goes into a new one, and the rest is named (see ``salvage``); so is a
file with a part that cannot be read time after time. One that was removed or replaced while it was
open is written again. A disk that refuses (full, read-only) is tried again at every call, and
unwritten data stays where it was. Work may be repeated when the disk is full.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from thongsuot_agent.errors import (
    SpoolCorrupt,
    SpoolError,
    SpoolFull,
    SpoolMoved,
    SpoolUnreadable,
)
from thongsuot_agent.spool.disk import Disk
from thongsuot_agent.spool.salvage import (
    Salvaged,
    finish_rebuild,
    forget_salvaged,
    read_salvaged,
    rebuild,
    salvage,
    salvage_file,
)
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.batch.record_report import format_lost

_log = logging.getLogger(__name__)

T = TypeVar("T")

Report = Callable[[NoticeCode, str], None]

_UNREADABLE_TIMES = 3
"""
Calls in a row that meet a part of the file that cannot be read, until it counts as damaged: a card
may be out of its slot for a moment.
"""


class DiskExecutor:
    """
    Runs work on the disk.

    ``report`` is called on the loop when a file was set aside (``spool_truncated``, its new name;
    ``batches_lost`` for what could not be read of it) and when the disk begins to refuse
    (``spool_full``, why).
    """

    def __init__(self, path: Path, report: Report) -> None:
        self._path = path
        self._report = report
        self._disk: Disk | None = None
        self._refused = 0
        self._unreadable = 0
        self._salvaged: Salvaged | None = None
        self._is_reported = False
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
            if self._is_reported and not is_reading:
                await loop.run_in_executor(self._thread, self._forget_reported)
        except SpoolCorrupt as damaged:
            result = await self._replace_damaged(damaged, work)
        except SpoolUnreadable as error:
            self._unreadable += 1
            if self._unreadable < _UNREADABLE_TIMES:
                self._note_refusal(error)
                raise
            result = await self._replace_damaged(error, work)
        except SpoolError as error:
            self._note_refusal(error)
            raise
        self._unreadable = 0
        if self._salvaged is not None and not self._is_reported:
            self._report_salvaged(self._salvaged)
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
            await loop.run_in_executor(self._thread, self._end)
        except SpoolError as error:
            _log.warning("cannot close spool: %s", error)
        self._thread.shutdown()

    async def _replace_damaged(self, damaged: SpoolError, work: Callable[[Disk], T]) -> T:
        _log.error("cannot use spool: %s; a new one is made of what can be read", damaged)
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._start_anew)
            return await loop.run_in_executor(self._thread, self._attempt, work)
        except (SpoolError, OSError) as error:
            self._note_refusal(error)
            raise SpoolError(str(error)) from error

    def _report_salvaged(self, salvaged: Salvaged) -> None:
        _log.error(
            "spool was set aside as %s batches_kept=%d",
            salvaged.set_aside or "nothing",
            salvaged.batches,
        )
        if salvaged.set_aside:
            self._report(NoticeCode.SPOOL_TRUNCATED, salvaged.set_aside)
        for lost in salvaged.lost:
            self._report(NoticeCode.BATCHES_LOST, format_lost(lost))
        self._is_reported = True

    def _attempt(self, work: Callable[[Disk], T]) -> T:
        if self._disk is None:
            self._disk = self._open()
        try:
            self._disk.require_place()
            result = work(self._disk)
        except SpoolFull:
            # The space may be taken by the log itself, with data that was removed long ago.
            self._disk.checkpoint_wal()
            result = work(self._disk)
        except SpoolMoved as moved:
            result = work(self._take_back(moved))
        return result

    def _forget_reported(self) -> None:
        if self._disk is not None and self._is_reported:
            try:
                forget_salvaged(self._disk)
            except SpoolError as error:
                # Tried again with the next work that writes; until then a restart reports it twice.
                _log.debug("cannot forget what was salvaged: %s", error)
                return
            self._salvaged, self._is_reported = None, False

    def _open(self) -> Disk:
        try:
            finish_rebuild(self._path)
        except OSError as error:
            raise SpoolError(f"{self._path}: {error}") from error
        disk = Disk(self._path)
        self._salvaged, self._is_reported = read_salvaged(disk), False
        return disk

    def _start_anew(self) -> None:
        self._close()
        rebuild(self._path, partial(salvage_file, self._path))

    def _take_back(self, moved: SpoolMoved) -> Disk:
        """
        Write all that waits to a file of the old name: the open file has it until it is closed.

        A file that somebody put in its place is set aside.
        """
        former = self._disk
        assert former is not None
        _log.error("%s; it is written again", moved)
        try:
            rebuild(self._path, partial(salvage, former.connection))
        except (sqlite3.Error, OSError) as error:
            raise SpoolError(f"{moved}: {error}") from error
        self._disk = self._open()
        former.close()
        return self._disk

    def _end(self) -> None:
        try:
            if self._disk is not None:
                self._disk.require_place()
        except SpoolMoved as moved:
            self._take_back(moved)  # with its file closed, its content is gone
        finally:
            self._close()

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
