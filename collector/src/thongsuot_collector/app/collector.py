"""A collector from start to stop."""

import asyncio
import logging
import random
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial

from sqlalchemy.exc import DBAPIError

from thongsuot_collector.app.components import Components, open_components
from thongsuot_collector.app.dead_letter_retries import DeadLetterRetries
from thongsuot_collector.app.election import Election, open_election, process_name
from thongsuot_collector.app.journal_check import JournalCheck
from thongsuot_collector.app.readiness import unjudged_entries
from thongsuot_collector.app.record_gauges import RecordGauges
from thongsuot_collector.app.record_reports import report_hearer
from thongsuot_collector.app.routes import city_of, page_apps
from thongsuot_collector.app.shutdown import put_down
from thongsuot_collector.app.unavailable import UnavailableServers
from thongsuot_collector.config.model import CollectorConfig
from thongsuot_collector.config.read import Configuration
from thongsuot_collector.correlation import consumer as correlation
from thongsuot_collector.errors import JournalDamaged, JournalRefused, StoreError
from thongsuot_collector.ingest.backlog_gate import BacklogGate
from thongsuot_collector.ingest.conflicts import ConflictPutBack
from thongsuot_collector.ingest.push_endpoint import PushEndpoint, SiteCallbacks
from thongsuot_collector.ingest.push_gathering import PushGathering
from thongsuot_collector.ingest.push_handler import PushCallbacks, PushHandler
from thongsuot_collector.ingest.rate_limit import RateLimiter, network_of
from thongsuot_collector.ingest.server import bind_listener, page_server, push_server, url_of
from thongsuot_collector.ingest.settings import Listen
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.journal.dead_letters import DeadLetterIntake
from thongsuot_collector.notify.dispatch.work_notices import WorkNotices
from thongsuot_collector.queries.nearest import NearestSiteOffers, NearestSites
from thongsuot_collector.reflector.service import reflect
from thongsuot_collector.state import consumer as state
from thongsuot_collector.statements.archive import StatementIssuer
from thongsuot_runtime.supervisor import FailedTask, Supervisor
from thongsuot_schema.batch import kernel
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.batch.push import PushResponse, fit_answer

_AGAIN_S = 1.0

_OF_THE_DATABASE = (DBAPIError, StoreError, JournalRefused, JournalDamaged)
"""
A database is temporarily unavailable, or lacks entries that were read from the server before:
unacknowledged entries are visible briefly while a server that waits for its standby is stopped.
"""

_log = logging.getLogger(__name__)


async def run_collector(
    configuration: Configuration,
    directory: InventoryDirectory,
    *,
    stop: asyncio.Event,
    listening: Callable[[str], None],
    accept_empty_store: bool = False,
) -> None:
    """
    Run a collector until ``stop`` is set; returns when all acknowledged data is stored.

    ``listening`` is called with the URL as soon as pushes are accepted.

    Raises:
        OSError: the address cannot be listened on, or the state folder cannot be written.
        StoreError: the store is of a newer collector.
        JournalDamaged: a file's journal, found while running; after a restart the process recovers
            its readable part.
    """
    settings = configuration.settings
    with ExitStack() as open_sockets:
        sock, page_sock = _listeners(settings, open_sockets)
        name = process_name()
        announce = _UrlAnnouncement(listening)
        async with (
            open_election(configuration, name) as election,
            UnavailableServers(settings.listen, sock, page_sock) as unavailable,
        ):
            while not stop.is_set():
                role = election.acknowledge_role()
                try:
                    async with open_components(
                        configuration,
                        directory,
                        role=role,
                        name=name,
                        accept_empty_store=accept_empty_store and not announce.is_told,
                    ) as components:
                        await unavailable.end()
                        _publish_unjudged(components)
                        ended = _ended(stop, election)
                        try:
                            await _serve(components, sock, page_sock, ended, announce)
                        except BaseExceptionGroup as group:
                            _raise_damage(group)
                            raise
                        finally:
                            ended.cancel()
                        await put_down(components)
                except _OF_THE_DATABASE as error:
                    if not role.is_shared or not announce.is_told:
                        raise
                    # All in-memory state is read again; the former role ends anyway.
                    unavailable.start(f"cannot use the database: {_first_line(error)}")
                    await _pause(stop)
    _log.info("stopped")


def _publish_unjudged(components: Components) -> None:
    """Let followers know how many entries are not judged: the backlog waits there as well."""
    term = components.role.term
    if term is not None:
        term.count_unjudged = partial(unjudged_entries, components)


