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
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
from tests.collector.batches import BatchSealer, S, change, icmp_result
from tests.collector.running import Pusher
from tests.plain_http import PlainClient

from thongsuot_schema.batch import push
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.model import Batch, Notice, NoticeCode
from thongsuot_schema.batch.record_report import RecordReport, StreamProgress, format_report
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

_UPTIME_NS = 9_000 * S
_ANSWER_S = 3.0
_PAUSE_S = 0.2
_SAID_EVERY_S = 20.0
_FINISH_EVERY_S = 0.2


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
    how many batches were made, the fibres that failed, and the CPU time that all of it took.
    """

    measured_ms: dict[str, list[int]]
    acknowledged: dict[str, list[AcknowledgedBatch]]
    made: dict[str, int]
    falls: list[Fall]
    longest_s: float
    refused: dict[str, int]
    cpu_s: float


@dataclass(kw_only=True, slots=True)
class LoadCounts:
    """What the devices have seen so far, for their record."""

    measured_ms: dict[str, list[int]] = field(default_factory=dict)
    acknowledged: dict[str, list[AcknowledgedBatch]] = field(default_factory=dict)
    longest_s: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)


class Uplink:
    """
    How a device pushes: over a connection of its own to each address, which are tried in turn,
    beginning with the last one that accepted.
    """

    def __init__(
        self, urls: tuple[str, ...], secret: str, preferred: int, counts: LoadCounts
    ) -> None:
        self._secret = secret
        self._clients = [PlainClient(url, timeout_s=_ANSWER_S) for url in urls]
        self._preferred = preferred
        self._counts = counts

    async def push(self, sealer: BatchSealer, batch: Batch) -> None:
        """Push until it is acknowledged; batches come in the order of their numbers."""
        began_s = time.monotonic()
        body, layout = sealer.sealed(batch)
        while True:
            for step in range(len(self._clients)):
                place = (self._preferred + step) % len(self._clients)
                if await self._is_taken(place, sealer, batch, (body, layout)):
                    self._preferred = place
                    self._counts.longest_s = max(self._counts.longest_s, time.monotonic() - began_s)
                    return
            await asyncio.sleep(_PAUSE_S)

    async def _is_taken(
        self,
        place: int,
        sealer: BatchSealer,
        batch: Batch,
        sealed: tuple[bytes, bytes],
    ) -> bool:
        body, layout = sealed
        client = self._clients[place]
        try:
            answer = await self._posted(client, sealer, batch, body)
            if answer.status_code == 409 and answer.json().get("unknown_layout"):
                # Without a database at the moment its layout is rejected.
                answer = await Pusher(client, sealer, self._secret).layout(layout)
                if answer.status_code == 200:
                    answer = await self._posted(client, sealer, batch, body)
        except httpx.TransportError as error:
            self._counts.refused[type(error).__name__] += 1
            return False  # gone, stopped, or cut off at the moment
        if answer.status_code != 200:
            self._counts.refused[str(answer.status_code)] += 1
            return False
        return bool(answer.json().get("acknowledged") == batch.number)

    async def _posted(
        self, client: PlainClient, sealer: BatchSealer, batch: Batch, body: bytes
    ) -> httpx.Response:
        """Push once, with the clock and the report of the record at the moment of sending."""
        progress = StreamProgress(
            stream=sealer.stream, highest=sealer.number, waiting=sealer.number - batch.number
        )
        headers = {
            "Authorization": f"Bearer {self._secret}",
            "Content-Type": push.CONTENT_TYPE_BATCH,
            push.HEADER_BOOTTIME: str(time.time_ns() - sealer.epoch_ns),
            push.HEADER_BOOT: sealer.boot_id,
            push.HEADER_RECORD: format_report(RecordReport(streams=(progress,))),
        }
        return await client.post(push.PATH_BATCHES, content=body, headers=headers)

    def close(self) -> None:
        """Close its connections."""
        for client in self._clients:
            client.close()


class Backlog:
    """
    The number of batches that are not acknowledged, and whether devices may end.

    They end together, once few batches are left, each with a last push: a device that ended first
    would be silent before the last one.
    """

    def __init__(self, finish: Path, devices: int) -> None:
        self._finish = finish
        self._devices = devices
        self._waiting = 0
        self._over = asyncio.Event()

    async def follow_finish(self) -> None:
        """Look for the end until it has come."""
        while not self._over.is_set():
            await asyncio.sleep(_FINISH_EVERY_S)
            if self._waiting <= self._devices and self._finish.exists():
                self._over.set()

    async def say_what_keeps_it(self, counts: LoadCounts) -> None:
        """Once it is time to end, print every few seconds what the cluster has refused so far."""
        while True:
            await asyncio.sleep(_SAID_EVERY_S)
            if self._finish.exists():
                print(
                    f"{self._waiting} batches wait; refused so far: {dict(counts.refused)}",
                    flush=True,
                )

    def add(self, count: int) -> None:
        """Count batches that wait, or (negative) that were acknowledged."""
        self._waiting += count

    async def is_over_within(self, seconds: float) -> bool:
        """Wait so long, or until it is time to end; return whether it is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self._over.is_set()


