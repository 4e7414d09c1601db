"""The accounts of one site, of all sites and of the city, from the store and the journal."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.accounts.consumer import decode_account
from thongsuot_collector.accounts.site_account import (
    DayAccount,
    SinkProgress,
    site_account,
    with_accepted,
)
from thongsuot_collector.accounts.stream_account import SILENT, BatchFate, StreamAccount
from thongsuot_collector.journal import ranges
from thongsuot_collector.journal.journal import Journal, Tally, day_of
from thongsuot_collector.journal.ranges import Range
from thongsuot_collector.store import acceptances, record_accounts
from thongsuot_collector.store.acceptances import AcceptedAtSink, AcceptedEntries, AcceptedFlaw
from thongsuot_collector.store.record_accounts import AcceptedLoss

_DAY_NS = 86_400 * 10**9


class SiteTotal(msgspec.Struct, frozen=True, kw_only=True):
    """All batches of a site within a time range, by their fate."""

    site: str
    fates: Mapping[BatchFate, int]

    @property
    def made(self) -> int:
        """How many there are."""
        return sum(self.fates.values())

    @property
    def silent(self) -> int:
        """The number of them that are gone without an announcement."""
        return sum(count for fate, count in self.fates.items() if fate in SILENT)


class AllAccepted(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that persons have accepted: losses, entries that a sink lacks, flaws."""

    losses: list[AcceptedLoss]
    entries: list[AcceptedEntries]
    flaws: list[AcceptedFlaw]


def all_accepted(store: Engine) -> AllAccepted:
    """Return everything that persons have accepted, each in order of acceptance."""
    return AllAccepted(
        losses=record_accounts.acceptances(store),
        entries=acceptances.entries(store),
        flaws=acceptances.flaws(store),
    )


def accounts_in(
    store: Engine, bodies: Iterable[bytes], *, site: str = ""
) -> Iterator[StreamAccount]:
    """Yield the accounts that a store has, of a site or of all, with the losses accepted since."""
    accepted: dict[tuple[str, str], list[Range]] = {}
    for part in record_accounts.acceptances(store, site=site):
        accepted.setdefault((part.site, part.stream), []).append((part.first, part.last))
    for account in map(decode_account, bodies):
        account.accepted = ranges.merged(accepted.get((account.site, account.stream), ()))
        yield account


def site_days(
    store: Engine,
    site: str,
    tallies: Mapping[str, Sequence[Tally]],
    sinks: Sequence[SinkProgress],
    *,
    accepted: Mapping[str, AcceptedAtSink],
    from_ns: int,
) -> list[DayAccount]:
    """Return the days of a site from a moment on, the newest first."""
    from_day = day_of(from_ns)
    bodies = record_accounts.streams(store, site=site, heard_after_ns=from_ns)
    streams = list(accounts_in(store, bodies, site=site))
    arrived = record_accounts.arrivals(store, site=site, from_day=from_day).get(site, {})
    return site_account(
        site, streams, arrived, tallies, sinks, accepted=accepted, from_day=from_day
    )


def site_totals(store: Engine, *, from_ns: int) -> list[SiteTotal]:
    """
    Return the batches of the streams with pushes since a moment, by site.

    Only streams with missing batches are read completely: all batches of the others are kept.
    """
    fates: dict[str, dict[BatchFate, int]] = {
        site: {BatchFate.KEPT: kept} if kept else {}
        for site, (_, kept) in record_accounts.made_and_kept(store, heard_after_ns=from_ns).items()
    }
    bodies = record_accounts.streams(store, heard_after_ns=from_ns, missing_only=True)
    for account in accounts_in(store, bodies):
        of_site = fates.setdefault(account.site, {})
        for fate, count in account.counts().items():
            if fate is not BatchFate.KEPT:
                of_site[fate] = of_site.get(fate, 0) + count
    return [SiteTotal(site=site, fates=fates[site]) for site in sorted(fates)]


def sinks_with_accepted(
    sinks: Iterable[SinkProgress],
    accepted: Mapping[str, AcceptedAtSink],
    tallies: Mapping[str, Sequence[Tally]],
) -> list[SinkProgress]:
    """Return the position of each sink with the accepted entries apart (``with_accepted``)."""
    return [
        with_accepted(progress, accepted[progress.sink], tallies.get(progress.sink, ()))
        if progress.sink in accepted
        else progress
        for progress in sinks
    ]


class RecordOverview:
    """
    The accounts as shown by pages and metrics.

    ``progress`` returns the position of each sink, without what persons have accepted. ``window_s``
    is how far back to look: the retention time of the journal.
    """

    def __init__(
        self,
        store: Engine,
        journal: Journal,
        progress: Callable[[], Awaitable[Sequence[SinkProgress]]],
        *,
        window_s: float,
    ) -> None:
        self._store = store
        self._journal = journal
        self._progress = progress
        self._window_ns = int(window_s * 1e9)

    async def sinks(self) -> Sequence[SinkProgress]:
        """Return the position of each sink, over all sites."""
        return await self._with_accepted(await self._accepted_at_sinks())

    async def accepted(self) -> AllAccepted:
        """Return everything that persons have accepted."""
        return await asyncio.to_thread(all_accepted, self._store)

    async def _accepted_at_sinks(self) -> dict[str, AcceptedAtSink]:
        return await asyncio.to_thread(acceptances.at_sinks, self._store, self._journal.name)

    async def _with_accepted(self, accepted: Mapping[str, AcceptedAtSink]) -> list[SinkProgress]:
        progress = await self._progress()
        if not accepted:
            return list(progress)
        lost = await self._journal.tallies(from_day=0, lost_only=True)
        return sinks_with_accepted(progress, accepted, lost)

    async def site(self, site: str, *, days: int) -> list[DayAccount]:
        """Return the last days of a site, the newest first."""
        from_ns = time.time_ns() - min(days * _DAY_NS, self._window_ns)
        tallies = await self._journal.tallies(from_day=day_of(from_ns), site=site)
        accepted = await self._accepted_at_sinks()
        sinks = await self._with_accepted(accepted)
        return await asyncio.to_thread(
            lambda: site_days(self._store, site, tallies, sinks, accepted=accepted, from_ns=from_ns)
        )

    async def sites(self) -> list[SiteTotal]:
        """Return all sites."""
        from_ns = time.time_ns() - self._window_ns
        return await asyncio.to_thread(lambda: site_totals(self._store, from_ns=from_ns))
