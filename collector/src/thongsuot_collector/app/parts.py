"""The parts of a collector, made in the order in which they need each other."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.app.entrance import Entrance, entrance
from thongsuot_collector.app.housekeeping import Housekeeping
from thongsuot_collector.aside import SetAside
from thongsuot_collector.asks.book import AskBook
from thongsuot_collector.config.model import CollectorConfig
from thongsuot_collector.config.read import Configuration
from thongsuot_collector.config.whole import directory_for
from thongsuot_collector.correlation import keeper as correlation
from thongsuot_collector.correlation.keeper import IncidentKeeper, KeeperSettings
from thongsuot_collector.directory import Directory
from thongsuot_collector.ingest.clock import ClockBook
from thongsuot_collector.journal.entry import Entry
from thongsuot_collector.journal.sqlite import SqliteJournal, open_journal
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.notify.telling.desk import Desk
from thongsuot_collector.notify.telling.links import Links, secret_at
from thongsuot_collector.plans import PlanBook
from thongsuot_collector.reader import Reader
from thongsuot_collector.sinks import Sink, Supplies
from thongsuot_collector.siteplan.book import SitePlanBook
from thongsuot_collector.siteplan.watch import InventoryWatch
from thongsuot_collector.state import keeper as state
from thongsuot_collector.state.keeper import StateKeeper
from thongsuot_collector.state.view import ways_of
from thongsuot_collector.statements.archive import Archive
from thongsuot_collector.store import boots
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.timeline.settings import TimelineSettings
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.batch.limits import DEFAULT as LIMITS
from thongsuot_schema.page.view import Way

Heard = Callable[[Entry, Columns], Awaitable[None]]

JOURNAL_FILE = "journal.sqlite"
STORE_FILE = "store.sqlite"
LINKS_FILE = "links.key"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that a running collector consists of, but the server."""

    configuration: Configuration
    directory: Directory
    journal: SqliteJournal
    store: Engine
    metrics: Metrics
    clocks: ClockBook
    entrance: Entrance
    asks: AskBook
    site_plans: SitePlanBook
    inventory: InventoryWatch
    plans: PlanBook
    reader: Reader
    aside: SetAside
    states: StateKeeper
    sinks: dict[str, Sink]
    links: Links
    desk: Desk
    incidents: IncidentKeeper
    archive: Archive
    housekeeping: Housekeeping


@asynccontextmanager
async def parts(configuration: Configuration, directory: Directory) -> AsyncIterator[Parts]:
    """
    Open everything, and close it at the end.

    Raises:
        OSError: the state folder cannot be written.
        StoreError: the store is of a newer collector.
    """
    metrics = Metrics()
    store = open_store(configuration.state_dir / STORE_FILE)
    journal = open_journal(
        configuration.state_dir / JOURNAL_FILE,
        committed=lambda jobs, took_s: _note_commit(metrics, jobs, took_s),
    )
    made = _made(configuration, directory, journal, store, metrics)
    try:
        await _load(made)
        yield made
    finally:
        await made.desk.close()
        for sink in made.sinks.values():
            await sink.close()
        await journal.close()
        store.dispose()


async def settle(made: Parts) -> None:
    """Bring what is kept in memory to the disk; nothing more arrives."""
    await made.states.catch_up()
    await made.states.snapshot()
    # What is found only now is told when the collector starts again.
    await made.incidents.catch_up()
    await made.incidents.settle()
    await made.housekeeping.note_boots()
    await made.site_plans.save()


