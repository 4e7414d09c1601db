"""
Chromium, a page in it, and a server of rendered pages.

Everything runs on one event loop for the session (the browser's connection is bound to it), so a
test module here says

    pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

and may start a room's own server on that same loop. Playwright's synchronous interface is not used:
it would leave a running loop behind in the main thread, and every asynchronous test after it fails.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.browser.server import PageServer
from tests.timing import MS

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Chromium without its own traffic; ``--no-sandbox`` because the tests may run as root."""

PATIENCE_MS = 120_000 * MS * 1000
"""
How long anything in a browser may take that does happen. Playwright expects all of it within five
seconds, which a machine exceeds that starves Chromium, or the server behind the page.
"""

SCREENSHOTS = Path(__file__).parents[2] / "artefacts" / "screenshots"

PHONE = (360, 800)
DESKTOP = (1280, 900)

Keep = Callable[[str], Awaitable[Path]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for the whole session."""
    async with async_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, timeout=PATIENCE_MS
        )
        yield browser
        await browser.close()


def patient(context: BrowserContext) -> BrowserContext:
    """Return a context that waits as long as anything in a browser may take here."""
    context.set_default_timeout(PATIENCE_MS)
    return context


_OF_THE_TEST = pytest.StashKey[tuple[str, ...]]()
"""What was complained of until the test ended: after it the servers go before the page does."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Note what a page has complained of when its test ends."""
    try:
        return (yield)
    finally:
        complained = getattr(item, "funcargs", {}).get("complaints", ())
        item.stash[_OF_THE_TEST] = tuple(complained)


@pytest.fixture
def complaints() -> list[str]:
    """What the page of this test complained of; a test that provokes complaints clears the list."""
    return []


@pytest_asyncio.fixture(loop_scope="session")
async def page(
    chromium: Browser, complaints: list[str], request: pytest.FixtureRequest
) -> AsyncIterator[Page]:
    """
    A page on a desktop in Vietnam, with nothing remembered.

    Fails the test when anything was refused by the page's policy, threw or was logged as an error.
    """
    context = patient(
        await chromium.new_context(
            viewport={"width": DESKTOP[0], "height": DESKTOP[1]},
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
        )
    )
    page = await context.new_page()
    page.on(
        "console",
        lambda message: (
            complaints.append(f"{message.type}: {message.text}")
            if message.type in {"error", "warning"}
            else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(f"thrown: {error}"))
    yield page
    await context.close()
    assert request.node.stash[_OF_THE_TEST] == ()


@pytest.fixture
def pages() -> Iterator[PageServer]:
    """A server of rendered pages on a port of the kernel's choice."""
    with PageServer() as server:
        yield server


@pytest.fixture
def keep(page: Page) -> Keep:
    """Keep a picture of the whole page as ``artefacts/screenshots/<name>.png``."""

    async def kept(name: str) -> Path:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        await page.screenshot(path=path, full_page=True)
        return path

    return kept
