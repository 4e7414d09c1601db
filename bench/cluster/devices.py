"""Devices that push to whichever collector answers, until each batch is acknowledged."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx
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
_EVERY_S = 2.0
_PAUSE_S = 0.2


@dataclass
class Target:
    """A collector, or several that are one: ``urls`` are tried in turn, by one site's secrets."""

    urls: Callable[[], Sequence[str]]
    secrets: dict[str, str]
    acknowledged: dict[str, set[int]] = field(default_factory=dict)
    longest_s: float = 0.0


class Device:
    """The device of one site, whose fibre falls and comes back; all get the same batches."""

    def __init__(self, site: str, targets: Sequence[Target]) -> None:
        self.site = site
        self.fell_s: list[float] = []
        self._targets = targets
        self._state = State.UNKNOWN
        stream = digest_of(site.encode()).hex()[:16]
        self._sealer = BatchSealer(
            site,
            stream=stream,
            boot_id=f"{stream[:8]}-0000-4000-8000-000000000000",
            epoch_ns=time.time_ns() - _UPTIME_NS,
        )

    async def live(self, ends_s: float, falls_s: Sequence[float], down_s: float) -> None:
        """Push every two seconds until a time; the fibre falls at the given ones."""
        began_s = time.monotonic()
        while (now_s := time.monotonic() - began_s) < ends_s:
            is_down = any(fall_s <= now_s < fall_s + down_s for fall_s in falls_s)
            batch = self._seal(State.DOWN if is_down else State.UP)
            await asyncio.gather(*(self._push(batch, target) for target in self._targets))
            await asyncio.sleep(_EVERY_S)

    def _seal(self, state: State) -> Batch:
        now_ns = time.time_ns() - self._sealer.epoch_ns
        before, self._state = self._state, state
        is_up = state is State.UP
        if not is_up and before is State.UP:
            self.fell_s.append(time.monotonic())
        changed = change(
            now_ns,
            state,
            before=before,
            segment=None if is_up else Segment.ACCESS,
            symptom=Symptom.NONE if is_up else Symptom.ACCESS_SILENT,
        )
        started = Notice(code=NoticeCode.STARTED, boottime_ns=now_ns - 2 * S)
        return self._sealer.batch(
            now_ns,
            [icmp_result(now_ns - S, link="fiber")],
            changes=[] if before is state else [changed],
            notices=[started] if before is State.UNKNOWN else [],
        )

    async def _push(self, batch: Batch, target: Target) -> None:
        began_s = time.monotonic()
        while True:
            for url in target.urls():
                if await self._is_taken(batch, url, target.secrets[self.site]):
                    target.acknowledged.setdefault(self.site, set()).add(batch.number)
                    target.longest_s = max(target.longest_s, time.monotonic() - began_s)
                    return
            await asyncio.sleep(_PAUSE_S)

    async def _is_taken(self, batch: Batch, url: str, secret: str) -> bool:
        now_ns = time.time_ns() - self._sealer.epoch_ns
        async with httpx.AsyncClient(
            base_url=url, timeout=_ANSWER_S, verify=NO_AUTHORITIES
        ) as client:
            pusher = Pusher(client, self._sealer, secret)
            try:
                answer = await pusher.batch(batch, boottime_ns=now_ns)
            except (httpx.TransportError, AssertionError):
                return False  # gone, stopped, or without its database at the moment
        return answer.status_code == 200 and answer.json()["acknowledged"] == batch.number
