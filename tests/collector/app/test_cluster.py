"""Several collectors on one PostgreSQL: all ingest, one judges, and each fault is told once."""

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest
from sqlalchemy import text

from tests.collector import running
from tests.collector.app.process import CollectorProcess
from tests.collector.app.stage import (
    CONFIG,
    INVENTORY,
    PASSWORD,
    SECRET,
    SITE,
    NotifyingStack,
)
from tests.collector.batches import BatchSealer, S
from tests.collector.notify.incident_events import secret_file
from tests.collector.notify.receiver_process import ReceiverProcess
from tests.collector.reporting_agent import ReportingAgent
from tests.collector.running import WITHIN_S, Pusher, eventually
from tests.plain_http import NO_AUTHORITIES
from tests.postgres import PostgresServer
from thongsuot_collector.notify.channels.webhook.channel import WebhookBody
from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_collector.store import leadership, tokens
from thongsuot_collector.store.cluster_tables import LEADERSHIP
from thongsuot_collector.store.leadership import LeaderCandidate
from thongsuot_collector.store.postgresql import open_database
from thongsuot_collector.store.term import Term, current_leader
from thongsuot_schema.state import State

pytestmark = pytest.mark.servers

_UPTIME_NS = 9000 * S
_ANSWER_S = 3.0
"""So long an agent waits for one collector before it tries the next."""


class CollectorPair:
    """Collectors on one database, a carrier's receiver, and one agent that knows all addresses."""

    def __init__(self, folder: Path, url: str, *, count: int) -> None:
        self.hook = ReceiverProcess(
            "tests.collector.notify.webhook_receiver", folder / "hook", SECRET
        ).start()
        self.store = open_database(PostgresDatabase(url=url))
        database = f'[journal]\nurl = "{url}"\n[store]\nurl = "{url}"\n'
        self.collectors: list[CollectorProcess] = []
        for number in range(count):
            own = folder / f"collector-{number}"
            (own / "inventory").mkdir(parents=True)
            (own / "inventory" / "city.toml").write_text(INVENTORY, encoding="utf-8")
            secret_file(own, "secret", SECRET)
            secret_file(own, "password", PASSWORD)
            (own / "state").mkdir()
            (own / "state" / "links.key").write_bytes(b"ab" * 16)
            config = CONFIG.format(port=self.hook.port) + database
            self.collectors.append(CollectorProcess(own, config))
        self.agent = ReportingAgent(SITE, tokens.create(self.store, SITE))

    async def start(self) -> None:
        for collector in self.collectors:
            await collector.start()
        await eventually(lambda: self.leader() is not None)

    def leader(self) -> CollectorProcess | None:
        """Return the collector that leads by the row in the database, if it is one of these."""
        row = current_leader(self.store)
        pids = {
            str(collector.process.pid): collector
            for collector in self.collectors
            if collector.process is not None
        }
        return None if row is None or row.age_s > 3 else pids.get(row.holder.split()[-2])

    async def eventual_leader(self) -> CollectorProcess:
        """Return the collector that leads, when one does: none may after a pause of them all."""
        leader = None

        def is_there() -> bool:
            nonlocal leader
            leader = self.leader()
            return leader is not None

        await eventually(is_there)
        assert leader is not None
        return leader

    def follower(self) -> CollectorProcess:
        return next(each for each in self.collectors if each is not self.leader())

    async def report(self, state: State, *, first: CollectorProcess | None = None) -> None:
        """Push how the fibre is, to the first collector that answers."""
        order = sorted(self.collectors, key=lambda collector: collector is not first)
        patience_s = _ANSWER_S if len(order) > 1 else WITHIN_S
        while True:
            for collector in order:
                try:
                    async with client_of(collector, patience_s, auth=None) as client:
                        await self.agent.report(client, {"fiber": state})
                except httpx.TransportError:
                    continue
                return
            await asyncio.sleep(0.1)

    def term(self) -> int:
        row = current_leader(self.store)
        return 0 if row is None else row.term

    def unjudged(self) -> int | None:
        """Return what the leader says that it has yet to judge."""
        row = current_leader(self.store)
        return None if row is None else row.unjudged

    async def strike(self, fault: signal.Signals) -> CollectorProcess:
        """Kill or stop the leader, and return it."""
        leader = await self.eventual_leader()
        assert leader.process is not None
        if fault is signal.SIGSTOP:
            leader.process.send_signal(fault)
        else:
            await leader.end(fault)
        return leader

    async def eventually_led_by_another(self, lost: CollectorProcess) -> None:
        await eventually(lambda: self.leader() not in {None, lost})

    async def bring_back(self, lost: CollectorProcess, fault: signal.Signals) -> None:
        """Start it again, or let it go on; returns when it follows."""
        if fault is signal.SIGSTOP:
            assert lost.process is not None
            lost.process.send_signal(signal.SIGCONT)
        else:
            await lost.start()

        async def follows() -> bool:
            try:
                return (await page(lost, "/leader")).text.endswith(f"leads, term {self.term()}")
            except httpx.TransportError:
                return False

        await eventually(follows)

    def notifications(self) -> list[WebhookBody]:
        return [
            msgspec.json.decode(request["body"], type=WebhookBody)
            for request in self.hook.folder.received()
        ]

    async def is_notified(self, count: int) -> None:
        await eventually(lambda: len(self.notifications()) >= count)

    async def close(self) -> None:
        for collector in self.collectors:
            if collector.process is not None:
                collector.process.send_signal(signal.SIGCONT)
                await collector.end(signal.SIGKILL)
        self.hook.stop()
        self.store.dispose()


