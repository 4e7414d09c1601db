"""
The devices of many sites as one process: ``python -m bench.cluster.load ORDER``.

Each device seals a batch every few seconds, and at once when its fibre fails or recovers, and
pushes it to the cluster and to the single collector, to each from a queue of its own: a batch that
one of them does not accept is pushed again until it is acknowledged, as from an agent's record.
"""

import asyncio
import random
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import httpx
import msgspec
from tests.collector.batches import BatchSealer, S, change, icmp_result
from tests.collector.running import Pusher
from tests.plain_http import NO_AUTHORITIES

from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.model import Batch, Notice, NoticeCode
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

_UPTIME_NS = 9_000 * S
_ANSWER_S = 3.0
_PAUSE_S = 0.2
_SAID_EVERY_S = 20.0


class TargetOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A collector, or several that act as one: their addresses, and each site's secret."""

    urls: tuple[str, ...]
    secrets: dict[str, str]


class LoadOrder(msgspec.Struct, frozen=True, kw_only=True):
    """
    The load to generate; ``falls`` are sites and seconds from the start. It continues until the
    file ``finish`` exists.
    """

    sites: tuple[str, ...]
    cluster: TargetOrder
    alone: TargetOrder
    falls: dict[str, float]
    down_s: float
    every_s: float
    seed: int
    record: str
    finish: str


class Fall(msgspec.Struct, frozen=True, kw_only=True):
    """
    A fibre that failed: when (Unix time), and how long until each side had acknowledged the batch.
    """

    site: str
    at_s: float
    cluster_s: float
    alone_s: float


class LoadRecord(msgspec.Struct, frozen=True, kw_only=True):
    """
    The batches that the cluster acknowledged, when each of their samples was measured, and the
    fibres that failed.
    """

    measured_ms: dict[str, list[int]]
    acknowledged: dict[str, list[int]]
    falls: list[Fall]
    longest_s: float
    refused: dict[str, int]


class PushTarget:
    """
    Where a device pushes: addresses are tried in turn, beginning with the last one that accepted.
    """

    def __init__(self, order: TargetOrder) -> None:
        self.order = order
        # A device that waited for a connection would otherwise push an outdated clock.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._clients = [
            httpx.AsyncClient(base_url=url, timeout=_ANSWER_S, verify=NO_AUTHORITIES, limits=limits)
            for url in order.urls
        ]
        self.acknowledged: dict[str, list[int]] = {}
        self.measured_ms: dict[str, list[int]] = {}
        self.longest_s = 0.0
        self.refused: dict[str, int] = {}

    async def push(self, sealer: BatchSealer, batch: Batch, first: int) -> int:
        """Push until it is acknowledged; return the address that accepted it."""
        began_s = time.monotonic()
        while True:
            for step in range(len(self._clients)):
                place = (first + step) % len(self._clients)
                if await self._is_taken(sealer, batch, place):
                    self.acknowledged.setdefault(sealer.site, []).append(batch.number)
                    self.measured_ms.setdefault(sealer.site, []).extend(
                        sealer.epoch_ns // 1_000_000 + result.boottime_ns // 1_000_000
                        for result in batch.results
                    )
                    self.longest_s = max(self.longest_s, time.monotonic() - began_s)
                    return place
            await asyncio.sleep(_PAUSE_S)

    async def _is_taken(self, sealer: BatchSealer, batch: Batch, place: int) -> bool:
        pusher = Pusher(self._clients[place], sealer, self.order.secrets[sealer.site])
        body, layout = sealer.sealed(batch)
        try:
            answer = await self._pushed(pusher, sealer, body)
            if answer.status_code == 409 and answer.json().get("unknown_layout"):
                # Without a database at the moment its layout is rejected.
                answer = await pusher.layout(layout)
                if answer.status_code == 200:
                    answer = await self._pushed(pusher, sealer, body)
        except httpx.TransportError as error:
            self._count(type(error).__name__)
            return False  # gone, stopped, or cut off at the moment
        if answer.status_code != 200:
            self._count(str(answer.status_code))
            return False
        return bool(answer.json().get("acknowledged") == batch.number)

    async def _pushed(self, pusher: Pusher, sealer: BatchSealer, body: bytes) -> httpx.Response:
        """Push once, with the clock at the moment of sending."""
        return await pusher.body(body, boottime_ns=time.time_ns() - sealer.epoch_ns)

    def _count(self, why: str) -> None:
        self.refused[why] = self.refused.get(why, 0) + 1

    async def close(self) -> None:
        """Close its connections."""
        for client in self._clients:
            await client.aclose()


class Backlog:
    """
    The number of batches that are not acknowledged by both sides, and whether devices may end.

    They end together, once few batches are left: a device that ended first would be silent before
    the last one.
    """

    def __init__(self, finish: Path, devices: int) -> None:
        self._finish = finish
        self._devices = devices
        self._waiting = 0
        self._is_over = False

    async def say_what_keeps_it(self, targets: Sequence[PushTarget]) -> None:
        """Once it is time to end, print every few seconds what each target has refused so far."""
        while True:
            await asyncio.sleep(_SAID_EVERY_S)
            if self._finish.exists():
                refused = [target.refused for target in targets]
                print(f"{self._waiting} batches wait; refused so far: {refused}", flush=True)

    def add(self, count: int) -> None:
        """Count batches that wait, or (negative) that were acknowledged."""
        self._waiting += count

    def is_over(self) -> bool:
        """Return whether it is time to end; once it is, it stays so."""
        if not self._is_over and self._waiting <= self._devices:
            self._is_over = self._finish.exists()
        return self._is_over