class Device:
    """The device of one site."""

    def __init__(self, site: str, uplink: Uplink, backlog: Backlog, counts: LoadCounts) -> None:
        self.site = site
        self.fall: Fall | None = None
        self._uplink = uplink
        self._backlog = backlog
        self._counts = counts
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
            is_over = False
            while not is_over:
                at_s = min([next_s, *turns_s[:1]])
                is_over = await self._backlog.is_over_within(began_s + at_s - time.monotonic())
                if is_over:
                    at_s = time.monotonic() - began_s
                elif turns_s and at_s == turns_s[0]:
                    turns_s.pop(0)
                else:
                    next_s += order.every_s
                is_down = fall_s <= at_s < fall_s + order.down_s
                self._backlog.add(1)
                queue.put_nowait(self._seal(State.DOWN if is_down else State.UP))
            queue.put_nowait(None)

    @property
    def made(self) -> int:
        """How many batches it has sealed."""
        return self._sealer.number

    async def _send(self, queue: "asyncio.Queue[Batch | None]") -> None:
        while (batch := await queue.get()) is not None:
            await self._uplink.push(self._sealer, batch)
            self._note(batch)
            self._backlog.add(-1)
        self._uplink.close()

    def _note(self, batch: Batch) -> None:
        epoch_ns = self._sealer.epoch_ns
        sealed_s = (epoch_ns + batch.clock.boottime_ns) / S
        self._counts.acknowledged.setdefault(self.site, []).append(
            AcknowledgedBatch(batch.number, sealed_s, time.time())
        )
        self._counts.measured_ms.setdefault(self.site, []).extend(
            epoch_ns // 1_000_000 + result.boottime_ns // 1_000_000 for result in batch.results
        )

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
    counts = LoadCounts()
    backlog = Backlog(Path(order.finish), len(order.secrets))
    devices = [
        Device(
            site,
            Uplink(order.urls, secret, place % len(order.urls), counts),
            backlog,
            counts,
        )
        for place, (site, secret) in enumerate(order.secrets.items())
    ]
    chance = random.Random(order.seed)
    began_s = time.monotonic()
    beside = [
        asyncio.create_task(backlog.follow_finish()),
        asyncio.create_task(backlog.say_what_keeps_it(counts)),
    ]
    try:
        await asyncio.gather(
            *(device.live(order, began_s, chance.uniform(0, order.every_s)) for device in devices)
        )
    finally:
        for task in beside:
            task.cancel()
    return LoadRecord(
        measured_ms=counts.measured_ms,
        acknowledged=counts.acknowledged,
        made={device.site: device.made for device in devices},
        falls=[device.fall for device in devices if device.fall is not None],
        longest_s=counts.longest_s,
        refused=dict(counts.refused),
        cpu_s=time.process_time(),
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
