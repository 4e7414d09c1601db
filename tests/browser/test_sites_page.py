"""The list of all points as people see it: from a real collector, in both languages."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, Keep
from tests.browser.test_incident_pages import INVENTORY, city, fits, open_incident_url
from tests.browser.test_site_page import resize
from tests.collector.queries.reporting_city import ReportingCity
from thongsuot_schema.state import State

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
__all__ = ["city"]


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_first_page_says_what_to_act_on_and_fits_a_screen(
    page: Page, city: ReportingCity, keep: Keep, language: str
) -> None:
    for site in INVENTORY.sites:
        await city.push(site.name, mobile=State.DOWN)
    outage = await open_incident_url(city, "carrier_outage", affected=6)
    await page.goto(f"{city.client.base_url}?lang={language}")
    await expect(page.locator(".todo article")).to_have_count(1)
    # Six points are not well: the worst four stand there, all of them in their list.
    await expect(page.locator(".rows > li")).to_have_count(4)
    await resize(page, DESKTOP)
    height = await page.evaluate("document.documentElement.scrollHeight")
    assert height <= DESKTOP[1], "at most a screen"
    await fits(page, keep, f"home-{language}")
    await page.locator(".todo article a").click()
    assert page.url.startswith(outage)


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_search_results_fit_and_are_accessible(
    page: Page, city: ReportingCity, keep: Keep, language: str
) -> None:
    await city.push("s2", fixed=State.DOWN)
    await open_incident_url(city, "link_fault")
    await page.goto(f"{city.client.base_url}?lang={language}&q=diem")
    await expect(page.locator(".rows > li")).to_have_count(6)
    await expect(page.locator(".rows > li").first).to_contain_text("Sóc Sơn")
    await fits(page, keep, f"sites-{language}")


async def test_typed_text_stays_when_the_page_renews_itself(
    page: Page, city: ReportingCity
) -> None:
    await page.goto(str(city.client.base_url))
    box = page.get_by_role("searchbox")
    await box.press_sequentially("ba dinh")
    await box.press("ArrowLeft")
    await city.push("s2", fixed=State.DOWN)
    await open_incident_url(city, "link_fault")
    # As when somebody comes back to the window: it asks at once.
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.locator(".rows > li").first).to_contain_text("Sóc Sơn")
    await expect(box).to_be_focused()
    await page.keyboard.press("x")
    await expect(box).to_have_value("ba dinxh")
    await box.fill("ba dinh")
    await box.press("Enter")
    await expect(page.locator(".rows > li")).to_have_count(1)
