"""A receiver whose answers the test writes: real HTTP on loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Answer = tuple[int, dict[str, str], bytes]
Script = Callable[["ReceivedRequest"], Answer]


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class ScriptedReceiver:
    """Answers posts by its script, which may be changed while it runs, and keeps them."""

    script: Script
    port: int = 0
    requests: list[ReceivedRequest] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1/write"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {
                    name.strip().lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in head[1:] if line)
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, path, _ = head[0].split()
                request = ReceivedRequest(path, headers, body)
                if method == "POST":
                    self.requests.append(request)
                    status, extra, text = self.script(request)
                else:
                    status, extra, text = 404, {}, b""
                lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(text)}"]
                lines += [f"{name}: {value}" for name, value in extra.items()]
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + text)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is done
        finally:
            writer.close()


def always(status: int, text: bytes = b"", **headers: str) -> Script:
    """A script of one answer for all."""
    return lambda _request: (
        status,
        {name.replace("_", "-"): value for name, value in headers.items()},
        text,
    )


@asynccontextmanager
async def receiver(script: Script) -> AsyncIterator[ScriptedReceiver]:
    """Run a receiver on a port from the kernel."""
    made = ScriptedReceiver(script)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=1 << 24)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


class HttpFarSide:
    """
    A receiver as the contract of all sinks knows it; ``count`` gives the samples of a request.
    """

    def __init__(
        self, there: ScriptedReceiver, table: str, count: Callable[[ReceivedRequest], int]
    ) -> None:
        self._there = there
        self._table = table
        self._count = count
        self._samples = 0
        self.take_again()

    def table(self) -> str:
        """See ``FarSide``."""
        return self._table

    def samples(self) -> int:
        """See ``FarSide``."""
        return self._samples

    def stop_taking(self) -> None:
        """See ``FarSide``."""
        self._there.script = always(503)

    def take_again(self) -> None:
        """See ``FarSide``."""

        def taking(request: ReceivedRequest) -> Answer:
            self._samples += self._count(request)
            return 204, {}, b""

        self._there.script = taking