def _listeners(
    settings: CollectorConfig, open_sockets: ExitStack
) -> tuple[socket.socket, socket.socket | None]:
    """Return the socket of pushes, and that of pages where they have an address of their own."""
    sock = open_sockets.enter_context(bind_listener(settings.listen))
    if not settings.page.address:
        return sock, None
    page = Listen(address=settings.page.address)
    return sock, open_sockets.enter_context(bind_listener(page))


async def _pause(stop: asyncio.Event) -> None:
    """Wait for the next attempt, or until the collector has to stop."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_AGAIN_S):
            await stop.wait()


def _ended(stop: asyncio.Event, election: Election) -> asyncio.Task[None]:
    """Return a task that is done when the collector has to stop, or has another role."""

    async def wait() -> None:
        awaited = stop.wait(), election.wait_for_change()
        waiting = [asyncio.ensure_future(each) for each in awaited]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    return asyncio.create_task(wait())


def _raise_damage(group: BaseExceptionGroup[BaseException]) -> None:
    damaged, _ = group.split(JournalDamaged)
    if damaged is not None:
        raise JournalDamaged(str(_first_leaf(damaged))) from group


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


class _UrlAnnouncement:
    """Announces the URL once, although a collector listens again whenever its role changes."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.is_told = False

    def __call__(self, url: str) -> None:
        if not self.is_told:
            self.is_told = True
            self._tell(url)


async def _serve(
    components: Components,
    sock: socket.socket,
    page_sock: socket.socket | None,
    ended: asyncio.Task[None],
    listening: Callable[[str], None],
) -> None:
    settings, journal = components.configuration.settings, components.journal
    listen = settings.listen
    async with asyncio.TaskGroup() as group:
        damage = _DamageAlarm()
        # More of them add no information to the first hundred.
        intake = DeadLetterIntake(components.dead_letters, limit=100)
        beside, alone = page_apps(components)
        web = push_server(
            listen,
            _push_endpoint(components, damage, intake),
            PushGathering(settings.journal.gather_s, journal.commit_soon),
            beside,
            components.agent_access.handshakes,
        )
        # A server closes its listening sockets; these stay open, for its successor in another role.
        serving = [group.create_task(web.serve(sockets=[sock.dup()]))]
        servers = [web]
        if page_sock is not None:
            servers.append(page_server(alone, listen.trusted_proxies))
            serving.append(group.create_task(servers[-1].serve(sockets=[page_sock.dup()])))
        supervisor = Supervisor(
            random=random.random,
            fatal=(JournalDamaged,),
            limit_s=5.0,  # a database that takes writes again is used within seconds
            on_failure=partial(_note_failure, components),
        )
        stop_jobs = asyncio.Event()
        jobs = dict(_jobs(components, intake)) | {"journal damage": damage.wait}
        supervised = group.create_task(supervisor.run(jobs, stop_jobs))
        url = url_of(listen, sock)
        sinks = ",".join(components.sinks) or "none"
        _log.info("listening url=%s sinks=%s kernel=%s", url, sinks, kernel.IMPLEMENTATION)
        if kernel.NOT_COMPILED_BECAUSE:
            _log.info(
                "cannot use the compiled kernel: %s; using Python instead, with more CPU",
                kernel.NOT_COMPILED_BECAUSE,
            )
        listening(url)
        await asyncio.wait((ended, *serving), return_when=asyncio.FIRST_COMPLETED)
        # First accept no more pushes; the consumers may still process those acknowledged before.
        components.stopping.set()
        for server in servers:
            server.end()
        await asyncio.wait(serving)
        stop_jobs.set()
        await supervised


def _note_failure(components: Components, task: FailedTask) -> None:
    components.metrics.failures.labels(task.name).inc()
    components.task_failures.note(task)


