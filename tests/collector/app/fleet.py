"""A fleet of simulated agents that push over the real wire, each until it is acknowledged."""

import asyncio
import time

import httpx

from tests.collector.app.process import CollectorProcess
from tests.collector.batches import BatchSealer, S, change, icmp_result
from tests.collector.running import WITHIN_S, Pusher
from tests.collector.timeline.boot_script import UP, VerdictTriple
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.model import Batch, Notice, NoticeCode
from thongsuot_schema.inventory.model import Site

UPTIME_NS = 3_600 * S


class FleetDevice:
    """
    The device of a site: seals a batch when something is said, and now and then.

    ``is_on``: it has power. ``is_joined``: it reaches the collector; else what it seals waits.
    ``sealed`` and ``acknowledged`` count its batches.
    """

    def __init__(self, site: Site, secret: str) -> None:
        self.site = site
        self.is_on = False
        self.is_joined = True
        self.sealed = self.acknowledged = 0
        self._secret = secret
        self._boots = 0
        self._waiting: list[Batch] = []
        self._pushing = asyncio.Lock()
        self._said: dict[str, VerdictTriple] = {}
        self._agent = self._fresh_agent(UPTIME_NS)

    def boot(self, uptime_ns: int = UPTIME_NS) -> None:
        """Come up, with all links well; what waited on the disk is still there."""
        self._boots += 1
        self._agent = self._fresh_agent(uptime_ns)
        self.is_on = True
        links: dict[str, VerdictTriple] = {link.name: UP for link in self.site.links}
        self._seal(links, notices=[Notice(code=NoticeCode.STARTED, boottime_ns=uptime_ns - S)])

    def say(self, subject: str, verdict: VerdictTriple) -> None:
        """Say how a link (or ``/service``) is from now on."""
        self._seal({subject: verdict})

    def beat(self) -> None:
        """Seal what was measured since the last time."""
        if self.is_on:
            self._seal({})

    async def push(self, client: httpx.AsyncClient, process: CollectorProcess) -> None:
        """Push what waits, the newest first as agents do, for as long as the collector answers."""
        async with self._pushing:
            while self._waiting and self.is_on and self.is_joined:
                batch = self._waiting[-1]
                now_ns = time.time_ns() - self._agent.epoch_ns
                client.base_url = process.url
                try:
                    pushed = await Pusher(client, self._agent, self._secret).batch(
                        batch, boottime_ns=now_ns
                    )
                except httpx.TransportError:
                    return
                if pushed.status_code == 503:
                    return
                assert pushed.status_code == 200, pushed.text
                self._waiting.remove(batch)
                self.acknowledged += 1

    def _seal(
        self, changes: dict[str, VerdictTriple], *, notices: list[Notice] | None = None
    ) -> None:
        now_ns = time.time_ns() - self._agent.epoch_ns
        verdict_changes = []
        for subject, (state, segment, symptom) in changes.items():
            link, _, service = subject.partition("/")
            before = self._said.get(subject, UP)[0]
            verdict_changes.append(
                change(
                    now_ns,
                    state,
                    before=before,
                    link=link,
                    service=service,
                    segment=segment,
                    symptom=symptom,
                )
            )
            self._said[subject] = state, segment, symptom
        result = icmp_result(now_ns - S // 10, link=self.site.links[0].name)
        self.sealed += 1
        self._waiting.append(
            self._agent.batch(now_ns, [result], changes=verdict_changes, notices=notices or [])
        )

    def _fresh_agent(self, uptime_ns: int) -> BatchSealer:
        mark = digest_of(f"{self.site.name} {self._boots}".encode()).hex()
        return BatchSealer(
            self.site.name,
            stream=mark[:16],
            boot_id=f"{mark[:8]}-{mark[8:12]}-4000-8000-{mark[12:24]}",
            epoch_ns=time.time_ns() - uptime_ns,
        )


class DeviceFleet:
    """All devices; ``run`` pushes for them until it is cancelled."""

    def __init__(
        self, devices: list[FleetDevice], process: CollectorProcess, *, beat_s: float
    ) -> None:
        self.devices = {device.site.name: device for device in devices}
        self._process = process
        self._beat_s = beat_s

    async def run(self) -> None:
        """Let every device push its data and heartbeats forever."""
        async with (
            httpx.AsyncClient(timeout=WITHIN_S, trust_env=False) as client,
            asyncio.TaskGroup() as group,
        ):
            for place, device in enumerate(self.devices.values()):
                first_s = self._beat_s * place / len(self.devices)
                group.create_task(self._live(device, client, first_s))

    async def _live(self, device: FleetDevice, client: httpx.AsyncClient, first_s: float) -> None:
        clock = asyncio.get_running_loop().time
        next_s = clock() + first_s
        while True:
            if clock() >= next_s:
                device.beat()
                next_s += self._beat_s
            await device.push(client, self._process)
            await asyncio.sleep(0.1)