class Device:
    """The device of one site."""

    def __init__(
        self, site: str, targets: Sequence[PushTarget], preferred: int, backlog: Backlog
    ) -> None:
        self.site = site
        self.fall: Fall | None = None
        self._targets = targets
        self._preferred = preferred
        self._backlog = backlog
        self._state = State.UNKNOWN
        stream = digest_of(site.encode()).hex()[:16]
        self._sealer = BatchSealer(
            site,
            stream=stream,
            boot_id=f"{stream[:8]}-0000-4000-8000-000000000000",
            epoch_ns=time.time_ns() - _UPTIME_NS,
        )
        self._fell_s = 0.0
        self._fell_number = 0
        self._waits_s = [0.0 for _ in targets]

    async def live(self, order: LoadOrder, began_s: float, offset_s: float) -> None:
        """Push until the end; return when everything is acknowledged."""
        queues = [_Queue() for _ in self._targets]
        async with asyncio.TaskGroup() as group:
            for place, (target, queue) in enumerate(zip(self._targets, queues, strict=True)):
                group.create_task(self._send(place, target, queue))
            fall_s = order.falls.get(self.site, float("inf"))
            next_s = offset_s
            turns_s = sorted({fall_s, fall_s + order.down_s} - {float("inf")})
            while not self._backlog.is_over():
                at_s = min([next_s, *turns_s[:1]])
                await asyncio.sleep(began_s + at_s - time.monotonic())
                if turns_s and at_s == turns_s[0]:
                    turns_s.pop(0)
                else:
                    next_s += order.every_s
                is_down = fall_s <= at_s < fall_s + order.down_s
                batch = self._seal(State.DOWN if is_down else State.UP)
                self._backlog.add(len(queues))
                for queue in queues:
                    queue.put(batch)
            for queue in queues:
                queue.put(None)
        if self._fell_s:
            self.fall = Fall(
                site=self.site,
                at_s=self._fell_s,
                cluster_s=self._waits_s[0],
                alone_s=self._waits_s[1],
            )

    async def _send(self, place: int, target: PushTarget, queue: "_Queue") -> None:
        first = self._preferred
        while (batch := await queue.get()) is not None:
            first = await target.push(self._sealer, batch, first)
            self._backlog.add(-1)
            if batch.number == self._fell_number:
                self._waits_s[place] = time.time() - self._fell_s

    def _seal(self, state: State) -> Batch:
        now_ns = time.time_ns() - self._sealer.epoch_ns
        before, self._state = self._state, state
        is_up = state is State.UP
        changed = change(
            now_ns,
            state,
            before=before,
            segment=None if is_up else Segment.ACCESS,
            symptom=Symptom.NONE if is_up else Symptom.ACCESS_SILENT,
        )
        started = Notice(code=NoticeCode.STARTED, boottime_ns=now_ns - 2 * S)
        batch = self._sealer.batch(
            now_ns,
            [icmp_result(now_ns - S // 10, link="fiber")],
            changes=[] if before is state else [changed],
            notices=[started] if before is State.UNKNOWN else [],
        )
        if not is_up and before is State.UP:
            self._fell_s, self._fell_number = time.time(), batch.number
        return batch


class _Queue:
    """Batches that wait for one target, in order."""

    def __init__(self) -> None:
        self._batches: deque[Batch | None] = deque()
        self._filled = asyncio.Event()

    def put(self, batch: Batch | None) -> None:
        self._batches.append(batch)
        self._filled.set()

    async def get(self) -> Batch | None:
        while not self._batches:
            self._filled.clear()
            await self._filled.wait()
        return self._batches.popleft()


async def play(order: LoadOrder) -> LoadRecord:
    """Generate the load of an order, and return the record."""
    cluster, alone = PushTarget(order.cluster), PushTarget(order.alone)
    backlog = Backlog(Path(order.finish), len(order.sites))
    devices = [
        Device(site, (cluster, alone), place % len(order.cluster.urls), backlog)
        for place, site in enumerate(order.sites)
    ]
    chance = random.Random(order.seed)
    began_s = time.monotonic()
    saying = asyncio.create_task(backlog.say_what_keeps_it((cluster, alone)))
    try:
        await asyncio.gather(
            *(device.live(order, began_s, chance.uniform(0, order.every_s)) for device in devices)
        )
    finally:
        saying.cancel()
        await cluster.close()
        await alone.close()
    return LoadRecord(
        measured_ms=cluster.measured_ms,
        acknowledged=cluster.acknowledged,
        falls=[device.fall for device in devices if device.fall is not None],
        longest_s=cluster.longest_s,
        refused=cluster.refused,
    )


def main() -> int:
    """Generate the load of the order in a file, and write the record to the file that it names."""
    order = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=LoadOrder)
    record = asyncio.run(play(order))
    file = Path(order.record)
    unfinished = file.with_suffix(".new")
    unfinished.write_bytes(msgspec.json.encode(record))
    unfinished.rename(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
