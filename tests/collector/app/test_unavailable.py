"""What a collector answers whose database is away."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest

from tests.plain_http import NO_AUTHORITIES
from thongsuot_collector.app.unavailable import UnavailableServers
from thongsuot_collector.ingest.server import bind_listener
from thongsuot_collector.ingest.settings import Listen
from thongsuot_schema.batch import push

LISTEN = Listen(address="127.0.0.1:0")
REASON = "the database cannot be used: permission denied for table tokens"


@asynccontextmanager
async def client_of(sock: socket.socket) -> AsyncIterator[httpx.AsyncClient]:
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    async with httpx.AsyncClient(base_url=url, verify=NO_AUTHORITIES, timeout=60.0) as client:
        yield client


@pytest.mark.parametrize("path", [push.PATH_BATCHES, push.PATH_LAYOUTS, push.PATH_ADDRESS])
async def test_without_a_database_every_push_is_answered_503_with_retry_after(
    path: str,
) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"0" * 65_536

    with bind_listener(LISTEN) as sock:
        async with UnavailableServers(LISTEN, sock, None) as servers, client_of(sock) as client:
            servers.start(REASON)
            servers.start(REASON)  # they do already
            answer = await client.post(path, content=parts())
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    refusal = msgspec.json.decode(answer.content, type=push.PushResponse)
    assert "database" in refusal.error


@pytest.mark.parametrize(("query", "text"), [("", "cơ sở dữ liệu"), ("?lang=en", "database")])
async def test_pages_report_the_outage_in_the_readers_language_at_both_addresses(
    query: str, text: str
) -> None:
    with bind_listener(LISTEN) as sock, bind_listener(LISTEN) as page_sock:
        async with UnavailableServers(LISTEN, sock, page_sock) as servers:
            servers.start(REASON)
            for own in (sock, page_sock):
                async with client_of(own) as client:
                    answer = await client.get(f"/sites{query}")
                assert answer.status_code == 503
                assert text in answer.text
                assert int(answer.headers["Retry-After"]) >= 1
                assert answer.headers["Cache-Control"] == "no-store"


async def test_the_check_of_a_proxy_or_a_watcher_is_told_the_reason() -> None:
    with bind_listener(LISTEN) as sock:
        async with UnavailableServers(LISTEN, sock, None) as servers, client_of(sock) as client:
            servers.start("the database cannot be used: it starts up")
            servers.start(REASON)
            answer = await client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, REASON)


async def test_afterwards_the_sockets_are_free_for_the_collector() -> None:
    with bind_listener(LISTEN) as sock:
        async with UnavailableServers(LISTEN, sock, None) as servers, client_of(sock) as client:
            servers.start(REASON)
            assert (await client.get("/healthz")).status_code == 503
            await servers.end()
            servers.start(REASON)
            assert (await client.get("/healthz")).status_code == 503
        # Ended before it has begun: nothing is left open either.
        async with UnavailableServers(LISTEN, sock, None) as servers:
            servers.start(REASON)
        with socket.create_connection(sock.getsockname()):
            taken, _ = sock.accept()
            taken.close()
