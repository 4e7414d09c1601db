"""The pages of a carrier's desk as people see them: every form, both languages, every width."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import SCREENSHOTS, Keep, patient
from tests.browser.test_incident_pages import fits
from tests.collector.web.desk.desk_stack import desk_stack, work_form
from tests.collector.web.desk.test_roles import basic

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_desk_and_its_forms_fit_and_are_accessible(
    page: Page, keep: Keep, tmp_path: Path, language: str
) -> None:
    async with desk_stack(tmp_path) as desk:
        incident = await desk.cut()
        query = await desk.desk_key("vnpt")
        (work,) = await desk.propose_work(query)
        base, base_query = desk.stack.collector.url, f"?{query}&lang={language}"
        for name, path in (
            ("desk", "/desk/vnpt"),
            ("desk-refuse", f"/desk/vnpt/incidents/{incident}/refused"),
            ("desk-expect", f"/desk/vnpt/incidents/{incident}/expected"),
            ("desk-work", "/desk/vnpt/work"),
        ):
            await page.goto(f"{base}{path}{base_query}")
            await fits(page, keep, f"{name}-{language}")
        lan, secret = await desk.person("lan", "Trần Thị Lan", "city-engineer")
        assert page.context.browser is not None
        headers = {"Authorization": basic(lan, secret)}
        context = patient(await page.context.browser.new_context(extra_http_headers=headers))
        own = await context.new_page()

        async def keep_own(name: str) -> Path:
            path = SCREENSHOTS / f"{name}.png"
            await own.screenshot(path=path, full_page=True)
            return path

        for name, path in (
            ("desk-decide", f"/desk/vnpt/work/{work}"),
            ("desk-keys", "/desk/vnpt/keys"),
        ):
            await own.goto(f"{base}{path}?lang={language}")
            await fits(own, keep_own, f"{name}-{language}")
        await context.close()


async def test_a_carrier_proposes_work_and_the_city_confirms_it_with_a_few_clicks(
    page: Page, tmp_path: Path
) -> None:
    async with desk_stack(tmp_path) as desk:
        query, form = await desk.desk_key("vnpt"), work_form()
        await page.goto(f"{desk.stack.collector.url}/desk/vnpt?{query}")
        await page.get_by_role("link", name="Đề xuất lịch bảo trì").click()
        await page.get_by_label("Kênh truyền").select_option("link:hoan-kiem:fiber")
        await page.get_by_label("Bắt đầu").fill(form["start"])
        await page.get_by_label("Kết thúc").fill(form["end"])
        await page.get_by_label("Nội dung công việc").fill("Thay bộ chia quang")
        await page.get_by_label("Người đề xuất").fill("Trần Bình")
        await page.get_by_role("button", name="Gửi đề xuất").click()
        await expect(page.get_by_text("Chờ Thành phố xác nhận")).to_be_visible()
        lan, secret = await desk.person("lan", "Trần Thị Lan", "city-engineer")
        assert page.context.browser is not None
        headers = {"Authorization": basic(lan, secret)}
        context = patient(await page.context.browser.new_context(extra_http_headers=headers))
        own = await context.new_page()
        await own.goto(f"{desk.stack.collector.url}/desk/vnpt")
        await own.get_by_role("link", name="Xem xét").click()
        await own.get_by_label("Đồng ý", exact=True).check()
        await own.get_by_role("button", name="Trần Thị Lan quyết định").click()
        await expect(own.get_by_role("cell", name="Thay bộ chia quang")).to_be_visible()
        await context.close()
        # Its stream ends before the collector does, not with it.
        await page.goto("about:blank")
