"""A gate before a real server: open, shut, slow, or answering itself, as the test says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from tests.collector.sinks.receiver import Answer, ReceivedRequest

Refuses = Callable[[ReceivedRequest], Answer | None]


def nothing(_request: ReceivedRequest) -> Answer | None:
    """Answer nothing itself."""
    return None


@dataclass(slots=True)
class FaultProxy:
    """
    Passes requests on to a server; ``refuses`` may answer instead. Both may change while it runs.

    A gate that is shut takes connections and ends them, as a server does that is just going away.
    """

    server_url: str
    client: httpx.AsyncClient
    port: int = 0
    is_shut: bool = False
    delay_s: float = 0.0
    refuses: Refuses = nothing
    turned_away: int = field(default=0)

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {
                    name.strip().lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in head[1:] if line)
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                if self.is_shut:
                    self.turned_away += 1
                    return
                await asyncio.sleep(self.delay_s)
                method, path, _ = head[0].split()
                status, text = await self._answer(method, ReceivedRequest(path, headers, body))
                writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: {len(text)}\r\n\r\n".encode())
                writer.write(text)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is done
        finally:
            writer.close()

    async def _answer(self, method: str, request: ReceivedRequest) -> tuple[int, bytes]:
        refusal = self.refuses(request) if method == "POST" else None
        if refusal is not None:
            return refusal[0], refusal[2]
        kept = {
            name: value
            for name, value in request.headers.items()
            if name not in {"host", "connection", "content-length"}
        }
        answer = await self.client.request(
            method, self.server_url + request.path, content=request.body, headers=kept
        )
        return answer.status_code, b"" if answer.status_code == 204 else answer.content


@asynccontextmanager
async def fault_proxy(server_url: str) -> AsyncIterator[FaultProxy]:
    """Put a gate before a server, on a port from the kernel."""
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        made = FaultProxy(server_url, client)
        server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=1 << 26)
        made.port = server.sockets[0].getsockname()[1]
        try:
            yield made
        finally:
            server.close()
