"""
The same samples by other programs: requests to a Prometheus are recorded, and written again.

A recorder is placed between the collector and its Prometheus for a run that is compared; a chain is
one program that accepts remote write and forwards it, and the database behind it.
"""

import asyncio
import re
import socket
import subprocess
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from bench.ingest import cpu_s, resident_mb
from bench.peer_databases import prometheus

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_READY_WITHIN_S = 60.0
_IDLE_S, _IDLE_SHARE = 7.0, 0.05
"""
Programs that used less than this share of a core for this long have nothing left to do; a
Prometheus agent holds back for up to five seconds samples that do not fill a request.
"""

_HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}


@dataclass(frozen=True, slots=True)
class KeptWrite:
    """A request of remote write, and its time of arrival (monotonic)."""

    at_s: float
    body: bytes


class WriteRecorder:
    """Forwards requests of remote write to a URL, and keeps those of the last ``keep_s``."""

    def __init__(self, url: str, keep_s: float) -> None:
        self._url = url
        self._keep_s = keep_s
        self._kept: deque[KeptWrite] = deque()

    def kept(self) -> list[KeptWrite]:
        """Return the requests of the last ``keep_s`` before the newest one."""
        return list(self._kept)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Listen on loopback; yield the URL to which a collector writes."""
        async with httpx.AsyncClient(timeout=120) as client:

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await self._serve(client, reader, writer)

            server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 26)
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/write"
            server.close()

    async def _serve(
        self, client: httpx.AsyncClient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                answer = await client.post(self._url, content=body, headers=_HEADERS)
                self._keep(body)
                writer.write(
                    f"HTTP/1.1 {answer.status_code} -\r\n"
                    f"Content-Length: {len(answer.content)}\r\n\r\n".encode()
                    + answer.content
                )
        except asyncio.IncompleteReadError:
            writer.close()

    def _keep(self, body: bytes) -> None:
        now_s = time.monotonic()
        self._kept.append(KeptWrite(now_s, body))
        while now_s - self._kept[0].at_s > self._keep_s:
            self._kept.popleft()


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteChain:
    """
    A forwarding program, and a database. Each command is given a folder and a port to listen on;
    the sender's is also given the URL of the database. ``path`` is where both accept remote write;
    ``samples`` is the database's own counter of accepted samples.
    """

    name: str
    sender: Callable[[Path, int, str], list[str]]
    database: Callable[[Path, int], list[str]]
    path: str
    samples: str


def _vmagent(folder: Path, port: int, url: str) -> list[str]:
    return [
        "vmagent",
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-remoteWrite.url={url}",
        f"-remoteWrite.tmpDataPath={folder / 'queue'}",
    ]


def _victoria_metrics(folder: Path, port: int) -> list[str]:
    return [
        "victoria-metrics",
        f"-storageDataPath={folder / 'data'}",
        f"-httpListenAddr=127.0.0.1:{port}",
    ]


def _prometheus_agent(folder: Path, port: int, url: str) -> list[str]:
    config = folder / "agent.yml"
    config.write_text(f"remote_write: [{{url: '{url}'}}]\n")
    return [
        "prometheus",
        "--enable-feature=agent",
        f"--config.file={config}",
        f"--storage.agent.path={folder / 'agent'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-remote-write-receiver",
    ]


def _prometheus(folder: Path, port: int) -> list[str]:
    listening = "--web.listen-address="
    command = [part for part in prometheus(folder) if not part.startswith(listening)]
    return [*command, f"{listening}127.0.0.1:{port}"]


CHAINS = (
    WriteChain(
        name="vmagent-victoria-metrics",
        sender=_vmagent,
        database=_victoria_metrics,
        path="/api/v1/write",
        samples=r'^vm_rows_inserted_total\{type="promremotewrite"\} (\S+)',
    ),
    WriteChain(
        name="prometheus-agent-prometheus",
        sender=_prometheus_agent,
        database=_prometheus,
        path="/api/v1/write",
        samples=r'^prometheus_tsdb_head_samples_appended_total\{type="float"\} (\S+)',
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningChain:
    """A running chain; its processes are those of the database and the sender."""

    chain: WriteChain
    pids: Sequence[int]
    database_url: str
    sender_url: str

    async def replay(self, writes: Sequence[KeptWrite]) -> None:
        """Write everything at its original pace; print the costs of the programs."""
        before = [cpu_s(pid) for pid in self.pids]
        async with httpx.AsyncClient(timeout=60) as client:
            await _write_all(client, self.sender_url + self.chain.path, writes)
            await _until_idle(self.pids)
            text = (await client.get(f"{self.database_url}/metrics")).text
        spent = [cpu_s(pid) - earlier for pid, earlier in zip(self.pids, before, strict=True)]
        match = re.search(self.chain.samples, text, re.MULTILINE)
        samples = float(match[1]) if match else 0.0
        if not samples:
            raise SystemExit(f"{self.chain.name}: the database took nothing")
        each = " + ".join(f"{cpu / samples * 1e6:.2f}" for cpu in reversed(spent))
        memory = " + ".join(f"{resident_mb(pid):.0f}" for pid in reversed(self.pids))
        print(
            f"{self.chain.name}: {samples:.0f} samples, {each} CPU s a million, {memory} MB",
            flush=True,
        )


@asynccontextmanager
async def started(chain: WriteChain, folder: Path) -> AsyncIterator[RunningChain]:
    """
    Start the programs of a chain, and end them.

    A Prometheus agent forwards only samples younger than itself: it must run before the samples for
    it are measured.
    """
    folder.mkdir(parents=True)  # noqa: ASYNC240 - nothing else runs yet
    ports = _free_ports(2)
    database_url, sender_url = (f"http://127.0.0.1:{port}" for port in ports)
    commands = (
        chain.database(folder, ports[0]),
        chain.sender(folder, ports[1], database_url + chain.path),
    )
    pids: list[int] = []
    with ExitStack() as programs:
        async with httpx.AsyncClient(timeout=60) as client:
            for command, url in zip(commands, (database_url, sender_url), strict=True):
                log = programs.enter_context((folder / f"{len(pids)}.log").open("wb"))
                process = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
                    command, stdout=log, stderr=subprocess.STDOUT
                )
                programs.callback(process.wait)
                programs.callback(process.terminate)
                pids.append(process.pid)
                await _until_it_answers(client, url)
        yield RunningChain(chain=chain, pids=pids, database_url=database_url, sender_url=sender_url)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as sockets:
        held = [sockets.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in held]


async def _until_it_answers(client: httpx.AsyncClient, url: str) -> None:
    deadline_s = time.monotonic() + _READY_WITHIN_S
    while True:
        try:
            answer = await client.get(f"{url}/metrics")
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code == 200:
            return
        if time.monotonic() > deadline_s:
            raise SystemExit(f"nothing answers at {url}")
        await asyncio.sleep(0.1)


async def _write_all(client: httpx.AsyncClient, url: str, writes: Sequence[KeptWrite]) -> None:
    began_s = time.monotonic()
    for write in writes:
        due_s = began_s + write.at_s - writes[0].at_s
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        answer = await client.post(url, content=write.body, headers=_HEADERS)
        if answer.status_code >= 300:
            raise SystemExit(f"{url} answered {answer.status_code}: {answer.text}")


async def _until_idle(pids: Sequence[int]) -> None:
    while True:
        before_s = sum(cpu_s(pid) for pid in pids)
        await asyncio.sleep(_IDLE_S)
        if sum(cpu_s(pid) for pid in pids) - before_s < _IDLE_S * _IDLE_SHARE:
            return
