"""What spool tests make and look at: entries that can be told apart, and all that a spool holds."""

import random
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tests.fakes.clock import FakeClock
from thongsuot_agent.clock import Clocks, boot_id
from thongsuot_agent.config.model import SpoolConfig
from thongsuot_agent.spool.paths import SpoolPaths
from thongsuot_agent.spool.spool import Spool
from thongsuot_agent.spool.stream import PendingBatch
from thongsuot_schema.batch.decode import decode_batch, decode_layout
from thongsuot_schema.batch.model import Batch, Layout
from thongsuot_schema.catalogue.icmp import HOP_LIMIT, LOSS, RTT
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Result, Series, failed_finding, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict, VerdictChange

MS_NS = 1_000_000
SERIES = tuple(
    Series(kind="icmp", revision=1, link=link, target=target, family=Family.IP4)
    for link in ("fiber", "5g")
    for target in ("gateway", "resolver")
)


def result(serial: int) -> Result:
    """Return a result that is told from all others by its time; its figures do not compress."""
    rtt_s = random.Random(serial).randrange(1_000, 900_000) / 1_000_000
    return Result(
        series=SERIES[serial % len(SERIES)],
        boottime_ns=serial * MS_NS,
        finding=ok_finding({RTT: rtt_s, LOSS: 0.0, HOP_LIMIT: 64.0}, cost_bytes=88),
    )


def wordy_result(serial: int) -> Result:
    """Return a result that takes a hundred bytes, to fill a spool with."""
    detail = random.Random(serial).randbytes(100).hex()
    finding = failed_finding(Reason.FAILED_OTHERWISE, detail=detail)
    return msgspec.structs.replace(result(serial), finding=finding)


def change(serial: int) -> VerdictChange:
    """Return a verdict change that is told from all others by its time."""
    return VerdictChange(
        verdict=Verdict(
            link="fiber",
            service="",
            state=State.DOWN,
            segment=Segment.ACCESS,
            symptom=Symptom.ACCESS_SILENT,
        ),
        before=State.UP,
        onset_boottime_ns=serial * MS_NS,
        decided_boottime_ns=serial * MS_NS,
    )


def places(root: Path) -> SpoolPaths:
    """Return places below a test's own directory."""
    return SpoolPaths(state_dir=root / "state", runtime_dir=root / "run")


def spool_at(
    root: Path, *, config: SpoolConfig | None = None, clock: Clocks | None = None, boot: str = ""
) -> Spool:
    """Return a spool that is not open yet."""
    clock = clock or Clocks()
    return Spool(
        config or SpoolConfig(),
        places(root),
        clock,
        site="site-1",
        boot_id=boot or boot_id(),
        trusted_wall_ns=clock.wall_ns,
    )


def clock_of(fake: FakeClock) -> Clocks:
    """Return a clock that goes as a fake one."""
    return Clocks(boottime_ns=fake.boottime_ns, wall_ns=fake.wall_ns, error_s=lambda: 0.01)


async def opened(root: Path, fake: FakeClock | None = None, **config: float) -> Spool:
    """Return an open spool; ``config`` are settings of it."""
    clock = None if fake is None else clock_of(fake)
    spool = spool_at(root, config=msgspec.convert(config, SpoolConfig), clock=clock)
    await spool.open(SERIES)
    return spool


class CollectedRecord:
    """A collector's side of it: batches by (stream, number), as they would be made durable."""

    def __init__(self) -> None:
        self.batches: dict[tuple[str, int], Batch] = {}
        self.bodies: dict[tuple[str, int], bytes] = {}
        self.repeats = 0
        self._layouts: dict[bytes, Layout] = {}

    async def accept_batch(self, spool: Spool, pending: PendingBatch) -> None:
        """Take a batch, asking for its layout where it is not known, and acknowledge it."""
        if pending.layout and pending.layout not in self._layouts:
            body = await spool.layout(pending.layout)
            assert body is not None, "the layout is lost"
            name, layout = decode_layout(body)
            self._layouts[name] = layout
        batch = decode_batch(pending.body, self._layouts.get)
        key = (batch.stream, batch.number)
        self.repeats += key in self.batches
        self.batches.setdefault(key, batch)
        self.bodies.setdefault(key, pending.body)
        spool.acknowledge(pending.key)

    async def accept_all(self, spool: Spool) -> None:
        """Take everything that waits."""
        while pending := spool.newest_recent():
            await self.accept_batch(spool, pending)
        while pending_batches := await spool.oldest_on_disk(16):
            for pending in pending_batches:
                await self.accept_batch(spool, pending)
            await spool.forget_acknowledged()

    @property
    def ordered(self) -> list[Batch]:
        """All batches, stream by stream, by number."""
        return [self.batches[key] for key in sorted(self.batches)]

    def serials(self) -> list[int]:
        """Return the serials of all results, each as often as it came."""
        return sorted(
            kept_result.boottime_ns // MS_NS
            for batch in self.ordered
            for kept_result in batch.results
        )

    def change_serials(self) -> list[int]:
        """Return the serials of all verdict changes, each as often as it came."""
        return sorted(
            kept_change.decided_boottime_ns // MS_NS
            for batch in self.ordered
            for kept_change in batch.changes
        )

    def notices(self, code: str) -> list[str]:
        """Return the texts of the notices of one code."""
        return [
            notice.text for batch in self.ordered for notice in batch.notices if notice.code == code
        ]


def numbers(batches: Iterable[Batch]) -> dict[str, list[int]]:
    """Return the batch numbers of each stream, in order."""
    by_stream: dict[str, list[int]] = {}
    for batch in batches:
        by_stream.setdefault(batch.stream, []).append(batch.number)
    return {stream: sorted(each) for stream, each in by_stream.items()}
