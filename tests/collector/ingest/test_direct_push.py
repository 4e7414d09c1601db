"""Pushes that the protocol answers itself: over raw connections, in pieces, one behind another."""

import asyncio
import json
import re
import sqlite3
import time
from pathlib import Path

import pytest

from tests.collector.batches import BatchSealer, S, usual_results
from tests.collector.ingest.test_push_endpoint import counted
from tests.collector.running import WITHIN_S, Pusher, collector, eventually, token
from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_collector.ingest import server
from thongsuot_collector.ingest.direct_push import LARGEST_BYTES
from thongsuot_schema.batch import push

SITE = "hoan-kiem"
NOW = 5000 * S


def request(secret: str, body: bytes, *more: str) -> bytes:
    head = (
        f"POST {push.PATH_BATCHES} HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {secret}",
        f"Content-Type: {push.CONTENT_TYPE_BATCH}",
        f"Content-Length: {len(body)}",
        *more,
    )
    return "\r\n".join((*head, "", "")).encode() + body


async def response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), WITHIN_S)
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    assert length is not None, head
    return int(head.split()[1]), await reader.readexactly(int(length.group(1)))


def sealer() -> BatchSealer:
    return BatchSealer(SITE, epoch_ns=time.time_ns() - NOW)


async def bodies(pusher: Pusher, count: int) -> list[bytes]:
    """Seal batches, of which the collector knows the layout."""
    sealed = [
        pusher.agent.sealed(pusher.agent.batch(NOW, usual_results(NOW - 15 * S)))
        for _ in range(count)
    ]
    assert (await pusher.layout(sealed[0][1])).status_code == 200
    return [body for body, _ in sealed]


async def test_pushes_that_come_one_behind_another_are_answered_in_their_order(
    tmp_path: Path,
) -> None:
    async with collector(tmp_path) as client:
        secret = token(tmp_path, SITE)
        first, second, third = await bodies(Pusher(client, sealer(), secret), 3)
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        health = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        writer.write(
            request(secret, first) + health + request(secret, second) + request(secret, third)
        )
        answers = [await response(reader) for _ in range(4)]
        assert [status for status, _ in answers] == [200] * 4
        acknowledged = [json.loads(answers[place][1])["acknowledged"] for place in (0, 2, 3)]
        assert acknowledged == [1, 2, 3]
        writer.close()


async def test_a_push_in_pieces_is_taken_like_a_whole_one(tmp_path: Path) -> None:
    async with collector(tmp_path) as client:
        secret = token(tmp_path, SITE)
        (body,) = await bodies(Pusher(client, sealer(), secret), 1)
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        whole = request(secret, body)
        for place in range(0, len(whole), 50):
            writer.write(whole[place : place + 50])
            await writer.drain()
            await asyncio.sleep(0)
        status, answer = await response(reader)
        assert (status, json.loads(answer)["acknowledged"]) == (200, 1)
        writer.close()


async def test_a_connection_continues_after_a_request_too_large_to_be_answered_at_once(
    tmp_path: Path,
) -> None:
    async with collector(tmp_path) as client:
        secret = token(tmp_path, SITE)
        (body,) = await bodies(Pusher(client, sealer(), secret), 1)
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        for noise in (b"x", b"x" * LARGEST_BYTES, b"x" * (LARGEST_BYTES + 1)):
            writer.write(request(secret, noise))
            status, answer = await response(reader)
            assert (status, "error" in json.loads(answer)) == (400, True)
        writer.write(request(secret, body, "Expect: 100-continue"))
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert (await response(reader))[0] == 200
        writer.close()


async def test_a_client_that_wants_no_further_answer_is_let_go(tmp_path: Path) -> None:
    async with collector(tmp_path) as client:
        secret = token(tmp_path, SITE)
        (body,) = await bodies(Pusher(client, sealer(), secret), 1)
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        writer.write(request(secret, body, "Connection: close"))
        answer = await asyncio.wait_for(reader.read(), WITHIN_S)
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"connection: close" in answer.partition(b"\r\n\r\n")[0].lower()
        writer.close()


async def test_clients_that_leave_before_the_end_of_a_body_are_counted(tmp_path: Path) -> None:
    async with collector(tmp_path) as client:
        secret = token(tmp_path, SITE)
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        writer.write(request(secret, b"0123456789")[:-1])
        await writer.drain()
        writer.close()
        await writer.wait_closed()

        async def is_counted() -> bool:
            return await counted(client, "pushes", "client_gone") == 1

        await eventually(is_counted)
        assert await counted(client, "pushes", "accepted") == 0
        assert reader.at_eof()


@pytest.mark.parametrize("gather_s", [0.0, 1.0], ids=["for_the_disk", "for_others"])
async def test_pushes_that_wait_are_answered_when_the_collector_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gather_s: float
) -> None:
    """The first comes alone, and is started at once; the second waits for others, if any do."""
    monkeypatch.setattr(server, "_DRAIN_S", 0.1)
    async with collector(tmp_path, config=f"[journal]\ngather_s = {gather_s}") as client:
        secret = token(tmp_path, SITE)
        sealed = await bodies(Pusher(client, sealer(), secret), 2)
        disk = sqlite3.connect(tmp_path / JOURNAL_FILE, isolation_level=None)
        disk.execute("BEGIN IMMEDIATE")
        readers, writers = [], []
        for body in sealed:
            reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
            writer.write(request(secret, body))
            assert (await client.get("/healthz")).status_code == 200
            readers.append(reader)
            writers.append(writer)

        async def answers() -> list[tuple[int, bytes]]:
            try:
                return [await response(reader) for reader in readers]
            finally:
                disk.close()

        answering = asyncio.ensure_future(answers())
    for status, text in await answering:
        assert (status, json.loads(text)["error"]) == (
            503,
            "the collector is ending; try again later",
        )
    for writer in writers:
        writer.close()


async def test_a_push_that_never_comes_whole_does_not_outlive_its_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_DRAIN_S", 0.1)
    async with collector(tmp_path) as client:
        secret = token(tmp_path, SITE)
        (body,) = await bodies(Pusher(client, sealer(), secret), 1)
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        writer.write(request(secret, body)[:-1])
        assert (await client.get("/healthz")).status_code == 200
    assert await asyncio.wait_for(reader.read(), WITHIN_S) == b""
    writer.close()
