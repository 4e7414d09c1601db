"""The parts of a collector, created in the order of their dependencies."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from thongsuot_collector.accounts import consumer as account
from thongsuot_collector.accounts.consumer import AccountConsumer
from thongsuot_collector.accounts.overview import RecordOverview
from thongsuot_collector.accounts.site_account import SinkProgress
from thongsuot_collector.app.agent_access import AgentAccess, agent_access
from thongsuot_collector.app.durable import PROGRAM, free_bytes_of, open_durable, unusable
from thongsuot_collector.app.election import LONE, CollectorRole, Stores, decisions_of
from thongsuot_collector.app.following import Following, ReportPassing
from thongsuot_collector.app.housekeeping import Consumer, Housekeeping
from thongsuot_collector.app.judging import (
    expose_incidents,
    incident_consumer,
    notification_service,
    signed_links,
)
from thongsuot_collector.app.quarantines import SiteQuarantines
from thongsuot_collector.app.task_failures import TaskFailures
from thongsuot_collector.commissioning.records import CommissioningRecords
from thongsuot_collector.config.read import Configuration, directory_for
from thongsuot_collector.correlation import consumer as correlation
from thongsuot_collector.correlation.consumer import IncidentConsumer
from thongsuot_collector.correlation.problem_reports import ProblemReports
from thongsuot_collector.ingest.device_clock import BootClocks
from thongsuot_collector.ingest.push_storage import PushStorage
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.watch import InventoryWatch
from thongsuot_collector.journal.dead_letters import DeadLetterQueue
from thongsuot_collector.journal.entry import JournalEntry
from thongsuot_collector.journal.journal import Cursor, Journal
from thongsuot_collector.journal.layout_cache import LayoutCache
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks
from thongsuot_collector.notify.dispatch.service import NotificationService
from thongsuot_collector.sinks.contract import Sink, SinkContext
from thongsuot_collector.sinks.delivery.progress import progress_of_all
from thongsuot_collector.siteconfig.registry import SiteConfigRegistry
from thongsuot_collector.state import consumer as state
from thongsuot_collector.state.consumer import StateConsumer
from thongsuot_collector.statements.archive import StatementArchive
from thongsuot_collector.store import boots
from thongsuot_collector.test_requests.registry import PendingTestRequests
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.batch.push import SiteIncident

Consumers = Mapping[str, Consumer]
BatchCallback = Callable[[JournalEntry, Columns], Awaitable[None]]

SIGN_IN_FILE = "sign-in.key"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """All parts of a running collector, except the server."""

    configuration: Configuration
    directory: InventoryDirectory
    journal: Journal
    store: Engine
    metrics: Metrics
    clocks: BootClocks
    agent_access: AgentAccess
    quarantines: SiteQuarantines
    test_requests: PendingTestRequests
    commissioning: CommissioningRecords
    site_configs: SiteConfigRegistry
    inventory: InventoryWatch
    layouts: LayoutCache
    reader: BatchReader
    dead_letters: DeadLetterQueue
    states: StateConsumer
    accounts: AccountConsumer
    sinks: dict[str, Sink]
    links: IncidentLinks
    notifications: NotificationService
    incidents: IncidentConsumer
    problems: ProblemReports
    archive: StatementArchive
    housekeeping: Housekeeping
    overview: RecordOverview
    role: CollectorRole
    passing: ReportPassing
    following: Following
    storage: PushStorage
    task_failures: TaskFailures = field(default_factory=TaskFailures)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def site_incidents(self, site: str) -> tuple[SiteIncident, ...]:
        """Return the open incidents of a site's faults, in their current state."""
        return self.notifications.site_incidents(site, self.incidents.registry.incidents)


