"""
The devices of many sites as one process: ``python -m bench.cluster.load ORDER``.

Each device seals a batch every few seconds, and at once when its fibre fails or recovers, and
pushes it to the cluster, one after the other: a batch that is not accepted is pushed again until it
is acknowledged, as from an agent's record.
"""

import asyncio
import random
import sys
import time
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


class LoadOrder(msgspec.Struct, frozen=True, kw_only=True):
    """
    The load to generate, for the collectors at ``urls``; ``secrets`` are those of the sites,
    ``falls`` are sites and seconds from the start. It continues until the file ``finish`` exists.
    """

    urls: tuple[str, ...]
    secrets: dict[str, str]
    falls: dict[str, float]
    down_s: float
    every_s: float
    seed: int
    record: str
    finish: str


class Fall(msgspec.Struct, frozen=True, kw_only=True):
    """A fibre that failed, and when (Unix time)."""

    site: str
    at_s: float


class AcknowledgedBatch(msgspec.Struct, frozen=True, array_like=True):
    """A batch: its number, and when it was sealed and acknowledged (Unix time)."""

    number: int
    sealed_s: float
    acknowledged_s: float


class LoadRecord(msgspec.Struct, frozen=True, kw_only=True):
    """
    The batches of each site that the cluster acknowledged, when each of their samples was measured,
    and the fibres that failed.
    """

    measured_ms: dict[str, list[int]]
    acknowledged: dict[str, list[AcknowledgedBatch]]
    falls: list[Fall]
    longest_s: float
    refused: dict[str, int]


class PushTarget:
    """
    Where devices push: addresses are tried in turn, beginning with the last one that accepted.
    """

    def __init__(self, urls: tuple[str, ...], secrets: dict[str, str]) -> None:
        self._secrets = secrets
        # A device that waited for a connection would otherwise push an outdated clock.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._clients = [
            httpx.AsyncClient(base_url=url, timeout=_ANSWER_S, verify=NO_AUTHORITIES, limits=limits)
            for url in urls
        ]
        self.acknowledged: dict[str, list[AcknowledgedBatch]] = {}
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
                    sealed_s = (sealer.epoch_ns + batch.clock.boottime_ns) / S
                    self.acknowledged.setdefault(sealer.site, []).append(
                        AcknowledgedBatch(batch.number, sealed_s, time.time())
                    )
                    self.measured_ms.setdefault(sealer.site, []).extend(
                        sealer.epoch_ns // 1_000_000 + result.boottime_ns // 1_000_000
                        for result in batch.results
                    )
                    self.longest_s = max(self.longest_s, time.monotonic() - began_s)
                    return place
            await asyncio.sleep(_PAUSE_S)

    async def _is_taken(self, sealer: BatchSealer, batch: Batch, place: int) -> bool:
        pusher = Pusher(self._clients[place], sealer, self._secrets[sealer.site])
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
    The number of batches that are not acknowledged, and whether devices may end.

    They end together, once few batches are left: a device that ended first would be silent before
    the last one.
    """

    def __init__(self, finish: Path, devices: int) -> None:
        self._finish = finish
        self._devices = devices
        self._waiting = 0
        self._is_over = False

    async def say_what_keeps_it(self, target: PushTarget) -> None:
        """Once it is time to end, print every few seconds what the cluster has refused so far."""
        while True:
            await asyncio.sleep(_SAID_EVERY_S)
            if self._finish.exists():
                print(f"{self._waiting} batches wait; refused so far: {target.refused}", flush=True)

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

    def __init__(self, site: str, target: PushTarget, preferred: int, backlog: Backlog) -> None:
        self.site = site
        self.fall: Fall | None = None
        self._target = target
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

    async def live(self, order: LoadOrder, began_s: float, offset_s: float) -> None:
        """Push until the end; return when everything is acknowledged."""
        queue: asyncio.Queue[Batch | None] = asyncio.Queue()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send(queue))
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
                self._backlog.add(1)
                queue.put_nowait(self._seal(State.DOWN if is_down else State.UP))
            queue.put_nowait(None)

    async def _send(self, queue: "asyncio.Queue[Batch | None]") -> None:
        first = self._preferred
        while (batch := await queue.get()) is not None:
            first = await self._target.push(self._sealer, batch, first)
            self._backlog.add(-1)

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
            self.fall = Fall(site=self.site, at_s=time.time())
        return batch


async def play(order: LoadOrder) -> LoadRecord:
    """Generate the load of an order, and return the record."""
    target = PushTarget(order.urls, order.secrets)
    backlog = Backlog(Path(order.finish), len(order.secrets))
    devices = [
        Device(site, target, place % len(order.urls), backlog)
        for place, site in enumerate(order.secrets)
    ]
    chance = random.Random(order.seed)
    began_s = time.monotonic()
    saying = asyncio.create_task(backlog.say_what_keeps_it(target))
    try:
        await asyncio.gather(
            *(device.live(order, began_s, chance.uniform(0, order.every_s)) for device in devices)
        )
    finally:
        saying.cancel()
        await target.close()
    return LoadRecord(
        measured_ms=target.measured_ms,
        acknowledged=target.acknowledged,
        falls=[device.fall for device in devices if device.fall is not None],
        longest_s=target.longest_s,
        refused=target.refused,
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
