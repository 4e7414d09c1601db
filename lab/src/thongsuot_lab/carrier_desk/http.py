"""Just enough of HTTP/1.1 for an API: one request after the other, JSON in and out (RFC 9112)."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

HEAD_BYTES: Final = 16 * 1024
BODY_BYTES: Final = 4 * 1024 * 1024
REASONS: Final = {
    200: "OK",
    201: "Created",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
}

Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRequest:
    """A request; ``path`` is decoded, ``headers`` have names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskResponse:
    """An answer; ``body`` is sent as JSON, ``None`` is none."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


DeskHandler = Callable[[DeskRequest], Awaitable[DeskResponse | None]]
"""``None``: close the connection without an answer."""


class ApiError(Exception):
    """A request that cannot be done; ``status`` and ``reason`` are answered."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def json_object(request: DeskRequest) -> Json:
    """
    Return the object that a request holds.

    Raises:
        Refused: it holds none.
    """
    try:
        found: object = json.loads(request.body)
    except ValueError as error:
        raise ApiError(400, f"the body is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise ApiError(400, "the body is no JSON object")
    return found


class DeskServer:
    """Serves one handler."""

    def __init__(self, handle: DeskHandler) -> None:
        self._handle = handle
        self._visitors: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> int:
        """Listen; return the port, one from the kernel where 0 was asked for."""
        self._server = await asyncio.start_server(self._visit, host, port, limit=HEAD_BYTES)
        name: tuple[str, int] = self._server.sockets[0].getsockname()
        return name[1]

    async def stop(self) -> None:
        """Stop listening, and send everybody home."""
        self._server.close()
        for task in list(self._visitors):
            task.cancel()
        await asyncio.gather(*self._visitors, return_exceptions=True)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._visitors.add(task)
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            return  # left in the middle, or talks nonsense
        finally:
            self._visitors.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = await _read(reader)
        if request is None:
            return False
        response = await self._handle(request)
        if response is None:
            return False
        body = b""
        if response.body is not None:
            body = json.dumps(response.body, ensure_ascii=False).encode()
        head = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Whatever')}"]
        headers = {"Content-Length": str(len(body)), **response.headers}
        if response.body is not None:
            headers["Content-Type"] = "application/json;charset=utf-8"
        head += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        await writer.drain()
        return request.headers.get("connection", "").lower() != "close"


async def _read(reader: asyncio.StreamReader) -> DeskRequest | None:
    """Return the next request; ``None`` where it is not one that is taken."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, target, _version = (*first.split(" "), "", "")[:3]
    fields = [line.partition(":") for line in lines if line]
    headers = {name.strip().lower(): value.strip() for name, _, value in fields}
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > BODY_BYTES:
        return None
    body = await reader.readexactly(int(length))
    parts = urlsplit(target)
    return DeskRequest(
        method=method,
        path=unquote(parts.path),
        query=dict(parse_qsl(parts.query)),
        headers=headers,
        body=body,
    )
