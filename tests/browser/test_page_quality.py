"""The numbers that every page must reach: steady, light, readable large, usable without a mouse."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.agent.page.test_line_history import echo_for_a_day
from tests.agent.page.test_pages import CountedPages
from tests.browser.test_incident_pages import INVENTORY, city, open_incident_url
from tests.browser.test_site_page import overflow, resize
from tests.collector.queries.reporting_city import ReportingCity
from tests.collector.running import collector
from tests.schema.page.scenes import SCENES
from thongsuot_agent.page.server import LocalPageServer
from thongsuot_collector.web.lists.columns import LAYOUTS
from thongsuot_schema.state import State

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
__all__ = ["city"]

WIDTHS = (320, 360, 768, 1280, 1920, 3840)
COLD_BYTES = 60 * 1024
LCP_S = 1.0
LOADS = 5

STEADY = 0.01
"""
A tenth of what counts as a good cumulative layout shift (web.dev/cls). On a busy machine something
on a city's list moved by 0.0015 once (2026-12); what it was is not known, so it is printed now.
"""

SLOW_3G = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 400_000 / 8,
    "uploadThroughput": 400_000 / 8,
}
"""Lighthouse's slow 3G: 400 kbit/s, a round trip of 400 ms."""

WATCH_PAGE = """
window.shifts = 0; window.largest = 0; window.shifted = [];
new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
        window.shifts += entry.value;
        for (const {node} of entry.sources)
            window.shifted.push((node?.outerHTML ?? node?.textContent ?? "").slice(0, 120));
    }
}).observe({type: "layout-shift", buffered: true});
new PerformanceObserver(list => {
    for (const entry of list.getEntries()) window.largest = entry.startTime;
}).observe({type: "largest-contentful-paint", buffered: true});
"""

NO_RENEWAL = """
window.setInterval = () => 0;
window.EventSource = class { addEventListener() {} close() {} };
"""
"""Keeps a page as it is while somebody walks through it; that focus stays is tested elsewhere."""

UNREACHED = """
() => {
    const wanted = [...document.querySelectorAll(
        "a[href],button,input:not([type=hidden]),select,textarea,summary"
    )].filter(each => each.checkVisibility() && each.tabIndex >= 0);
    const missed = wanted.filter(each => !window.reached.has(each));
    return missed.map(each => each.outerHTML.slice(0, 80));
}
"""
"""What can be pressed and was never focused; ``window.reached`` holds what was."""


@asynccontextmanager
async def device_page(scene: str) -> AsyncIterator[str]:
    """Serve a scene by the device's own server, with a day of echoes; gives its address."""
    view = SCENES[scene]()
    drawing = CountedPages(view, want=lambda: True, report=lambda _kind: True)
    for link in view.links:
        echo_for_a_day(drawing.lines, link.name, view.now_s)
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    server = LocalPageServer(drawing.pages.page_for)
    running = asyncio.create_task(
        server.run("127.0.0.1:0", lambda _host, port: listening.set_result(port))
    )
    try:
        yield f"http://127.0.0.1:{await listening}/"
    finally:
        running.cancel()
        await asyncio.wait((running,))


async def quickest_lcp_s(page: Page) -> float:
    """Load the page until its largest part is there in time; a machine that is busy gets a few."""
    quickest_s = float("inf")
    for _ in range(LOADS):
        quickest_s = min(quickest_s, await page.evaluate("window.largest") / 1000)
        if quickest_s <= LCP_S:
            break
        await page.reload()
        await page.wait_for_function("window.largest > 0")
    return quickest_s


async def fits_everywhere(page: Page) -> None:
    """Check that a page never scrolls sideways: any screen, and letters of twice the size."""
    for width in WIDTHS:
        await resize(page, (width, 800))
        assert await overflow(page) <= 0, f"{page.url} at {width}"
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    for width in (360, 1280):
        await resize(page, (width, 800))
        assert await overflow(page) <= 0, f"{page.url} at {width}, 200 %"


async def is_all_reached_by_tab(page: Page) -> None:
    """Press Tab until the focus is back, and check that it was everywhere, and seen there."""
    await page.evaluate(
        """
        window.reached = new Set(); window.last = null;
        document.activeElement.blur(); window.scrollTo(0, 0);
        """
    )
    for _ in range(600):
        await page.keyboard.press("Tab")
        is_new = await page.evaluate(
            """() => {
                const at = document.activeElement;
                const isSame = at === window.last;  // a date has several places to type in
                window.last = at;
                if (isSame) return true;
                if (at === document.body || window.reached.has(at)) return false;
                window.reached.add(at);
                return getComputedStyle(at).outlineStyle !== "none" || "no outline";
            }"""
        )
        assert is_new != "no outline", await page.evaluate("document.activeElement.outerHTML")
        if not is_new:
            break
    assert await page.evaluate(UNREACHED) == []


