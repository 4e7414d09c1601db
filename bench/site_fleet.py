"""
A fleet of agents for ``bench.sites``: each with its own connection, pace, and backlog.

An agent pushes fresh data when it is due, and its backlog, oldest first, at other times; a push
that is refused for now is repeated after the time in the answer. Only the envelope of a batch is
made again each time: the results of all are copies, so that the fleet costs less than the collector
under test.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

import msgspec
import zstandard
from bench.ingest import RUNS, SimulatedAgent

from thongsuot_schema.batch.limits import STREAM_BYTES
from thongsuot_schema.batch.wire import BatchWire, ClockWire

S = 1_000_000_000
UPTIME_NS = 7 * 86_400 * S
_LEVEL = 3
_ONE_BATCH = msgspec.msgpack.Decoder(BatchWire)
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_RETRY = re.compile(rb"retry-after: (\d+)", re.IGNORECASE)


@cache
def results_of_one_batch(every_s: float) -> BatchWire:
    """
    Return an encoded batch of results that all agents push: those of ``every_s``, up to its seal.
    """
    request = SimulatedAgent(0, "").batch(1, UPTIME_NS, UPTIME_NS, run_every_s=every_s / RUNS)
    body = request.partition(b"\r\n\r\n")[2]
    return _ONE_BATCH.decode(zstandard.ZstdDecompressor().decompress(body))


@dataclass(slots=True)
class FleetCounts:
    """Observations of a fleet: seconds from due to answered for fresh pushes, refusals, errors."""

    fresh_s: list[float] = field(default_factory=list)
    pushed: int = 0
    refused: int = 0
    reconnected: int = 0


class FleetAgent:
    """
    One site's agent. ``backlog`` holds the boot times (ns) at which waiting batches were sealed.

    ``boot_wall_ns`` is the wall time of the boot's beginning, the same for all agents. Batches are
    sealed ``every_s``.
    """

    def __init__(self, number: int, secret: str, boot_wall_ns: int, *, every_s: float) -> None:
        self.simulated = SimulatedAgent(number, secret)
        self.backlog: deque[int] = deque()
        self._boot_wall_ns = boot_wall_ns
        self._template = msgspec.structs.replace(
            results_of_one_batch(every_s),
            site=self.simulated.site,
            stream=number.to_bytes(STREAM_BYTES),
        )
        self._number = 0
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    def next_request(self, sealed_ns: int) -> bytes:
        """Return the request of the next batch, sealed at a boot time."""
        self._number += 1
        wire = msgspec.structs.replace(
            self._template,
            number=self._number,
            clock=ClockWire(sealed_ns, self._boot_wall_ns + sealed_ns, 1000),
        )
        body = zstandard.ZstdCompressor(
            level=_LEVEL, write_content_size=True, write_checksum=False, write_dict_id=False
        ).compress(msgspec.msgpack.encode(wire))
        return self.simulated.batch_request(body)

    async def connect(self, port: int) -> None:
        """Reopen the connection."""
        self.close()
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)

    def close(self) -> None:
        """Close the connection."""
        if self._writer is not None:
            self._writer.close()
            self._reader = self._writer = None

    async def push(self, port: int, request: bytes, counts: FleetCounts) -> None:
        """Push until it is acknowledged."""
        wait_s = await self.try_push(port, request, counts)
        while wait_s is not None:
            await asyncio.sleep(wait_s)
            wait_s = await self.try_push(port, request, counts)

    async def try_push(self, port: int, request: bytes, counts: FleetCounts) -> float | None:
        """Push; return how long to wait before the next attempt, ``None`` if acknowledged."""
        while True:
            try:
                if self._reader is None or self._writer is None:
                    await self.connect(port)
                    assert self._reader is not None
                    assert self._writer is not None
                self._writer.write(request)
                head = await self._reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                body = await self._reader.readexactly(int(length[1]) if length else 0)
            except (OSError, asyncio.IncompleteReadError):
                counts.reconnected += 1
                self.close()
                await asyncio.sleep(1.0)
                continue
            status = int(head.split(b" ", 2)[1])
            if status == 200:
                counts.pushed += 1
                return None
            if status not in {429, 503}:
                raise SystemExit(f"refused: {head!r} {body!r}")
            counts.refused += 1
            again = _RETRY.search(head)
            return int(again[1]) if again else 1.0


class Fleet:
    """
    All agents; ``run`` lets them live until stopped.

    Each seals its batches ``every_s``, at moments of its own, the backlog's (``backlog_s`` long)
    and those that come: no two batches of it have results of the same time, which a database
    refuses.
    """

    def __init__(self, agents: Iterable[FleetAgent], *, every_s: float, backlog_s: float) -> None:
        self.agents = list(agents)
        self.counts = FleetCounts()
        self._every_s, self._backlog_s = every_s, backlog_s
        self._boot_s = self._begin_s = time.monotonic()

    @property
    def backlog(self) -> int:
        """How many batches of the backlog wait to be pushed."""
        return sum(len(agent.backlog) for agent in self.agents)

    def fall_behind(self) -> None:
        """Give each agent its backlog until now."""
        self._begin_s = time.monotonic()
        batches = round(self._backlog_s / self._every_s)
        for place, agent in enumerate(self.agents):
            due_s = self._due_s(place)
            agent.backlog.extend(
                self._boottime_ns(due_s - before * self._every_s)
                for before in range(batches, 0, -1)
            )

    def _due_s(self, place: int) -> float:
        """Return when an agent's first fresh batch is due, by the monotonic clock."""
        return self._begin_s + self._every_s * place / len(self.agents)

    async def meet(self, port: int) -> None:
        """Push each agent's layout and one batch, a few agents at a time."""
        waiting = iter(self.agents)
        # Before all of its backlog.
        sealed_ns = self._boottime_ns(self._boot_s - self._backlog_s - 4 * self._every_s)

        async def some() -> None:
            for agent in waiting:
                await agent.push(port, agent.simulated.layout(), FleetCounts())
                await agent.push(port, agent.next_request(sealed_ns), FleetCounts())

        await asyncio.gather(*(some() for _ in range(50)))

    async def run(self, port: int, stop: asyncio.Event) -> None:
        """Run until stopped: all connect at once, then each pushes at its own moment."""
        await asyncio.gather(
            *(
                self._live(port, stop, agent, self._due_s(place))
                for place, agent in enumerate(self.agents)
            )
        )

    async def _live(self, port: int, stop: asyncio.Event, agent: FleetAgent, due_s: float) -> None:
        agent.close()
        backlog_at_s = 0.0
        while not stop.is_set():
            if time.monotonic() >= due_s:
                request = agent.next_request(self._boottime_ns(due_s))
                await agent.push(port, request, self.counts)
                self.counts.fresh_s.append(time.monotonic() - due_s)
                due_s += self._every_s
            elif agent.backlog and time.monotonic() >= backlog_at_s:
                # A refusal must not delay fresh batches: real agents push both independently.
                request = agent.next_request(agent.backlog[0])
                wait_s = await agent.try_push(port, request, self.counts)
                if wait_s is None:
                    agent.backlog.popleft()
                else:
                    backlog_at_s = time.monotonic() + wait_s
            else:
                await asyncio.sleep(min(1.0, max(0.0, due_s - time.monotonic())))
        agent.close()

    def _boottime_ns(self, at_s: float) -> int:
        return UPTIME_NS + round((at_s - self._boot_s) * S)
