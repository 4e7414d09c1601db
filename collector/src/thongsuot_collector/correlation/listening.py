"""
Listening: since when the collector could receive without a break, so that it does not mistake its
own absence for the silence of devices.

It receives nothing while its process is stopped, its machine sleeps or its clock is set; nor while
it cannot store anything, because writes to the disk fail or the standby of the database is down:
every push is refused then, and its sender waits before it retries.
"""

import logging
from collections.abc import Callable

from thongsuot_collector.errors import JournalError
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.timeline.settings import TimelineSettings, ns

_PROVEN_EVERY_S = 5.0
"""The minimum interval between two proofs that data can be stored: each proof is a commit."""
_SHORTEST_BREAK_S = 3.0
"""Shorter breaks are ignored: ``prove`` is called about once a second, and later on a busy loop."""

_log = logging.getLogger(__name__)


class ListeningPeriod:
    """
    Since when the collector has been listening, Unix time. Pure.

    It starts again if ``note_presence`` was not called for ``break_s``.
    """

    def __init__(self, now_ns: int, *, break_s: float) -> None:
        self._since_ns = now_ns
        self._break_ns = ns(break_s)
        self._noted_ns = now_ns

    def note_presence(self, now_ns: int) -> None:
        """Record that the collector can receive now; called every few seconds."""
        self._since_ns = self.since_ns(now_ns)
        self._noted_ns = now_ns

    def since_ns(self, now_ns: int) -> int:
        """Return since when it has been listening; the present, after a break."""
        is_unbroken = 0 <= now_ns - self._noted_ns <= self._break_ns
        return self._since_ns if is_unbroken else now_ns


class JournalListening:
    """
    The listening period of a journal consumer. It proves every few seconds that data can be stored,
    by saving its cursor unchanged, in the same queue as the pushes.
    """

    def __init__(
        self,
        journal: Journal,
        consumer: str,
        settings: TimelineSettings,
        now_ns: Callable[[], int],
    ) -> None:
        self._journal = journal
        self._consumer = consumer
        self._now_ns = now_ns
        # A device counts as silent after three missed pushes.
        break_s = max(_SHORTEST_BREAK_S, settings.silent_after_s / 3)
        self._period = ListeningPeriod(now_ns(), break_s=break_s)
        # With rarer proofs it would consider itself absent all the time, and report no device as
        # silent (2026-12: with 8 s of silence, a power cut was not detected).
        self._proven_every_s = min(_PROVEN_EVERY_S, break_s / 2)
        self._proven_ns = 0
        self.refusal = ""
        """Why nothing can be stored; empty if it can."""
        self.problem: Callable[[], str] = lambda: ""
        """Returns why pushes are refused, whatever becomes of the cursor; empty: they are not."""

    @property
    def since_ns(self) -> int:
        """Since when it has been listening, Unix time."""
        return self._period.since_ns(self._now_ns())

    async def prove(self) -> None:
        """Record that it is listening, if storing succeeds; called about once a second."""
        if 0 <= self._now_ns() - self._proven_ns < ns(self._proven_every_s):
            return
        refusal = self.problem() or await self._save_cursor()
        if refusal and not self.refusal:
            _log.warning("nothing can be stored, so no agent is reported silent: %s", refusal)
        self.refusal = refusal
        if refusal:
            return
        self._proven_ns = self._now_ns()
        self._period.note_presence(self._proven_ns)

    async def _save_cursor(self) -> str:
        """Save the cursor unchanged; return why that is refused, empty if it is not."""
        try:
            cursor = await self._journal.cursor(self._consumer)
            await self._journal.commit(self._consumer, cursor.sequence, cursor.note)
        except JournalError as error:
            return str(error)
        return ""
