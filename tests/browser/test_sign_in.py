"""Signing in as people do it: both languages, every width, by keyboard and without a script."""

import time
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Keep
from tests.browser.test_incident_pages import fits
from tests.collector.web.sign_in.city import city, secret_in
from thongsuot_collector.web.sessions.second_factor import STEP_S, code_at

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WORDS = {
    "vi": ("Tên đăng nhập", "Mật khẩu", "Đăng nhập", "Bật xác thực hai bước", "Tiếp tục", "Mã"),
    "en": ("User name", "Password", "Sign in", "Set up two-step verification", "Continue", "Code"),
}


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_signing_in_with_a_second_factor_fits_and_is_accessible(
    page: Page, keep: Keep, complaints: list[str], tmp_path: Path, language: str
) -> None:
    name, password, sign_in, set_up, go_on, code = WORDS[language]
    async with city(tmp_path) as running:
        secret = running.person()
        base = str(running.base)
        await page.goto(f"{base}/sites?lang={language}")
        await fits(page, keep, f"sign-in-{language}")
        await page.get_by_label(name).fill("lan")
        await page.get_by_label(password).fill("guess")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_be_visible()
        # Chromium writes each answer of 4xx to its console; this one was provoked.
        assert len(complaints) == 1
        complaints.clear()
        await page.get_by_label(password).fill(secret)
        await page.get_by_role("button", name=sign_in).click()
        await expect(page).to_have_url(f"{base}/sites?lang={language}")
        await page.goto(f"{base}/?lang={language}")
        await page.get_by_role("link", name="Lan").click()
        await fits(page, keep, f"me-{language}")
        await page.get_by_role("link", name=set_up).click()
        await fits(page, keep, f"second-factor-{language}")
        key = secret_in(await page.content())
        # Each code opens once, and for half a minute around its own: this one may be late.
        first = int(time.time() // STEP_S)
        await page.locator("#code").fill(code_at(key, first))
        await page.locator("#password").fill(secret)
        await page.keyboard.press("Enter")
        await expect(page.locator(".codes li")).to_have_count(10)
        await fits(page, keep, f"recovery-codes-{language}")
        await page.context.clear_cookies()
        await page.goto(f"{base}/account?lang={language}")
        await page.get_by_label(name).fill("lan")
        await page.get_by_label(password).fill(secret)
        await page.keyboard.press("Enter")
        await expect(page.locator("#code")).to_be_visible()
        await fits(page, keep, f"sign-in-code-{language}")
        second = max(first + 1, int(time.time() // STEP_S))
        await page.get_by_label(code, exact=True).fill(code_at(key, second))
        await page.get_by_role("button", name=go_on).click()
        await expect(page).to_have_url(f"{base}/account?lang={language}")
