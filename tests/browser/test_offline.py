"""The page of a point is installed as an application, and readable without a connection."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import violations
from tests.browser.test_incident_pages import city
from tests.collector.queries.reporting_city import ReportingCity
from thongsuot_schema.state import State

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
__all__ = ["city"]

IS_KEPT = """
async url => {
    const kept = await (await caches.open("points")).match(url);
    return Boolean(kept) && (await kept.text()).includes("mạng 5G dự phòng");
}
"""


async def test_the_last_state_of_a_point_is_read_without_a_connection_with_its_age(
    page: Page, city: ReportingCity, complaints: list[str]
) -> None:
    url = str(city.client.base_url.join("/sites/s2?lang=vi"))
    await page.goto(url)
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await city.push("s2", fixed=State.DOWN)
    # Renewed as it renews itself, the page that is open is also the one that is kept.
    await expect(page.locator("#headline")).to_contain_text("mất kết nối")
    await page.wait_for_function(IS_KEPT, arg=url)
    # Only then it is not renewed again, nor what is kept of it.
    await page.context.set_offline(True)
    kept_as_of = await page.locator(".asof").inner_text()
    await page.reload()
    await expect(page.locator("#headline")).to_contain_text("Đường cáp quang mất kết nối")
    await expect(page.locator("#stale")).to_be_visible()
    await expect(page.locator(".asof")).to_have_text(kept_as_of)
    assert await violations(page) == []
    with pytest.raises(Exception, match="net::ERR_"):
        await page.goto(str(city.client.base_url.join("/sites/s1?lang=vi")))
    await page.context.set_offline(False)
    await page.goto(url)
    await expect(page.locator("#stale")).to_be_hidden()
    await page.goto("about:blank")
    complaints.clear()  # of a network that was switched off


async def test_a_browser_finds_nothing_that_keeps_the_page_from_being_installed(
    page: Page, city: ReportingCity
) -> None:
    await page.goto(str(city.client.base_url.join("/sites/s2?lang=vi")))
    session = await page.context.new_cdp_session(page)
    manifest = await session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert "Xã Sóc Sơn" in manifest["data"]
    errors = await session.send("Page.getInstallabilityErrors")
    # A context of a test is like a private window, in which nothing is installed.
    assert [error["errorId"] for error in errors["installabilityErrors"]] in ([], ["in-incognito"])
    await page.goto("about:blank")


async def test_a_cached_page_is_deleted_when_its_reader_may_no_longer_see_it(
    page: Page, city: ReportingCity
) -> None:
    url = str(city.client.base_url.join("/sites/s2?lang=vi"))
    await page.goto(url)
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    is_there = "async url => Boolean(await (await caches.open('points')).match(url))"
    await page.wait_for_function(is_there, arg=url)
    await page.context.route("**/sites/s2*", lambda route: route.fulfill(status=404, body=""))
    await page.evaluate("url => navigator.serviceWorker.controller.postMessage(url)", url)
    await page.wait_for_function(f"async url => !(await ({is_there})(url))", arg=url)
    await page.goto("about:blank")
