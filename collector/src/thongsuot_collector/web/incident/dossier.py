"""Dossier: all that is known of one incident, gathered from memory and from the disk."""

import asyncio
from collections.abc import Sequence

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.correlation import rows
from thongsuot_collector.correlation.keeper import IncidentKeeper
from thongsuot_collector.directory import Directory
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.ledger import Cause, Entry, Kind
from thongsuot_collector.incidents.window import Window
from thongsuot_collector.notify.content.comparison import Comparison, comparison_of
from thongsuot_collector.notify.content.occasion import Occasion
from thongsuot_collector.notify.telling import ledger
from thongsuot_collector.notify.telling.links import Links

LISTED = 200
"""Closed incidents on the list: some weeks of a city."""


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """
    One incident with what belongs to it.

    ``occasion`` is what texts are made from; ``tried`` is every try to tell anybody, in order.
    ``is_told``: somebody was told of it at all.
    """

    occasion: Occasion
    windows: tuple[Window, ...]
    tried: tuple[ledger.Attempt, ...]
    is_told: bool

    @property
    def incident(self) -> Incident:
        """The incident."""
        return self.occasion.incident


class Archive:
    """Finds incidents: those that are open or were lately in memory, the others on the disk."""

    def __init__(
        self,
        keeper: IncidentKeeper,
        store: Engine,
        directory: Directory,
        links: Links,
        *,
        support_hotline: str = "",
    ) -> None:
        self.keeper = keeper
        self.directory = directory
        self._store = store
        self._links = links
        self._support_hotline = support_hotline

    @property
    def windows(self) -> tuple[Window, ...]:
        """All maintenance that was ever planned, and not taken back."""
        return self.keeper.book.picture.windows

    async def find(self, name: str) -> Incident | None:
        """Return an incident by its name, also one long closed."""
        found = self.keeper.book.incidents.get(name)
        if found is None:
            found = await asyncio.to_thread(rows.incident, self._store, name)
        return found

    async def dossier(self, name: str) -> Dossier | None:
        """Return all that is known of an incident."""
        incident = await self.find(name)
        if incident is None:
            return None
        tried = await asyncio.to_thread(ledger.attempts, self._store, name)
        entry = incident.ledger[-1] if incident.ledger else _untold(incident)
        return Dossier(
            occasion=self.occasion(incident, entry, await self._comparison(incident, entry)),
            windows=tuple(one for one in self.windows if one.id in incident.windows),
            tried=tuple(tried),
            is_told=bool(incident.ledger),
        )

    def occasion(
        self, incident: Incident, entry: Entry | None = None, comparison: Comparison | None = None
    ) -> Occasion:
        """Return what texts of an incident are made from."""
        entry = entry or _untold(incident)
        return Occasion(
            kind=Kind.OPENED if incident.is_open else Kind.RESOLVED,
            entry=entry,
            incident=incident,
            rule=self.keeper.book.rules[incident.code],
            audience=entry.party,
            comparison=comparison or Comparison(),
            directory=self.directory,
            support_hotline=self._support_hotline,
            page_url=self._links.url(incident.id),
        )

    async def recent(self) -> tuple[Sequence[Incident], Sequence[Incident]]:
        """Return what is open and what was closed last, each the newest first."""
        book = self.keeper.book
        now = [one for one in map(book.incidents.__getitem__, book.active) if one.is_open]
        closed = await asyncio.to_thread(rows.closed_lately, self._store, limit=LISTED)
        return sorted(now, key=_newest), [one for one in closed if one.id not in book.active]

    async def _comparison(self, incident: Incident, entry: Entry) -> Comparison:
        """Return what was compared with when it was told; of what goes on untold, what is now."""
        told = await asyncio.to_thread(ledger.of_incident, self._store, incident.id, entry.party)
        if told is not None:
            return told.comparison
        if incident.is_open:
            return comparison_of(incident, self.keeper.book.picture)
        return Comparison()


def _untold(incident: Incident) -> Entry:
    """Return what would be told of an incident of which nobody was."""
    return Entry(
        number=0,
        kind=Kind.OPENED if incident.is_open else Kind.RESOLVED,
        cause=Cause.STARTED if incident.is_open else Cause.ENDED,
        party=incident.party,
        at_ns=incident.known_ns,
    )


def _newest(incident: Incident) -> tuple[int, str]:
    return -incident.opened_ns, incident.id
