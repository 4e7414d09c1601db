"""The list of all points as people see it: from a real collector, in both languages."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Keep
from tests.browser.test_incident_pages import city, fits, open_incident_url
from tests.collector.queries.reporting_city import ReportingCity
from thongsuot_schema.state import State

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
__all__ = ["city"]


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_list_fits_and_is_accessible(
    page: Page, city: ReportingCity, keep: Keep, language: str
) -> None:
    await city.push("s2", fixed=State.DOWN)
    await open_incident_url(city, "link_fault")
    await page.goto(f"{city.client.base_url}?lang={language}")
    await expect(page.locator(".rows > li")).to_have_count(6)
    await expect(page.locator(".rows > li").first).to_contain_text("Sóc Sơn")
    await fits(page, keep, f"sites-{language}")


async def test_what_is_typed_stays_when_the_page_renews_itself(
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
