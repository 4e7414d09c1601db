"""Checks once a day that all entries of the journal are there, and can be read."""

import asyncio
import logging

from thongsuot_collector.errors import JournalError
from thongsuot_collector.journal.journal import Journal

_EVERY_S = 86_400.0
_AGAIN_S = 60.0
"""After a check that was refused."""

_log = logging.getLogger(__name__)


class JournalCheck:
    """
    Reads all entries in the leading collector, and records what is wrong with them as damage of the
    journal: it is alerted, and named by ``verify``.

    Most entries are not read any more once they are judged and delivered: what a disk has made of
    them would be noticed when somebody needs them as evidence.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def run(self) -> None:
        """Check at the beginning of a lead, and then periodically until cancelled."""
        while True:
            try:
                await self.check()
            except JournalError as error:
                _log.info("the journal's entries are checked later: %s", error)
                await asyncio.sleep(_AGAIN_S)
            else:
                await asyncio.sleep(_EVERY_S)

    async def check(self) -> None:
        """Check once; the same damage is recorded once."""
        flaw = await self._journal.flaw()
        if not flaw:
            return
        _log.error(
            "journal damaged: %s; fail over to the standby, or restore a backup: "
            "`thongsuot-collector verify` names what is missing",
            flaw,
        )
        damage = await self._journal.damage()
        if all(lost.forgotten != flaw for lost in damage.lost):
            await self._journal.note_forgotten(flaw)