_READER = httpx.BasicAuth("ai", PASSWORD)


def client_of(
    collector: CollectorProcess,
    timeout_s: float = WITHIN_S,
    *,
    auth: httpx.BasicAuth | None = _READER,
) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=collector.url,
        timeout=timeout_s,
        verify=NO_AUTHORITIES,
        auth=auth,
    )


async def page(collector: CollectorProcess, path: str) -> httpx.Response:
    async with client_of(collector) as client:
        return await client.get(path)


ClusterMaker = Callable[[int], AbstractAsyncContextManager[CollectorPair]]


@pytest.fixture
def new_cluster(postgres: PostgresServer, tmp_path: Path) -> ClusterMaker:
    """Makes a cluster of so many collectors, and ends it."""

    @asynccontextmanager
    async def made(count: int) -> AsyncIterator[CollectorPair]:
        cluster = CollectorPair(tmp_path, postgres.new_database(), count=count)
        try:
            await cluster.start()
            yield cluster
        finally:
            await cluster.close()

    return made


async def test_all_take_pushes_and_show_the_same_and_one_notifies(
    new_cluster: ClusterMaker,
) -> None:
    async with new_cluster(2) as cluster:
        leader = await cluster.eventual_leader()
        await cluster.report(State.UP, first=leader)
        await cluster.report(State.DOWN, first=cluster.follower())
        await cluster.is_notified(1)
        for collector in cluster.collectors:

            async def shows_it(collector: CollectorProcess = collector) -> bool:
                shown = (await page(collector, f"/sites/{SITE}.json")).json()
                shown_notifications = [
                    (sent["party"], sent["about"]) for sent in shown["notifications"]
                ]
                return shown_notifications == [("carrier", "fiber")]

            await eventually(shows_it)
        with cluster.store.begin() as connection:
            connection.execute(LEADERSHIP.update().values(unjudged=1000))
        await eventually(lambda: cluster.unjudged() == 0)

        async def are_shown() -> bool:
            # If the machine is paused the lead may change at any time.
            term, leader = cluster.term(), await cluster.eventual_leader()
            return await roles_shown(leader, cluster.follower()) == [
                *("thongsuot_collector_leading 1.0", "thongsuot_collector_leading 0.0"),
                *[f"thongsuot_collector_leader_term {term}.0"] * 2,
                *("200", "503", f"leads, term {term}", "200"),
                *("503", "follows another one"),
            ]

        await eventually(are_shown)


async def roles_shown(leader: CollectorProcess, follower: CollectorProcess) -> list[str]:
    """Return what two collectors show of their roles."""

    def found(pattern: str, text: str) -> str:
        match = re.search(pattern, text, re.MULTILINE)
        return "" if match is None else match[0]

    metrics = [(await page(each, "/metrics")).text for each in (leader, follower)]
    asked = [await page(each, "/leader") for each in (leader, follower)]
    ready = await page(follower, "/readyz")
    (incident,) = (await page(follower, "/api/v1/incidents")).json()["items"]
    async with client_of(follower) as client:
        path = f"/incidents/{incident['id']}/acknowledge"
        refused = await client.post(path, data={"note": "on it"}, params={"lang": "en"})
    return [
        *(found("^thongsuot_collector_leading .*", text) for text in metrics),
        *(found("^thongsuot_collector_leader_term .*", text) for text in metrics),
        *(str(answer.status_code) for answer in asked),
        *(found(r"leads, term \d+", asked[1].text), str(ready.status_code)),
        *(str(refused.status_code), found("follows another one", refused.text)),
    ]


