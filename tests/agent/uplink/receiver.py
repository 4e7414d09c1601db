"""
A small real collector for tests: HTTP over a real socket, bodies decoded with the schema's own
codec.

It keeps what it acknowledged, asks for layouts that it does not know, and can be told to answer
otherwise. What it is not: durable.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from tests.open_connections import break_off
from tests.timing import MS
from thongsuot_schema.batch.decode import decode_batch, decode_layout
from thongsuot_schema.batch.model import Batch, Layout
from thongsuot_schema.batch.push import HEADER_BOOTTIME, PATH_BATCHES, PATH_LAYOUTS, PushResponse
from thongsuot_schema.errors import LayoutUnknown

TOKEN = "a-token-for-tests"


@dataclass(frozen=True, kw_only=True)
class ReceivedPush:
    """One request: path, headers in lower case, body, and the address it came from."""

    path: str
    peer: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class ScriptedReply:
    """What to answer instead; ``headers`` are complete lines."""

    status: int
    answer: PushResponse | None = None
    text: bytes = b""
    headers: tuple[str, ...] = ()


Script = Callable[[ReceivedPush], ScriptedReply | None]


_TURNS_OF_AN_ACCEPTANCE = 8
"""
Of the event loop, until ``_serve`` has begun for what was accepted just before the end: until then
nobody closes that connection.
"""


_LOOK_EVERY_S = 0.25


@dataclass
class PushReceiver:
    """
    What was received: ``batches`` without repeats, ``peers`` the addresses that each came from.

    ``script`` may answer in the receiver's place; ``None`` lets it.
    """

    script: Script = lambda _: None
    heard: list[ReceivedPush] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)
    wall_ns: int = 1_900_000_000_000_000_000
    answer: PushResponse = field(default_factory=PushResponse)
    connections: int = 0
    longest_pause_s: float = 0.0
    """The longest time in which it did not run, though it wanted to."""
    port: int = 0
    tls: ssl.SSLContext | None = None
    layouts: dict[bytes, Layout] = field(default_factory=dict)
    _numbers: set[tuple[str, int]] = field(default_factory=set)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def numbers(self) -> list[int]:
        """Numbers of the batches that were acknowledged, in the order in which they came."""
        return [batch.number for batch in self.batches]

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait until something is so; looked at after each request."""
        async with asyncio.timeout(180_000 * MS):
            while not done():
                self._arrived.clear()
                await self._arrived.wait()

    @asynccontextmanager
    async def listening(self, on: socket.socket | None = None) -> AsyncIterator["PushReceiver"]:
        """Listen on loopback, or on a bound socket that is given."""
        if on is None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        else:
            server = await asyncio.start_server(self._serve, sock=on, ssl=self.tls)
        sockname = server.sockets[0].getsockname()
        self.port = sockname[1]
        async with server:
            watching = asyncio.create_task(self._watch_pauses())
            try:
                yield self
            finally:
                watching.cancel()
                server.close()
                for _ in range(_TURNS_OF_AN_ACCEPTANCE):
                    await asyncio.sleep(0)
                await break_off(sockname)
                await asyncio.gather(*self._tasks, return_exceptions=True)

    def __post_init__(self) -> None:
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: list[asyncio.Task[object]] = []

    async def _watch_pauses(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + _LOOK_EVERY_S
            await asyncio.sleep(_LOOK_EVERY_S)
            self.longest_pause_s = max(self.longest_pause_s, loop.time() - due_s)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.append(task)
        try:
            while (heard := await _read(reader, writer)) is not None:
                self.heard.append(heard)
                writer.write(_written(self.script(heard) or self.take(heard), heard))
                await writer.drain()
                self._arrived.set()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the pusher went away
        finally:
            self._writers.discard(writer)
            writer.close()

    def take(self, heard: ReceivedPush) -> ScriptedReply:
        """Take a request as a collector does; return what to answer."""
        if heard.headers.get("authorization") != f"Bearer {TOKEN}":
            return ScriptedReply(status=401, answer=PushResponse(error="this token is not known"))
        if heard.path == PATH_LAYOUTS:
            name, layout = decode_layout(heard.body)
            self.layouts[name] = layout
            return ScriptedReply(status=200, answer=PushResponse())
        assert heard.path == PATH_BATCHES
        try:
            batch = decode_batch(heard.body, self.layouts.get)
        except LayoutUnknown as error:
            answer = PushResponse(error=str(error), unknown_layout=error.layout_id.hex())
            return ScriptedReply(status=409, answer=answer)
        key = (batch.stream, batch.number)
        is_repeated = key in self._numbers
        if not is_repeated:
            self._numbers.add(key)
            self.batches.append(batch)
            self.peers.append(heard.peer)
        answer = msgspec.structs.replace(
            self.answer,
            acknowledged=batch.number,
            repeated=is_repeated,
            collector_wall_ns=self.wall_ns,
        )
        return ScriptedReply(status=200, answer=answer)


def scripted(*replies: ScriptedReply | None) -> Script:
    """Return a script that answers the first batches as told and then lets the receiver."""
    left: Iterator[ScriptedReply | None] = iter(replies)

    def script(heard: ReceivedPush) -> ScriptedReply | None:
        return next(left, None) if heard.path == PATH_BATCHES else None

    return script


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> ReceivedPush | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    line, *lines = head.decode("ascii").split("\r\n")
    headers = {}
    for each in filter(None, lines):
        name, _, value = each.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    peer = writer.get_extra_info("peername")[0]
    return ReceivedPush(path=line.split()[1], peer=peer, headers=headers, body=body)


def _written(reply: ScriptedReply, heard: ReceivedPush) -> bytes:
    body = reply.text
    if reply.answer is not None:
        answered_ns = int(heard.headers[HEADER_BOOTTIME.lower()])
        body = msgspec.json.encode(
            msgspec.structs.replace(reply.answer, answered_boottime_ns=answered_ns)
        )
    lines = [f"HTTP/1.1 {reply.status} Word", f"Content-Length: {len(body)}", *reply.headers]
    return "\r\n".join((*lines, "", "")).encode() + body
