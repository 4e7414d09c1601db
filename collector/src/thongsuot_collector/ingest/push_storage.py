"""
Whether pushes can be stored: the journal is asked every few seconds, and each push refused for want
of journal or store is noted.

The database of a collector may answer, and refuse what a push needs: a right was revoked, a limit
of connections is reached, a disk is full. Every push is refused then while all else looks well.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from thongsuot_collector.errors import JournalError
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.repeated_warnings import RepeatedWarnings
from thongsuot_schema.batch.push import LONGEST_WAIT_S

_EVERY_S, _AGAIN_S = 5.0, 1.0
"""The journal is asked more often while it refuses."""

_AGAIN_REFUSED_S = 10.0
"""
One moment at which pushes were refused is not yet a problem: a proxy that asks ``/readyz`` would
send nobody for a while, and nothing would show that it is over.
"""

_REFUSED_FOR_S = LONGEST_WAIT_S + 30.0
"""Agents that were refused come back within this, over one link or another."""

_log = logging.getLogger(__name__)


class PushStorage:
    """Why pushes cannot be stored now; refusals are logged once a minute."""

    def __init__(self, journal: Journal, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._journal = journal
        self._clock = clock
        self._unable = ""
        self._refusal = ""
        self._refused_since_s = self._refused_s = 0.0
        self._warnings = RepeatedWarnings(clock=clock)

    @property
    def problem(self) -> str:
        """
        The reason, for a person; empty if pushes are stored.

        Refusals count once they have continued for some seconds, until a push is accepted, until
        the journal can store again, or until no push has been refused for as long as agents wait at
        most.
        """
        if self._unable:
            return f"nothing can be stored: {self._unable}"
        is_lasting = self._refused_s - self._refused_since_s >= _AGAIN_REFUSED_S
        if self._refusal and is_lasting and self._clock() - self._refused_s < _REFUSED_FOR_S:
            return f"pushes are refused: {self._refusal}"
        return ""

    async def run(self) -> None:
        """Ask the journal periodically until cancelled."""
        while True:
            await self.check()
            await asyncio.sleep(_AGAIN_S if self._unable else _EVERY_S)

    async def check(self) -> None:
        """Ask the journal once; what it says is logged when it begins and when it is over."""
        try:
            await self._journal.check_append()
        except JournalError as error:
            if not self._unable:
                _log.warning("nothing can be stored, agents keep their batches: %s", error)
            self._unable = str(error)
        else:
            if self._unable:
                _log.info("pushes can be stored again")
                self._refusal = ""
            self._unable = ""

    def note_refused(self, reason: str) -> None:
        """Note that a push was refused although nothing is wrong with it, and why."""
        now_s = self._clock()
        if not self._refusal or now_s - self._refused_s >= _REFUSED_FOR_S:
            self._refused_since_s = now_s
        self._refusal, self._refused_s = reason, now_s
        ending = self._warnings.ending("")
        if ending is not None:
            _log.warning("a push is refused, and pushed again: %s%s", reason, ending)

    def note_accepted(self) -> None:
        """Note that a push was accepted."""
        self._refusal = ""
