"""The lists of the city as people see them: from a real collector, in both languages."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import Keep
from tests.browser.test_incident_pages import city, fits, open_incident_url
from tests.collector.queries.reporting_city import ReportingCity
from thongsuot_collector.web.lists.columns import LAYOUTS
from thongsuot_schema.state import State

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
__all__ = ["city"]


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_list_fits_and_is_accessible(
    page: Page, city: ReportingCity, keep: Keep, language: str
) -> None:
    await city.push("s2", fixed=State.DOWN)
    await open_incident_url(city, "link_fault")
    for name in LAYOUTS:
        url = str(city.client.base_url.join(f"/{name}?lang={language}"))
        await page.goto(url)
        await expect(page.locator(".city-links a[aria-current]")).to_have_count(1)
        await fits(page, keep, f"list-{name}-{language}")


async def test_a_list_is_filtered_sorted_and_searched_by_keys_and_its_address_says_so(
    page: Page, city: ReportingCity
) -> None:
    await city.push("s2", fixed=State.DOWN)
    await open_incident_url(city, "link_fault")
    rows = page.locator(".dense tbody tr")
    await page.goto(str(city.client.base_url.join("/links")))
    await expect(rows).to_have_count(12)
    # The worst stands first; a link of its row leads to the incident.
    await expect(rows.first).to_contain_text("Sóc Sơn")
    await expect(rows.first.get_by_role("link")).to_have_count(2)
    await page.locator("select[name=carrier]").focus()
    await page.keyboard.type("Cửu")
    await page.get_by_role("button", name="Lọc").press("Enter")
    await expect(rows).to_have_count(6)
    assert "carrier=cuu-long" in page.url
    await page.get_by_role("link", name="Điểm", exact=True).press("Enter")
    await expect(page.locator("th[aria-sort=ascending]")).to_have_text("Điểm")
    assert "sort=site_title" in page.url
    assert "carrier=cuu-long" in page.url
    # What all titles begin with tells none of them apart, and is not there.
    assert [text.strip() for text in await rows.locator("th").all_inner_texts()] == [
        "Phường Ba Đình",
        "Phường Hà Đông",
        "Phường Hoàn Kiếm",
        "Xã Ba Vì",
        "Xã Đông Anh",
        "Xã Sóc Sơn",
    ]
    box = page.get_by_role("searchbox")
    await box.fill("dong anh")
    await box.press("Enter")
    await expect(rows).to_have_count(1)
    # What is shown is what is downloaded.
    href = await page.get_by_role("link", name="Tải JSON").get_attribute("href")
    assert href is not None
    shown = (await city.client.get(href)).json()
    assert [(link["site"], link["carrier"]) for link in shown["items"]] == [("s5", "cuu-long")]
    await page.get_by_role("link", name="Bỏ lọc").click()
    await expect(rows).to_have_count(12)


async def test_a_renewal_does_not_reset_a_filter_being_edited(
    page: Page, city: ReportingCity
) -> None:
    await page.goto(str(city.client.base_url.join("/links")))
    await page.locator("select[name=carrier]").select_option("cuu-long")
    await page.locator("select[name=carrier]").focus()
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.locator("select[name=carrier]")).to_have_value("cuu-long")


async def test_an_address_that_makes_no_sense_says_why(
    page: Page, city: ReportingCity, complaints: list[str]
) -> None:
    answer = await page.goto(str(city.client.base_url.join("/links?colour=red")))
    assert answer is not None
    assert answer.status == 400
    await expect(page.get_by_role("alert")).to_contain_text("colour")
    assert await violations(page) == []
    complaints.clear()


async def test_member_incidents_are_listed_below_their_outage(
    page: Page, city: ReportingCity, keep: Keep
) -> None:
    for site in ("s0", "s1", "s2", "s3", "s4", "s5"):
        await city.push(site, mobile=State.DOWN)
    await open_incident_url(city, "carrier_outage", affected=6)
    await page.goto(str(city.client.base_url.join("/incidents")))
    rows = page.locator(".dense tbody tr")
    await expect(page.locator(".dense tr.inside")).to_have_count(6)
    await expect(rows.first).to_contain_text("Cửu Long")
    await keep("list-incidents-grouped")
    assert await violations(page) == []
