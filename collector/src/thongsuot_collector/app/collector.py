"""A collector from start to stop."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack

from thongsuot_collector.app.parts import Parts, parts, settle
from thongsuot_collector.app.server import bind, page_server, server, url_of
from thongsuot_collector.app.site import sites
from thongsuot_collector.app.supervisor import keep_running
from thongsuot_collector.config.model import Listen
from thongsuot_collector.config.read import Configuration
from thongsuot_collector.directory import Directory
from thongsuot_collector.errors import JournalDamaged
from thongsuot_collector.ingest.asgi import Ingest
from thongsuot_collector.ingest.door import Door
from thongsuot_collector.ingest.pace import Pace
from thongsuot_collector.journal.entry import Entry
from thongsuot_collector.reflector.service import reflect
from thongsuot_collector.statements.archive import Issuer
from thongsuot_schema.batch.limits import DEFAULT as LIMITS
from thongsuot_schema.batch.push import Answer

_log = logging.getLogger(__name__)


async def run(
    configuration: Configuration,
    directory: Directory,
    *,
    stop: asyncio.Event,
    listening: Callable[[str], None],
) -> None:
    """
    Run a collector until ``stop`` is set; returns when everything acknowledged is where it belongs.

    ``listening`` is told the URL as soon as pushes are taken.

    Raises:
        OSError: the address cannot be listened on, or the state folder cannot be written.
        StoreError: the store is of a newer collector.
        JournalDamaged: found broken while running; started again, the process sets it aside.
    """
    settings = configuration.settings
    with ExitStack() as open_sockets:
        sock = open_sockets.enter_context(bind(settings.listen))
        page_sock = None
        if settings.page.address:
            page_sock = open_sockets.enter_context(bind(Listen(address=settings.page.address)))
        async with parts(configuration, directory) as made:
            try:
                await _serve(made, sock, page_sock, stop, listening)
            except BaseExceptionGroup as group:
                damaged, _ = group.split(JournalDamaged)
                if damaged is not None:
                    raise JournalDamaged(str(damaged.exceptions[0])) from group
                raise
            await settle(made)
    _log.info("stopped")


async def _serve(
    made: Parts,
    sock: socket.socket,
    page_sock: socket.socket | None,
    stop: asyncio.Event,
    listening: Callable[[str], None],
) -> None:
    listen = made.configuration.settings.listen
    async with asyncio.TaskGroup() as group:
        damage = _Damage()
        conflicts: asyncio.Queue[Entry] = asyncio.Queue(maxsize=100)
        beside, alone = sites(made)
        web = server(listen, _ingest(made, damage, conflicts), beside, made.entrance.handshakes)
        serving = [group.create_task(web.serve(sockets=[sock]))]
        servers = [web]
        if page_sock is not None:
            servers.append(page_server(alone))
            serving.append(group.create_task(servers[-1].serve(sockets=[page_sock])))
        others = [
            group.create_task(keep_running(name, job, made.metrics), name=name)
            for name, job in _jobs(made, conflicts)
        ]
        others.append(group.create_task(damage.watch()))
        url = url_of(listen, sock)
        _log.info("listening url=%s sinks=%s", url, ",".join(made.sinks) or "none")
        listening(url)
        stopping = group.create_task(stop.wait())
        await asyncio.wait((stopping, *serving), return_when=asyncio.FIRST_COMPLETED)
        # First no more pushes; what was acknowledged until then, the consumers may still carry on.
        for one in servers:
            one.should_exit = True
        await asyncio.wait(serving)
        for task in (*others, stopping):
            task.cancel()


def _ingest(made: Parts, damage: "_Damage", conflicts: asyncio.Queue[Entry]) -> Ingest:
    settings = made.configuration.settings

    def note_conflict(entry: Entry) -> None:
        if not conflicts.full():  # a flood of them tells no more than the first hundred
            conflicts.put_nowait(entry)

    door = Door(
        made.journal,
        plans=made.plans,
        reader=made.reader,
        clocks=made.clocks,
        limits=LIMITS,
        metrics=made.metrics,
        conflicting=note_conflict,
        damaged=damage.tell,
    )
    return Ingest(
        door,
        made.entrance.admission,
        limits=LIMITS,
        metrics=made.metrics,
        answer=lambda site, plan: Answer(
            told=made.desk.told_push(site),
            asks=made.asks.waiting(site),
            plan=made.site_plans.answer(site, plan),
        ),
        sites=Pace(per_second=settings.ingest.pushes_per_s, reserve=settings.ingest.pushes_reserve),
        volumes=Pace(per_second=settings.ingest.bytes_per_s, reserve=settings.ingest.bytes_reserve),
        strangers=Pace(
            per_second=settings.ingest.bad_tokens_per_s,
            reserve=settings.ingest.bad_tokens_reserve,
        ),
    )


def _jobs(
    made: Parts, conflicts: asyncio.Queue[Entry]
) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
    async def set_conflicts_aside() -> None:
        while True:
            await made.aside.put_conflict(await conflicts.get())

    yield "state", made.states.run
    yield "snapshots", made.states.keep_snapshots
    yield "incidents", made.incidents.run
    yield "maintenance", made.incidents.follow_windows
    yield "telling", lambda: made.desk.run(made.incidents)
    yield "statements", Issuer(made.archive, made.configuration.settings.sla).run
    yield "tokens", made.entrance.tokens.keep_fresh
    yield "certificates", made.entrance.keep_fresh
    yield "tests", made.asks.keep_fresh
    yield "plans", made.site_plans.keep
    if made.configuration.settings.inventory_dir:
        yield "inventory", made.inventory.run
    yield "housekeeping", made.housekeeping.run
    yield "conflicts", set_conflicts_aside
    reflector = made.configuration.settings.reflector
    if reflector.stamp_address or reflector.throughput_address:
        yield "reflector", lambda: reflect(reflector, made.metrics)
    for name, sink in made.sinks.items():
        yield f"sink {name}", sink.run


class _Damage:
    """
    Carries the news of a broken journal from wherever it is found to the one who ends the
    process.
    """

    def __init__(self) -> None:
        self._found = asyncio.Event()
        self._error: JournalDamaged | None = None

    def tell(self, error: JournalDamaged) -> None:
        """Note what was found."""
        self._error = error
        self._found.set()

    async def watch(self) -> None:
        """Raise what is told; wait for ever while nothing is."""
        await self._found.wait()
        assert self._error is not None
        raise self._error