@asynccontextmanager
async def open_components(
    configuration: Configuration,
    directory: InventoryDirectory,
    *,
    role: CollectorRole = LONE,
    name: str = PROGRAM,
    accept_empty_store: bool = False,
) -> AsyncIterator[Components]:
    """
    Open everything, and close it at the end.

    ``role`` is whether it leads, ``name`` the name of its sessions at a database.

    Raises:
        OSError: the state folder cannot be written.
        StoreError: the store is of a newer collector, or refuses what is read at the start.
    """
    metrics = Metrics()
    store, journal = await open_durable(
        configuration,
        role=role,
        name=name,
        accept_empty_store=accept_empty_store,
        committed=lambda jobs, took_s: _record_commit(metrics, jobs, took_s),
    )
    decisions = decisions_of(store, configuration, role, name)
    stores = Stores(store=store, decisions=decisions, role=role)
    components = _components(configuration, directory, journal, stores, metrics)
    components.incidents.listening.problem = lambda: components.storage.problem
    try:
        try:
            await _load_state(components)
        except DBAPIError as error:
            raise unusable(configuration, error) from error
        yield components
    finally:
        await components.notifications.close()
        for sink in components.sinks.values():
            await sink.close()
        await journal.close()
        decisions.dispose()
        store.dispose()


def _components(
    configuration: Configuration,
    directory: InventoryDirectory,
    journal: Journal,
    stores: Stores,
    metrics: Metrics,
) -> Components:
    store, decisions, role = stores.store, stores.decisions, stores.role
    layouts, leads = LayoutCache(journal, LIMITS), role.leads
    reader = BatchReader(layouts, LIMITS)
    dead_letters, clocks = DeadLetterQueue(store, metrics, keeps_entries=leads), BootClocks()
    test_requests, commissioning = PendingTestRequests(store), CommissioningRecords(store)
    site_configs = _site_configs(configuration, stores, directory)
    on_batch = _batch_callback(test_requests, site_configs, commissioning) if leads else None
    supplies = _supplies(
        configuration,
        directory,
        decisions=decisions,
        journal=journal,
        reader=reader,
        dead_letters=dead_letters,
        metrics=metrics,
        on_batch=on_batch,
    )
    sinks = {settings.name: kind.make(settings, supplies) for kind, settings in configuration.sinks}
    accounts = AccountConsumer(journal, reader, store=decisions, is_shared=role.is_shared)
    links = signed_links(configuration)
    service, incidents = _judging(configuration, supplies, directory, stores, links)
    consumers: Consumers = {correlation.CONSUMER: incidents, account.CONSUMER: accounts, **sinks}
    return Components(
        configuration=configuration,
        directory=directory,
        journal=journal,
        store=store,
        metrics=metrics,
        clocks=clocks,
        agent_access=agent_access(configuration, store, metrics),
        quarantines=_quarantines(configuration, supplies, directory, store, incidents),
        test_requests=test_requests,
        commissioning=commissioning,
        site_configs=site_configs,
        inventory=_inventory(configuration, directory, site_configs, incidents, metrics),
        layouts=layouts,
        reader=reader,
        dead_letters=dead_letters,
        states=supplies.states,
        accounts=accounts,
        sinks=sinks,
        links=links,
        notifications=service,
        incidents=incidents,
        problems=ProblemReports(incidents),
        archive=_archive(configuration, directory, decisions),
        housekeeping=_housekeeping(supplies, store, clocks, configuration, consumers),
        overview=_record_overview(configuration, journal, store, sinks),
        role=role,
        passing=ReportPassing(store, journal),
        following=Following(store, incidents.registry, service, metrics),
        storage=PushStorage(journal),
    )


def _archive(
    configuration: Configuration, directory: InventoryDirectory, decisions: Engine
) -> StatementArchive:
    return StatementArchive(decisions, directory, calm_s=configuration.settings.timeline.calm_s)


def _supplies(
    configuration: Configuration,
    directory: InventoryDirectory,
    *,
    decisions: Engine,
    journal: Journal,
    reader: BatchReader,
    dead_letters: DeadLetterQueue,
    metrics: Metrics,
    on_batch: BatchCallback | None,
) -> SinkContext:
    """Return the inputs of sinks, including the states of all sites."""
    states = StateConsumer(
        journal,
        reader,
        store=decisions,
        dead_letters=dead_letters,
        metrics=metrics,
        on_batch=on_batch,
    )
    states.keep_rollups(lambda: directory.targets_of_line)
    return SinkContext(
        journal=journal,
        reader=reader,
        states=states,
        labels_of=directory.labels_of,
        dead_letters=dead_letters,
        metrics=metrics,
        state_dir=configuration.state_dir,
    )


