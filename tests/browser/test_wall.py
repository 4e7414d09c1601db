"""The wall as people see it: the whole city, its chips, and a big screen by night."""

import time

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.axe import violations
from tests.browser.conftest import Keep
from tests.browser.test_incident_pages import city, fits, open_incident_url
from tests.browser.test_site_page import overflow, resize
from tests.collector.queries.large_city import large_city
from tests.collector.queries.reporting_city import ReportingCity
from thongsuot_collector.queries.selection import Selection
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY
from thongsuot_collector.web.lists.cells import ListReader
from thongsuot_collector.web.wall.content import wall_content
from thongsuot_collector.web.wall.page import wall_page
from thongsuot_schema.state import State

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
__all__ = ["city"]


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_wall_fits_is_accessible_and_says_what_is_to_be_done(
    page: Page, city: ReportingCity, keep: Keep, language: str
) -> None:
    await city.push("s2", fixed=State.DOWN)
    await open_incident_url(city, "link_fault")
    await page.goto(str(city.client.base_url.join(f"/wall?lang={language}")))
    await expect(page.locator(".tiles a")).to_have_count(126)
    await expect(page.locator(".tiles a.broken")).to_have_count(1)
    await expect(page.locator(".todo article")).to_have_count(1)
    await expect(page.locator(".figures")).to_contain_text("5/6")
    await fits(page, keep, f"wall-{language}")


async def test_chips_and_tiles_are_reached_by_keys(page: Page, city: ReportingCity) -> None:
    await city.push("s2", fixed=State.DOWN)
    await page.goto(str(city.client.base_url.join("/wall")))
    chip = page.get_by_role("link", name="Cửu Long", exact=True)
    await chip.focus()
    await chip.press("Enter")
    assert "carrier=cuu-long" in page.url
    await expect(page.locator(".tiles i:not(.none)")).to_have_count(6)
    await page.get_by_role("link", name="Cửu Long", exact=True).press("Enter")
    assert "carrier" not in page.url
    tile = page.locator(".tiles a.broken")
    await tile.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Sóc Sơn")


async def test_events_are_on_the_wall_at_once_by_its_stream_alone(
    city: ReportingCity, page: Page
) -> None:
    await page.add_init_script("window.setInterval = () => 0")  # it never asks of itself
    async with page.expect_response(lambda answer: "/live?" in answer.url):
        await page.goto(str(city.client.base_url.join("/wall")))
    await expect(page.locator(".tiles a.broken")).to_have_count(0)
    await city.push("s2", fixed=State.DOWN)
    await open_incident_url(city, "link_fault")
    await city.push("s3", fixed=State.DOWN)
    await expect(page.locator(".tiles a.broken")).to_have_count(2)


async def test_the_wall_renews_itself_and_shows_how_old_it_is(
    page: Page, city: ReportingCity
) -> None:
    await page.goto(str(city.client.base_url.join("/wall?screen=1")))
    await expect(page.locator(".tiles a.broken")).to_have_count(0)
    await expect(page.locator("#age")).not_to_have_text("0 giây trước")
    await city.push("s2", fixed=State.DOWN)
    await open_incident_url(city, "link_fault")
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.locator(".tiles a.broken")).to_have_count(1)


@pytest.mark.parametrize(
    ("hour", "is_dimmed"), [(9, False), (23, True)], ids=["by day", "by night"]
)
async def test_a_big_screen_shows_five_hundred_points_and_dims_at_night(
    page: Page, keep: Keep, hour: int, is_dimmed: bool
) -> None:
    whole = large_city()
    midnight_s = time.time() // 86_400 * 86_400 - 7 * 3_600
    reader = PageReader(language="vi", now_s=midnight_s + hour * 3_600)
    text = wall_page(
        wall_content(whole, Selection()),
        Selection(),
        whole,
        ListReader(reader, whole.directory),
        [],
        is_screen=True,
    )

    async def answer(route: Route) -> None:
        policy = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
        await route.fulfill(body=text, content_type="text/html; charset=utf-8", headers=policy)

    async def no_stream(route: Route) -> None:
        await route.fulfill(body=": nothing happens\n\n", content_type="text/event-stream")

    await page.route("http://wall.test/", answer)
    await page.route("**/live?*", no_stream)
    await page.goto("http://wall.test/")
    await expect(page.locator(".dimmed")).to_have_count(int(is_dimmed))
    for name, size in (("tv", (1920, 1080)), ("4k", (3840, 2160)), ("narrow", (320, 800))):
        await resize(page, size)
        assert await overflow(page) <= 0
        await keep(f"wall-{'night' if is_dimmed else 'day'}-{name}")
    if not is_dimmed:
        assert await violations(page) == []