@pytest.mark.parametrize("scene", ["healthy", "fibre-cut", "both-down"])
async def test_the_counters_page_is_light_and_steady_on_slow_3g(page: Page, scene: str) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    async with device_page(scene) as url:
        session = await page.context.new_cdp_session(page)
        await session.send("Network.enable")
        await session.send("Network.emulateNetworkConditions", SLOW_3G)
        await page.add_init_script(WATCH_PAGE)
        await resize(page, (360, 740))
        answer = await page.goto(url)
        assert answer is not None
        assert answer.headers["content-encoding"] == "gzip"
        # Cold, with all that it needs: one request, no font, no script, no picture of anybody.
        assert [wanted for wanted in requests if not wanted.startswith("data:")] == [url]
        assert len(await answer.body()) <= COLD_BYTES
        await page.wait_for_function("window.largest > 0")
        await session.send(
            "Network.emulateNetworkConditions", SLOW_3G | {"latency": 0, "downloadThroughput": -1}
        )
        # Renewed and unfolded it does not move what somebody reads either.
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await page.wait_for_timeout(300)
        assert await page.evaluate("window.shifts") == 0


@pytest.mark.nightly
@pytest.mark.parametrize("scene", ["healthy", "fibre-cut", "both-down"])
async def test_the_counters_page_is_quick_on_slow_3g(page: Page, scene: str) -> None:
    """Nightly, because a busy machine would exceed the second."""
    async with device_page(scene) as url:
        session = await page.context.new_cdp_session(page)
        await session.send("Network.enable")
        await session.send("Network.emulateNetworkConditions", SLOW_3G)
        await page.add_init_script(WATCH_PAGE)
        await resize(page, (360, 740))
        await page.goto(url)
        await page.wait_for_function("window.largest > 0")
        assert await quickest_lcp_s(page) <= LCP_S


@pytest.mark.parametrize("scene", ["fibre-cut", "both-down"])
async def test_the_counters_page_is_usable_large_wide_and_without_a_mouse(
    page: Page, scene: str
) -> None:
    async with device_page(scene) as url:
        await page.goto(url)
        await is_all_reached_by_tab(page)
        await fits_everywhere(page)
        await page.goto("about:blank")


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_page_of_the_city_is_steady_and_usable_large_wide_and_without_a_mouse(
    page: Page, city: ReportingCity, language: str
) -> None:
    await city.push("s2", fixed=State.DOWN)
    incident = await open_incident_url(city, "link_fault")
    await page.add_init_script(WATCH_PAGE)
    await page.add_init_script(NO_RENEWAL)
    paths = ["/", "/wall", "/sites/s2", "/sla", "/account", "/desk", "/sign-in"]
    base = str(city.client.base_url).rstrip("/")
    for path in [incident.removeprefix(base), *paths, *(f"/{name}" for name in LAYOUTS)]:
        await resize(page, (1280, 800))
        await page.goto(f"{base}{path}?lang={language}")
        shifted = await page.evaluate("window.shifted")
        assert await page.evaluate("window.shifts") < STEADY, f"{path}: {shifted}"
        await is_all_reached_by_tab(page)
        await fits_everywhere(page)
    await page.goto("about:blank")


async def test_a_list_with_parties_of_long_names_fits_a_phone_with_letters_of_twice_the_size(
    page: Page, tmp_path: Path
) -> None:
    holds = "[incidents]\nhold_s = 0.2\nhold_limit_s = 0.4\nsilence_hold_s = 0.1\n"
    quick = f"{holds}[page]\nsilent_after_s = 0.5\n"
    async with collector(tmp_path, config=quick, inventory=INVENTORY) as client:
        city = ReportingCity(client, tmp_path)
        for site in INVENTORY.sites:
            await city.push(site.name, fixed=State.UP)
        await open_incident_url(city, "many_silent", affected=len(INVENTORY.sites))
        await page.goto(f"{str(client.base_url).rstrip('/')}/incidents?lang=vi")
        assert await page.locator("tr.inside").count() == len(INVENTORY.sites)
        await fits_everywhere(page)
        await page.goto("about:blank")
