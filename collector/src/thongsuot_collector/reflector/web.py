"""
Throughput reflector: sends and receives any requested amount over HTTP (ASGI).

For agents' own test (``thongsuot_schema.throughput``) and, with ``mini``, for Speedtest Mini
clients. Clients with the key (``Authorization: Bearer``) or from an allowed network are served, up
to a number of concurrent streams; others only get 403.
"""

import os
import time
from collections.abc import AsyncIterator, Coroutine
from urllib.parse import parse_qs

import msgspec

from thongsuot_collector.ingest.asgi import ClientGone, Receive
from thongsuot_collector.ingest.push_endpoint import Scope, Send, address_of, headers_of
from thongsuot_collector.reflector import speedtest_mini
from thongsuot_collector.reflector.access import AddressFilter, is_key
from thongsuot_schema.throughput import (
    LARGEST_BYTES,
    LONGEST_S,
    PATH_DOWN,
    PATH_NOTHING,
    PATH_UP,
    ByteCounter,
)

_BLOCK = os.urandom(1 << 18)
"""The payload: random, so that nothing on the path can compress it."""

_PLAIN = b"text/plain; charset=utf-8"


class ThroughputReflector:
    """The application. ``streams_limit`` is the number of concurrent transfers of all clients."""

    def __init__(self, key: bytes, allowed: AddressFilter, streams_limit: int) -> None:
        self._key = key
        self._allowed = allowed
        self._streams_limit = streams_limit
        self.streams = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        may, by_key = self._may(scope)
        if not may:
            await _answer(send, 403, b"not for you\n")
            return
        method, path = str(scope["method"]), str(scope["path"])
        if (method, path) == ("GET", PATH_NOTHING):
            await _answer(send, 200, b"")
        elif (method, path) == ("GET", PATH_DOWN):
            await self._limited(send, self._down(scope, send))
        elif (method, path) == ("POST", PATH_UP):
            await self._limited(send, self._up(receive, send))
        elif by_key or method not in {"GET", "POST"}:
            await _answer(send, 404, b"no such page\n")
        else:
            await self._limited(send, self._mini(scope, receive, send))

    def _may(self, scope: Scope) -> tuple[bool, bool]:
        """Return whether the client is served, and whether it has the key."""
        authorization = headers_of(scope).get(b"authorization", b"")
        if self._key and is_key(self._key, authorization.removeprefix(b"Bearer ")):
            return True, True
        address = address_of(scope)
        return bool(address) and self._allowed.admits(address), False

    async def _limited(self, send: Send, work: Coroutine[None, None, None]) -> None:
        if self.streams >= self._streams_limit:
            work.close()
            await _answer(send, 503, b"too many tests at once; later\n", retry_after_s=30)
            return
        self.streams += 1
        try:
            await work
        except ClientGone:
            pass  # usually the client has ended a timed test
        finally:
            self.streams -= 1

    async def _down(self, scope: Scope, send: Send) -> None:
        query = parse_qs(query_of(scope))
        seconds = _number(query, "seconds", LONGEST_S)
        size_bytes = int(_number(query, "bytes", LARGEST_BYTES))
        if seconds <= 0 or size_bytes <= 0:
            await _answer(send, 400, b"seconds and bytes must be above 0\n")
            return
        # Only a requested length is announced: the time limit may end other transfers early.
        length = size_bytes if "bytes" in query and "seconds" not in query else None
        await _begin(send, 200, b"application/octet-stream", length)
        end_s = time.monotonic() + seconds
        left = size_bytes
        while left > 0 and (length is not None or time.monotonic() < end_s):
            piece = _BLOCK[:left]
            left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _up(self, receive: Receive, send: Send) -> None:
        counter = ByteCounter()
        async for size_bytes in _sizes(receive):
            counter.add(size_bytes, time.monotonic())
            if counter.received_bytes > LARGEST_BYTES:
                await _answer(send, 413, b"enough\n")
                return
        body = msgspec.json.encode(counter.receipt())
        await _answer(send, 200, body, content_type=b"application/json")

    async def _mini(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope["path"])
        if scope["method"] == "POST":
            if not speedtest_mini.is_upload(path):
                await _answer(send, 404, b"no such page\n")
                return
            size_bytes = 0
            async for part_bytes in _sizes(receive):
                size_bytes += part_bytes
            await _answer(send, 200, f"size={size_bytes}".encode())
            return
        image_bytes = speedtest_mini.image_bytes(path)
        if image_bytes is not None:
            await _begin(send, 200, b"image/jpeg", image_bytes)
            for at in range(0, image_bytes, len(_BLOCK)):
                piece = _BLOCK[: image_bytes - at]
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            return
        host = headers_of(scope).get(b"host", b"").decode("latin-1")
        page = speedtest_mini.mini_page(path, f"{scope['scheme']}://{host}")
        if page is None:
            await _answer(send, 404, b"no such page\n")
        else:
            await _answer(send, 200, page.body, content_type=page.content_type)


async def _sizes(receive: Receive) -> AsyncIterator[int]:
    """Yield the sizes of a body's parts as they arrive."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        assert isinstance(part, bytes)
        if part:
            yield len(part)
        if not message.get("more_body", False):
            return


def query_of(scope: Scope) -> str:
    """Return the query of a request."""
    query = scope["query_string"]
    assert isinstance(query, bytes)
    return query.decode("latin-1")


def _number(query: dict[str, list[str]], name: str, most: float) -> float:
    """
    Return a number of the query, limited to ``most``; ``most`` if it is missing, 0 if it is
    invalid.
    """
    try:
        value = float(query.get(name, [str(most)])[0])
    except ValueError:
        return 0.0
    return min(value, most) if value > 0 else 0.0


async def _begin(send: Send, status: int, content_type: bytes, length: int | None) -> None:
    headers = [(b"content-type", content_type), (b"cache-control", b"no-store")]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _answer(
    send: Send,
    status: int,
    body: bytes,
    *,
    content_type: bytes = _PLAIN,
    retry_after_s: int = 0,
) -> None:
    headers = [
        (b"content-type", content_type),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode()),
    ]
    if retry_after_s:
        headers.append((b"retry-after", str(retry_after_s).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
