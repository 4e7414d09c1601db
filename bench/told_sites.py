"""
Service points in a large city whose lines fail in the middle of a run, for ``bench.sites``: how
long after a line was found dead does its carrier have the message?

Each has a carrier of its own, so that none is notified as one of several. The carriers' webhook is
received here.
"""

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import cast

from bench.ingest import LINKS
from tests.collector.app.fleet import DeviceFleet, FleetDevice
from tests.collector.app.process import CollectorProcess
from tests.collector.notify.incident_events import secret_file
from tests.collector.timeline.boot_script import CUT

from thongsuot_schema.inventory.model import Site
from thongsuot_schema.inventory.read import read_inventory

NAMES = tuple(f"faulty-{number:02d}" for number in range(30))
WITHIN_S = 300.0

_LINK = LINKS[0]
_CARRIERS = ("vnpt", "viettel")
"""Of the links of the sites that never fail."""
_BEAT_S = 15.0
_SITE = re.compile(rb"faulty-\d\d")
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class FaultySites:
    """
    The sites, the carriers' receiver, and how long each carrier waited for its message.

    ``secrets`` are their tokens; ``others`` are the sites of the city that never fail.
    """

    def __init__(self, folder: Path, secrets: Mapping[str, str], others: Iterable[str]) -> None:
        self._secrets = secrets
        self._key = secret_file(folder, "desk.key", "of the desk")
        inventory = _inventory(others)
        (folder / "inventory").mkdir(parents=True)
        (folder / "inventory" / "city.toml").write_text(inventory, encoding="utf-8")
        known = read_inventory({"city.toml": inventory})
        self._sites: dict[str, Site] = {
            site.name: site for site in known.sites if site.name in NAMES
        }
        self._found_s: dict[str, float] = {}
        self.told_s: dict[str, float] = {}
        self._all_told = asyncio.Event()

    @asynccontextmanager
    async def receiver(self) -> AsyncIterator[str]:
        """Receive; yields the collector's settings for it."""
        server = await asyncio.start_server(self._receive, "127.0.0.1", 0)
        async with server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            yield (
                f'[[channels]]\nkind = "webhook"\nname = "desk"\nurl = "{url}"\n'
                f'secret_file = "{self._key}"\n'
            )

    async def play(self, port: int, within_s: float) -> None:
        """Measure well for a third of a time; let the lines fail in the next; wait for the rest."""
        process = cast("CollectorProcess", _Address(f"http://127.0.0.1:{port}"))
        devices = [FleetDevice(site, self._secrets[site.name]) for site in self._sites.values()]
        fleet = asyncio.create_task(DeviceFleet(devices, process, beat_s=_BEAT_S).run())
        for device in devices:
            device.boot()
        await asyncio.sleep(within_s / 3)
        for device in random.Random(1).sample(devices, len(devices)):
            self._found_s[device.site.name] = time.monotonic()
            device.say(_LINK, CUT)
            await asyncio.sleep(within_s / 3 / len(devices))
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s / 3 + WITHIN_S):
                await self._all_told.wait()
        fleet.cancel()
        await asyncio.wait((fleet,))

    def print(self) -> None:
        """Print how long the carriers waited."""
        waited_s = sorted(self.told_s.values())
        if not waited_s:
            print(f"    none of {len(NAMES)} carriers was notified")
            return
        p95_s = waited_s[min(len(waited_s) - 1, round(0.95 * len(waited_s)))]
        print(
            f"    {len(waited_s)} of {len(NAMES)} lines that failed meanwhile: their carriers were "
            f"notified after {waited_s[len(waited_s) // 2]:.1f} s, p95 {p95_s:.1f}, "
            f"slowest {waited_s[-1]:.1f}",
            flush=True,
        )

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                now_s = time.monotonic()
                for name in {match.decode() for match in _SITE.findall(body)}:
                    if name in self._found_s:
                        self.told_s.setdefault(name, now_s - self._found_s[name])
                if len(self.told_s) == len(NAMES):
                    self._all_told.set()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()


class _Address:
    """What ``DeviceFleet`` asks of a collector."""

    def __init__(self, url: str) -> None:
        self.url = url


def _inventory(others: Iterable[str]) -> str:
    """Return the inventory: each faulty site with a carrier of its own, the others with two."""
    carriers = [f'[[carriers]]\nname = "carrier-{site}"\nchannels = ["desk"]\n' for site in NAMES]
    carriers += [f'[[carriers]]\nname = "{name}"\n' for name in _CARRIERS]
    sites = [_site(site, {_LINK: f"carrier-{site}"}) for site in NAMES]
    sites += [_site(site, dict(zip(LINKS, _CARRIERS, strict=True))) for site in others]
    return "".join((*carriers, *sites))


def _site(name: str, carriers: Mapping[str, str]) -> str:
    return f'[[sites]]\nname = "{name}"\n' + "".join(
        f'[[sites.links]]\nname = "{link}"\ninterface = "eth{place}"\nmedium = "fiber"\n'
        f'carrier = "{carrier}"\ncircuit = "{link}-{name}"\n'
        for place, (link, carrier) in enumerate(carriers.items())
    )