async def test_the_backlog_waits_at_a_follower_too_while_the_leader_is_behind(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A pause of this process would have the follower take the lead.
    monkeypatch.setattr(leadership, "LEASE_S", 10 * WITHIN_S)
    url = postgres.new_database()
    store = open_database(PostgresDatabase(url=url))
    secret = tokens.create(store, SITE)
    unjudged = 501
    terms: list[Term] = []

    def changed(term: Term | None) -> None:
        if term is not None:
            term.count_unjudged = lambda: unjudged
            terms.append(term)

    named = PostgresDatabase(url=url, application="leader")
    leader = LeaderCandidate(named, changed=changed, is_alive=lambda: True)
    leader.start()
    agent = BatchSealer(SITE, epoch_ns=time.time_ns() - _UPTIME_NS)
    try:
        await eventually(lambda: terms)
        config = f'[journal]\nurl = "{url}"\n[store]\nurl = "{url}"\n'
        async with running.collector(tmp_path, config=config) as follower:
            pusher = Pusher(follower, agent, secret)

            async def answer(age_s: int) -> int:
                batch = agent.batch(_UPTIME_NS - age_s * S)
                return (await pusher.batch(batch, boottime_ns=_UPTIME_NS)).status_code

            async def waits() -> bool:
                return await answer(age_s=120) == 503

            async def is_accepted() -> bool:
                return not await waits()

            await eventually(waits)
            assert await answer(age_s=15) == 200, "what is fresh does not wait"
            unjudged = 500
            await eventually(is_accepted)
    finally:
        leader.stop()
        store.dispose()


async def test_a_server_that_lacks_what_was_read_of_the_one_before_it_ends_no_process(
    new_cluster: ClusterMaker, postgres: PostgresServer
) -> None:
    """A primary that is stopped shows for a moment commits that no standby has confirmed."""
    async with new_cluster(1) as cluster:
        (collector,) = cluster.collectors
        for _ in range(2):
            await cluster.report(State.UP)
        with cluster.store.connect() as connection:
            database = connection.execute(text("SELECT current_database()")).scalar_one()
        postgres.execute("DELETE FROM journal.entries WHERE sequence = 2", database=database)
        postgres.execute("UPDATE journal.journal SET head = 1, entries = 1", database=database)
        postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s "
            "AND pid <> pg_backend_pid()",
            database,
        )
        # Whichever is noticed first: that the journal is shorter, or that the lead was lost. After
        # both everything is read again.
        noticed = "ends at 1 now, and was read up to 2", "state loaded sites=1 journal_head=1"
        await eventually(lambda: any(text in collector.log() for text in noticed))

        async def is_ready() -> bool:
            try:
                return (await page(collector, "/readyz")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(is_ready)
        await cluster.report(State.UP)
        rows = postgres.execute("SELECT sequence FROM journal.entries", database=database)
        assert rows == [(1,), (2,)]
        assert collector.process is not None
        assert collector.process.returncode is None, "it was not even restarted"


@pytest.mark.parametrize(
    "fault",
    [
        # A leader that comes back and still believes it leads is the harder one.
        signal.SIGSTOP,
        pytest.param(signal.SIGKILL, marks=pytest.mark.nightly),
    ],
)
async def test_each_fault_is_notified_once_as_by_a_single_process_whatever_befalls_the_leader(
    fault: signal.Signals, new_cluster: ClusterMaker, tmp_path: Path
) -> None:
    (tmp_path / "alone").mkdir()
    alone = NotifyingStack(tmp_path / "alone")
    try:
        await alone.collector.start()
        for count, state in enumerate(_COURSE):
            await alone.report(state)
            await alone.is_notified(count)
        expected = told(alone.notifications())
    finally:
        await alone.close()
    assert expected == [("opened", "carrier:vnpt"), ("resolved", "carrier:vnpt")] * 2

    async with new_cluster(2) as cluster:
        terms = [cluster.term()]
        for count, state in enumerate(_COURSE):
            # Acknowledged by the one that follows, told by nobody yet.
            await cluster.report(state, first=cluster.follower())
            lost = await cluster.strike(fault) if count else None
            await cluster.is_notified(count)
            if lost is not None:
                await cluster.eventually_led_by_another(lost)
                await cluster.bring_back(lost, fault)
            terms.append(cluster.term())
        assert told(cluster.notifications()) == expected
        assert len({body.thread_id for body in cluster.notifications()}) == 2
        assert terms == sorted(terms)
        assert terms[-1] >= len(_COURSE)


_COURSE = (State.UP, State.DOWN, State.UP, State.DOWN, State.UP)


def told(bodies: Sequence[WebhookBody]) -> list[tuple[str, str]]:
    return [(str(body.kind), f"{body.audience.party}:{body.audience.name}") for body in bodies]
