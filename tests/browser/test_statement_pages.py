"""The pages of statements as people see them: from a real collector, in both languages."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Keep
from tests.browser.test_incident_pages import fits
from tests.collector.running import collector
from tests.collector.statements.circuit_month import inventory
from tests.collector.web.test_statement_pages import issued

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_month_and_a_statement_have_pages_that_fit_and_are_accessible(
    page: Page, keep: Keep, tmp_path: Path, language: str
) -> None:
    issued(tmp_path)
    async with collector(tmp_path, inventory=inventory()) as client:
        home = str(client.base_url).rstrip("/")
        await page.goto(f"{home}/sla/2026-11?lang={language}")
        await fits(page, keep, f"statements-{language}")
        await page.get_by_role("link", name="HN/FTTH 42").click()
        await expect(page.locator("h1")).to_contain_text("HN/FTTH 42")
        await fits(page, keep, f"statement-{language}", is_stacked=False)
        await page.locator(".plain a").first.click()
        await expect(page.locator("#interruptions + .card tbody tr")).to_have_count(2)
        await fits(page, keep, f"statement-first-{language}", is_stacked=False)