def _push_endpoint(
    components: Components, damage: "_DamageAlarm", intake: DeadLetterIntake
) -> PushEndpoint:
    settings = components.configuration.settings
    nearest = NearestSiteOffers(NearestSites(city_of(components)))
    handler = PushHandler(
        components.journal,
        layouts=components.layouts,
        reader=components.reader,
        clocks=components.clocks,
        limits=LIMITS,
        metrics=components.metrics,
        budgets=components.quarantines.budgets,
        callbacks=PushCallbacks(
            conflicting=intake.put_conflict,
            badly_signed=intake.put_badly_signed,
            damaged=damage.report,
            not_stored=components.storage.note_refused,
            check_age=BacklogGate(
                lambda: unjudged_entries(components), settings.ingest.backlog_lag_entries
            ).check,
        ),
    )
    return PushEndpoint(
        handler,
        components.agent_access.authenticator,
        limits=LIMITS,
        metrics=components.metrics,
        callbacks=SiteCallbacks(
            answer=lambda site, site_config: fit_answer(
                PushResponse(
                    notifications=components.notifications.notified_parties(site),
                    incidents=components.site_incidents(site),
                    test_requests=components.test_requests.pending(site),
                    site_config=components.site_configs.offer_for(site, site_config),
                    nearest=nearest.offer(site, time.monotonic()),
                    has_duplicate_devices=components.clocks.duplicate_devices.has_duplicates(
                        site, now_ns=time.time_ns()
                    ),
                )
            ),
            on_report=report_hearer(components),
            accepted=components.storage.note_accepted,
            not_admitted=components.storage.note_refused,
        ),
        budgets=components.quarantines.budgets,
        failed_attempts=RateLimiter(
            per_second=settings.ingest.bad_tokens_per_s,
            reserve=settings.ingest.bad_tokens_burst,
            sender_of=network_of,
        ),
    )


Job = tuple[str, Callable[[], Awaitable[None]]]


def _jobs(components: Components, intake: DeadLetterIntake) -> Iterator[Job]:
    yield "state", components.states.run
    yield "storage check", components.storage.run
    yield from _leading_jobs(components) if components.role.leads else _following_jobs(components)
    yield "tokens", components.agent_access.tokens.keep_fresh
    yield "certificates", components.agent_access.keep_fresh
    yield "tests", components.test_requests.keep_fresh
    yield "site configurations", components.site_configs.sync_forever
    if components.configuration.settings.inventory_dir:
        yield "inventory", components.inventory.run
    yield "dead letters of pushes", intake.run
    yield "quarantines", components.quarantines.run
    reflector = components.configuration.settings.reflector
    if reflector.stamp_address or reflector.throughput_address:
        yield "reflector", lambda: reflect(reflector, components.metrics)


def _following_jobs(components: Components) -> Iterator[Job]:
    yield "following", components.following.run
    yield "reports", components.passing.run
    yield "housekeeping", components.housekeeping.run_following


def _leading_jobs(components: Components) -> Iterator[Job]:
    if components.role.is_shared:
        yield "following", components.following.watch
    yield "snapshots", components.states.snapshot_forever
    yield "accounts", components.accounts.run
    yield "incidents", components.incidents.run
    yield "maintenance", components.incidents.follow_windows
    yield "notifications", lambda: components.notifications.run(components.incidents)
    yield "work notices", _work_notices(components).run
    yield (
        "statements",
        StatementIssuer(components.archive, components.configuration.settings.sla).run,
    )
    yield "housekeeping", components.housekeeping.run
    yield "record gauges", RecordGauges(components.overview, components.metrics).run
    yield "journal check", JournalCheck(components.journal).run
    yield "dead letters", _dead_letter_retries(components).run
    for name, sink in components.sinks.items():
        yield f"sink {name}", sink.run


def _work_notices(components: Components) -> WorkNotices:
    return WorkNotices(
        components.notifications.sender,
        components.directory,
        components.configuration.settings.notify,
        components.archive.store,  # whose writes end with the term of a leader
    )


def _dead_letter_retries(components: Components) -> DeadLetterRetries:
    return DeadLetterRetries(
        components.dead_letters,
        components.journal,
        components.reader,
        ConflictPutBack(components.journal, components.layouts),
        {state.CONSUMER: components.states, correlation.CONSUMER: components.incidents},
    )


def _first_leaf(group: BaseExceptionGroup[JournalDamaged]) -> JournalDamaged:
    """Return the first exception in a group; groups may be nested."""
    first = group.exceptions[0]
    return _first_leaf(first) if isinstance(first, BaseExceptionGroup) else first


class _DamageAlarm:
    """
    Passes the report of a broken journal from its discoverer to the task that ends the process.
    """

    def __init__(self) -> None:
        self._found = asyncio.Event()
        self._error: JournalDamaged | None = None

    def report(self, error: JournalDamaged) -> None:
        """Record a problem."""
        self._error = error
        self._found.set()

    async def wait(self) -> None:
        """Raise a reported problem; wait while there is none."""
        await self._found.wait()
        assert self._error is not None
        raise self._error
