"""
How soon the page of a point stands on a phone over slow 3G, beside Uptime Kuma's status page.

    python -m bench.counter_page

One Chromium of 360 x 740, its network slowed by itself (Lighthouse's slow 3G: 400 kbit/s, a round
trip of 400 ms; the CPU as it is), nothing cached: each page is loaded five times, in a context of
its own, in turn, and its largest contentful paint and the bytes that came are read. The device's
own page has a day of echoes; Uptime Kuma watches seven monitors of the same things. Its program is
that of ``./run compare``, which installs it.

Goals: the device's page stands within 1 s (median), and before Uptime Kuma's.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.compare.peers import uptime_kuma
from playwright.async_api import Browser, CDPSession, async_playwright
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.test_page_quality import LCP_S, SLOW_3G, WATCH_PAGE, device_page

SCENES = ("healthy", "fibre-cut", "both-down")
LOADS = 5
SETUP = Path(__file__).with_name("counter_page_kuma.js")
SLUG = "point"
_SETUP_S = 400.0
_SHOWN_MS = 180_000.0
_SETTLED_MS = 1_500.0
"""How long after the last of the page has come a larger paint is waited for."""


@dataclass(slots=True)
class PageLoads:
    """One page: what is waited for on it, and of each load its paint and the bytes that came."""

    name: str
    url: str
    shown: str
    lcp_s: list[float] = field(default_factory=list)
    size_bytes: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"counter_page: {self.name:20} largest paint after {median(self.lcp_s):6.2f} s "
            f"({min(self.lcp_s):.2f} to {max(self.lcp_s):.2f}, {len(self.lcp_s)} loads), "
            f"{median(self.size_bytes) / 1000:6.0f} KB cold"
        )


async def load(browser: Browser, page: PageLoads) -> None:
    """Load a page once with nothing cached."""
    context = await browser.new_context(
        viewport={"width": 360, "height": 740}, locale="vi-VN", service_workers="block"
    )
    tab = await context.new_page()
    session: CDPSession = await context.new_cdp_session(tab)
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", SLOW_3G)
    await tab.add_init_script(WATCH_PAGE)
    await tab.goto(page.url, timeout=_SHOWN_MS, wait_until="load")
    await tab.wait_for_selector(page.shown, timeout=_SHOWN_MS)
    await tab.wait_for_timeout(_SETTLED_MS)
    await tab.wait_for_function("window.largest > 0")
    page.lcp_s.append(await tab.evaluate("window.largest") / 1000)
    page.size_bytes.append(round(sum(received)))
    print(f"counter_page: {page.name}: {page.lcp_s[-1]:.2f} s", file=sys.stderr, flush=True)
    await context.close()


@contextmanager
def kuma_page(folder: Path, watched: str) -> Iterator[str]:
    """Run Uptime Kuma with monitors of an address; gives the address of its status page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    env = dict(os.environ) | {
        "DATA_DIR": f"{folder}/data/",
        "UPTIME_KUMA_DB_TYPE": "sqlite",
        "UPTIME_KUMA_HOST": "127.0.0.1",
        "UPTIME_KUMA_PORT": str(port),
        "NODE_ENV": "production",
        "NODE_PATH": str(uptime_kuma.CACHE / "node_modules"),
    }
    node = shutil.which("node")
    assert node is not None, "asked for before"
    with (
        (folder / "kuma.log").open("wb") as log,
        subprocess.Popen(
            [node, "server/server.js"],
            cwd=uptime_kuma.PROGRAM,
            env=env,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            subprocess.run(
                [node, str(SETUP), url, watched, SLUG], env=env, check=True, timeout=_SETUP_S
            )
            print("counter_page: Uptime Kuma runs", file=sys.stderr, flush=True)
            yield f"{url}/status/{SLUG}"
        finally:
            process.terminate()


async def measure(folder: Path) -> tuple[list[PageLoads], PageLoads]:
    """Load the device's pages and the peer's, one after the other."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        ours = [PageLoads(name=f"device, {scene}", url="", shown="#headline") for scene in SCENES]
        async with device_page("healthy") as watched:
            with kuma_page(folder, watched) as url:
                kuma = PageLoads(name="Uptime Kuma", url=url, shown=".monitor-list .item-name")
                for _ in range(LOADS):
                    for page, scene in zip(ours, SCENES, strict=True):
                        async with device_page(scene) as page.url:
                            await load(browser, page)
                    await load(browser, kuma)
        await browser.close()
    return ours, kuma


def main() -> int:
    """Measure, print, and compare with the goals."""
    missing = uptime_kuma.missing()
    if missing:
        print(f"counter_page: Uptime Kuma cannot run here: {missing}")
        return 1
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        ours, kuma = asyncio.run(measure(Path(folder)))
    print("counter_page: slow 3G (400 kbit/s, 400 ms), 360 x 740, nothing cached")
    print(*ours, kuma, sep="\n")
    slowest_s = max(median(page.lcp_s) for page in ours)
    ratio = slowest_s / median(kuma.lcp_s)
    print(f"ratio counter_page.lcp_of_uptime_kuma {ratio:.3f}")
    size = max(median(page.size_bytes) for page in ours) / median(kuma.size_bytes)
    print(f"ratio counter_page.bytes_of_uptime_kuma {size:.3f}")
    print(f"counter_page: took {time.monotonic() - began_s:.0f} s at load {os.getloadavg()[0]:.0f}")
    return 0 if slowest_s <= LCP_S and ratio < 1.0 else 1


if __name__ == "__main__":
    sys.exit(main())
