"""
Listening: since when the collector could hear without a break, so that it does not take its own
absence for the silence of others.

It receives nothing while its process is stopped, its machine sleeps or its clock is set; nor while
it cannot store anything, because the disk refuses or the standby of the database is down: every
push is refused then, and its sender waits before it retries.
"""

import logging
from collections.abc import Callable

from thongsuot_collector.errors import JournalError
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.timeline.settings import TimelineSettings, ns

_PROVEN_EVERY_S = 5.0
"""How often it is proven at most that data can be stored: each proof is a commit."""
_SHORTEST_BREAK_S = 3.0
"""A shorter break is none: ``prove`` is called about once a second, and a busy loop is late."""

_log = logging.getLogger(__name__)


class ListeningPeriod:
    """
    Since when the collector has been listening, Unix time. Pure.

    It begins anew where ``note`` was not called for ``break_s``.
    """

    def __init__(self, now_ns: int, *, break_s: float) -> None:
        self._since_ns = now_ns
        self._break_ns = ns(break_s)
        self._noted_ns = now_ns

    def note_presence(self, now_ns: int) -> None:
        """Note that the collector can hear now; called every few seconds."""
        self._since_ns = self.since_ns(now_ns)
        self._noted_ns = now_ns

    def since_ns(self, now_ns: int) -> int:
        """Return since when it has been listening: from now on, where it has not for long."""
        is_unbroken = 0 <= now_ns - self._noted_ns <= self._break_ns
        return self._since_ns if is_unbroken else now_ns


class JournalListening:
    """
    The listening of a consumer of the journal, which proves every few seconds that data can be
    stored: by saving its cursor unchanged, in the same queue as the pushes.
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
        # Three pushes are missed before a device is called silent.
        break_s = max(_SHORTEST_BREAK_S, settings.silent_after_s / 3)
        self._period = ListeningPeriod(now_ns(), break_s=break_s)
        # Proven more seldom than that it would take itself for absent all the time, and call nobody
        # silent (2026-12: where silence is 8 s, a power cut was not seen).
        self._proven_every_s = min(_PROVEN_EVERY_S, break_s / 2)
        self._proven_ns = 0
        self._is_refused = False

    @property
    def since_ns(self) -> int:
        """Since when it has been listening, Unix time."""
        return self._period.since_ns(self._now_ns())

    async def prove(self) -> None:
        """Note that it is listening, if that is so; called about once a second."""
        if 0 <= self._now_ns() - self._proven_ns < ns(self._proven_every_s):
            return
        try:
            cursor = await self._journal.cursor(self._consumer)
            await self._journal.commit(self._consumer, cursor.sequence, cursor.note)
        except JournalError as error:
            if not self._is_refused:
                _log.warning("nothing can be stored, so no agent is reported silent: %s", error)
            self._is_refused = True
            return
        self._is_refused = False
        self._proven_ns = self._now_ns()
        self._period.note_presence(self._proven_ns)