def _made(
    configuration: Configuration,
    directory: Directory,
    journal: SqliteJournal,
    store: Engine,
    metrics: Metrics,
) -> Parts:
    plans = PlanBook(journal, LIMITS)
    reader = Reader(plans, LIMITS)
    aside = SetAside(store, metrics)
    clocks = ClockBook()
    asks = AskBook(store)
    site_plans = SitePlanBook(store, directory, is_offering=configuration.settings.plans.offer)
    heard = _hearers(asks.take, site_plans.take)
    states = StateKeeper(journal, reader, store=store, aside=aside, metrics=metrics, heard=heard)
    supplies = Supplies(
        journal=journal,
        reader=reader,
        states=states,
        labels_of=directory.labels_of,
        aside=aside,
        metrics=metrics,
        state_dir=configuration.state_dir,
    )
    sinks = {settings.name: kind.make(settings, supplies) for kind, settings in configuration.sinks}
    links = _links(configuration)
    desk = _desk(configuration, supplies, directory, store, links)
    incidents = _incidents(configuration, supplies, directory, store, desk)
    return Parts(
        configuration=configuration,
        directory=directory,
        journal=journal,
        store=store,
        metrics=metrics,
        clocks=clocks,
        entrance=entrance(configuration, store, metrics),
        asks=asks,
        site_plans=site_plans,
        inventory=_inventory(configuration, directory, site_plans, incidents, metrics),
        plans=plans,
        reader=reader,
        aside=aside,
        states=states,
        sinks=sinks,
        links=links,
        desk=desk,
        incidents=incidents,
        archive=Archive(store, directory, calm_s=configuration.settings.timeline.calm_s),
        housekeeping=Housekeeping(
            configuration.settings,
            journal=journal,
            store=store,
            clocks=clocks,
            states=states,
            consumers={state.CONSUMER: states, correlation.CONSUMER: incidents, **sinks},
            metrics=metrics,
        ),
    )


def _hearers(*hearers: Heard) -> Heard:
    """Return what tells each of these of a batch, one after the other."""

    async def heard(entry: Entry, columns: Columns) -> None:
        for one in hearers:
            await one(entry, columns)

    return heard


def _inventory(
    configuration: Configuration,
    directory: Directory,
    site_plans: SitePlanBook,
    incidents: IncidentKeeper,
    metrics: Metrics,
) -> InventoryWatch:
    async def changed(by: str, detail: str) -> None:
        incidents.book.picture.look_again()
        await site_plans.renew(by=by, detail=detail, is_known=True)

    return InventoryWatch(
        Path(configuration.settings.inventory_dir),
        directory,
        read=lambda: directory_for(configuration, file="the configuration"),
        changed=changed,
        metrics=metrics,
    )


def _links(configuration: Configuration) -> Links:
    secret = secret_at(configuration.state_dir / LINKS_FILE)
    return Links(configuration.settings.notify.page_url, secret)


def _desk(
    configuration: Configuration,
    supplies: Supplies,
    directory: Directory,
    store: Engine,
    links: Links,
) -> Desk:
    settings, states = configuration.settings, supplies.states

    def ways(site: str, link: str) -> tuple[Way, ...]:
        state = states.sites.get(site)
        return () if state is None else ways_of(state, link, directory.networks)

    return Desk(
        configuration.channels,
        settings.notify,
        directory=directory,
        store=store,
        registry=supplies.metrics.registry,
        links=links,
        ways=ways,
        support_hotline=settings.page.support_hotline,
    )


def _incidents(
    configuration: Configuration,
    supplies: Supplies,
    directory: Directory,
    store: Engine,
    desk: Desk,
) -> IncidentKeeper:
    return IncidentKeeper(
        supplies.journal,
        supplies.reader,
        store=store,
        aside=supplies.aside,
        directory=directory,
        tell=desk.hand_over,
        settings=_keeper_settings(configuration.settings),
    )


def _keeper_settings(settings: CollectorConfig) -> KeeperSettings:
    kept = msgspec.structs.asdict(settings.timeline)
    timeline = TimelineSettings(silent_after_s=settings.page.silent_after_s, **kept)
    return KeeperSettings(timeline=timeline, incidents=settings.incidents)


async def _load(made: Parts) -> None:
    for boot in await asyncio.to_thread(boots.all_known, made.store):
        made.clocks.restore(boot.site, boot.boot_id, epoch_ns=boot.epoch_ns, heard_ns=boot.heard_ns)
    await made.entrance.refresh()
    await made.asks.refresh()
    await made.site_plans.load()
    await made.states.load()
    await made.states.catch_up()
    await made.incidents.load()
    await made.desk.load()
    _log.info("state taken up sites=%d journal_head=%d", len(made.states.sites), made.journal.head)


def _note_commit(metrics: Metrics, jobs: int, took_s: float) -> None:
    metrics.commit_jobs.observe(jobs)
    metrics.commit_seconds.observe(took_s)