def _site_configs(
    configuration: Configuration, stores: Stores, directory: InventoryDirectory
) -> SiteConfigRegistry:
    return SiteConfigRegistry(
        stores.store,
        directory,
        is_offering=configuration.settings.site_configs.offer,
        is_shared=stores.role.is_shared,
        makes_versions=stores.role.leads,
    )


def _judging(
    configuration: Configuration,
    supplies: SinkContext,
    directory: InventoryDirectory,
    stores: Stores,
    links: IncidentLinks,
) -> tuple[NotificationService, IncidentConsumer]:
    """
    Return the notification service and the incident consumer; a follower gets replicas of both.
    """
    role, decisions = stores.role, stores.decisions
    service = notification_service(configuration, supplies, directory, decisions, links)
    service.sender.may_send = role.may_decide
    incidents = incident_consumer(configuration, supplies, directory, decisions, service)
    if role.leads:
        expose_incidents(configuration, incidents, supplies.metrics)
    supplies.metrics.leading.set(role.leads)
    return service, incidents


def _quarantines(
    configuration: Configuration,
    supplies: SinkContext,
    directory: InventoryDirectory,
    store: Engine,
    incidents: IncidentConsumer,
) -> SiteQuarantines:
    return SiteQuarantines(
        configuration.settings.ingest,
        directory,
        store=store,
        metrics=supplies.metrics,
        turns=incidents.turns,
    )


def _housekeeping(
    supplies: SinkContext,
    store: Engine,
    clocks: BootClocks,
    configuration: Configuration,
    consumers: Consumers,
) -> Housekeeping:
    housekeeping = Housekeeping(
        configuration.settings,
        journal=supplies.journal,
        store=store,
        clocks=clocks,
        states=supplies.states,
        consumers={state.CONSUMER: supplies.states, **consumers},
        metrics=supplies.metrics,
    )
    if not configuration.settings.journal.url:
        housekeeping.keep_room(partial(free_bytes_of, configuration.state_dir))
    return housekeeping


def _record_overview(
    configuration: Configuration, journal: Journal, store: Engine, sinks: Collection[str]
) -> RecordOverview:
    """Return the overview of all sites' accounts for pages and metrics."""

    async def progress() -> list[SinkProgress]:
        cursors = dict.fromkeys(sinks, Cursor()) | await journal.cursors()
        return progress_of_all(sinks, cursors, journal.head)

    return RecordOverview(
        store, journal, progress, window_s=configuration.settings.journal.retention_s
    )


def _batch_callback(
    *hearers: PendingTestRequests | SiteConfigRegistry | CommissioningRecords,
) -> BatchCallback:
    """Return a callback that passes a batch to each of these in turn."""

    async def heard(entry: JournalEntry, columns: Columns) -> None:
        for hearer in hearers:
            await hearer.apply_batch(entry, columns)

    return heard


def _inventory(
    configuration: Configuration,
    directory: InventoryDirectory,
    site_configs: SiteConfigRegistry,
    incidents: IncidentConsumer,
    metrics: Metrics,
) -> InventoryWatch:
    async def changed(by: str, detail: str) -> None:
        incidents.registry.network_state.reload_inventory()
        await site_configs.regenerate(by=by, detail=detail, is_known=True)

    return InventoryWatch(
        Path(configuration.settings.inventory_dir),
        directory,
        read=lambda: directory_for(configuration, file="the configuration"),
        changed=changed,
        metrics=metrics,
    )


async def _load_state(components: Components) -> None:
    for boot in await asyncio.to_thread(boots.all_known, components.store):
        components.clocks.restore(
            boot.site, boot.boot_id, epoch_ns=boot.epoch_ns, heard_ns=boot.heard_ns
        )
    await components.agent_access.refresh()
    await components.test_requests.refresh()
    await components.commissioning.load()
    await components.site_configs.load()
    await components.states.load()
    await components.states.catch_up()
    if components.role.leads:
        await components.accounts.load()
        await components.incidents.load()
        await components.notifications.load()
    else:
        await components.following.refresh()
    _log.info(
        "state loaded sites=%d journal_head=%d",
        len(components.states.sites),
        components.journal.head,
    )


def _record_commit(metrics: Metrics, jobs: int, took_s: float) -> None:
    metrics.commit_jobs.observe(jobs)
    metrics.commit_seconds.observe(took_s)
