"""Devices that know both machines of a cluster: what one took in silence, the other knows."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.agent.spool.making import SERIES, result, spool_at
from tests.collector.app.test_cluster import CollectorPair
from tests.collector.journal.journal_contract import everything
from tests.collector.running import WITHIN_S
from tests.integration.device import drain, pushing
from tests.plain_http import NO_AUTHORITIES
from tests.postgres import PostgresServer
from thongsuot_collector.journal.postgres import open_postgres_journal
from thongsuot_collector.postgresql import JOURNAL_SCHEMA, PostgresDatabase
from thongsuot_collector.store import enrolments, tokens
from thongsuot_collector.store.enrolments import digest_of_code, new_code
from thongsuot_schema.batch.push import PATH_BATCHES
from thongsuot_schema.enrolment import PATH_ENROL, TOKEN_PREFIX, token_digest

pytestmark = pytest.mark.servers

_SITE = "site-1"
_BATCHES = 5


@asynccontextmanager
async def loses_acknowledgements(url: str) -> AsyncIterator[str]:
    """Pass on what is sent to a collector; break off where it acknowledges a batch."""
    there = urlsplit(url)
    tasks: set[asyncio.Task[None]] = set()

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[bytes]
    ) -> None:
        while data := await reader.read(65_536):
            if asked[-1].startswith(f"POST {PATH_BATCHES} ".encode()) and b" 200 " in data[:20]:
                break
            writer.write(data)
        writer.transport.abort()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, onward = await asyncio.open_connection(there.hostname, there.port)
        asked: list[bytes] = [b""]
        task = asyncio.create_task(answer(back, writer, asked))
        tasks.add(task)
        try:
            while data := await reader.read(65_536):
                if data.startswith(b"POST "):
                    asked.append(data)
                onward.write(data)
        except ConnectionError:
            pass  # the device has ended it with something unread
        finally:
            onward.close()

    server = await asyncio.start_server(forward, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()
        await asyncio.gather(*tasks)


async def test_a_batch_that_two_machines_of_a_cluster_were_sent_is_kept_once(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    url = postgres.new_database()
    cluster = CollectorPair(tmp_path, url, count=2)
    await cluster.start()
    spool = spool_at(tmp_path)
    try:
        secret = tokens.create(cluster.store, _SITE)
        await spool.open(SERIES)
        first, second = cluster.collectors
        async with (
            loses_acknowledgements(first.url) as losing,
            pushing(spool, losing, secret, failover_urls=(second.url,)) as uplink,
        ):
            for serial in range(_BATCHES):
                spool.add_entry(result(serial))
                spool.seal()
            await drain(spool, uplink)
            assert uplink.answering_url == second.url
        async with httpx.AsyncClient(
            base_url=second.url, verify=NO_AUTHORITIES, timeout=WITHIN_S
        ) as client:
            metrics = (await client.get("/metrics")).text
        assert any(
            line.startswith("thongsuot_collector_pushes_total{") and "repeated" in line
            for line in metrics.splitlines()
            if not line.endswith(" 0.0")
        ), "the machine that was asked next has recognised a batch"
    finally:
        await spool.close()
        await cluster.close()
    database = PostgresDatabase(url=url, schema=JOURNAL_SCHEMA)
    journal = await open_postgres_journal(database, committed=lambda _number, _took_s: None)
    try:
        kept = [stored.entry.number for stored in await everything(journal)]
    finally:
        await journal.close()
    assert sorted(kept) == list(range(1, _BATCHES + 1))


async def test_of_many_devices_with_one_code_at_two_machines_one_is_enrolled(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    cluster = CollectorPair(tmp_path, postgres.new_database(), count=2)
    await cluster.start()
    code, ends_ns = new_code(), time.time_ns() + 3_600 * 10**9
    enrolments.create(cluster.store, _SITE, digest_of_code(code), expires_ns=ends_ns)
    secrets = [f"{TOKEN_PREFIX}{number:043}" for number in range(40)]

    async def enrol(number: int, secret: str) -> tuple[str, httpx.Response]:
        url = cluster.collectors[number % 2].url
        body = {"code": code, "token_digest": token_digest(secret)}
        async with httpx.AsyncClient(verify=NO_AUTHORITIES, timeout=WITHIN_S) as client:
            return secret, await client.post(f"{url}{PATH_ENROL}", json=body)

    try:
        answers = await asyncio.gather(*(enrol(*device) for device in enumerate(secrets)))
        assert {answer.status_code for _, answer in answers} <= {200, 409, 429}
        ((winner, _),) = [item for item in answers if item[1].status_code == 200]
        (good,) = [token for token in tokens.listed(cluster.store, _SITE) if not token.revoked_ns]
        assert good.digest == tokens.digest_of(winner.encode())
        again = await asyncio.gather(*(enrol(number, winner) for number in range(2)))
        assert [answer.status_code for _, answer in again] == [200, 200], "of a lost answer"
    finally:
        await cluster.close()
