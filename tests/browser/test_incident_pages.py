"""The pages of incidents as people see them: from a real collector, in both languages."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import DESKTOP, PHONE, Keep, patient
from tests.browser.test_site_page import NARROWEST, hidden_by_scrolling, overflow, resize
from tests.collector.batches import S
from tests.collector.queries.reporting_city import CONFIG, ReportingCity
from tests.collector.running import collector, eventually
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.correlation import rows
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.store import people
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Carrier, Commune, Inventory, Link, Site
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

COMMUNES = (
    ("00070", "Phường Hoàn Kiếm"),
    ("00004", "Phường Ba Đình"),
    ("00376", "Xã Sóc Sơn"),
    ("09700", "Xã Ba Vì"),
    ("09556", "Phường Hà Đông"),
    ("00454", "Xã Đông Anh"),
)
INVENTORY = Inventory(
    communes=tuple(
        Commune(code=code, name=name, kind="phường", slug=code) for code, name in COMMUNES
    ),
    carriers=(
        Carrier(name="song-hong", title="Sông Hồng"),
        Carrier(name="cuu-long", title="Cửu Long"),
    ),
    sites=tuple(
        Site(
            name=f"s{at}",
            title=f"Điểm phục vụ hành chính công {name}",
            commune=code,
            links=(
                Link(
                    name="fixed",
                    interface="e",
                    medium=Medium.FIBER,
                    carrier="song-hong",
                    circuit=f"HNI-KTR-{code}",
                ),
                Link(name="mobile", interface="w", medium=Medium.RADIO_5G, carrier="cuu-long"),
            ),
        )
        for at, (code, name) in enumerate(COMMUNES)
    ),
)
EVIDENCE = (
    Evidence(
        kind="icmp",
        target="hop-fixed",
        family=Family.IP4,
        segment=Segment.ACCESS,
        outcome=Outcome.FAILED,
        reason=Reason.TIMED_OUT,
        failed=3,
    ),
    Evidence(
        kind="icmp",
        target="exchange",
        family=Family.IP4,
        segment=Segment.TRANSIT,
        outcome=Outcome.OK,
        ok=3,
        link="mobile",
    ),
)
DECIDED_AFTER_NS = 3 * S


async def open_incident_url(city: ReportingCity, code: str, affected: int = 1) -> str:
    """Return the address of the open incident of a rule, once so much belongs to it."""
    urls: list[str] = []

    async def is_there() -> bool:
        listed = (await city.client.get("/incidents?lang=en")).text
        for part in listed.split('href="/incidents/')[1:]:
            name = part.partition("?")[0]
            shown = (await city.client.get(f"/incidents/{name}.json")).json()["incident"]
            is_it = shown["rule"] == code and shown["status"] == "open"
            if is_it and shown["affected_now"] == affected:
                urls.append(f"{city.client.base_url}/incidents/{name}".replace("//i", "/i"))
                return True
        return False

    await eventually(is_there)
    return urls[0]


@pytest_asyncio.fixture(loop_scope="session")
async def city(tmp_path: Path) -> AsyncIterator[ReportingCity]:
    """A city in which a fibre is cut at one point, and later a carrier fails at all."""
    async with collector(tmp_path, config=CONFIG, inventory=INVENTORY) as client:
        made = ReportingCity(client, tmp_path, evidence=EVIDENCE, decided_after_ns=DECIDED_AFTER_NS)
        for site in INVENTORY.sites:
            await made.push(site.name, fixed=State.UP, mobile=State.UP)
        yield made


async def fits(page: Page, keep: Keep, name: str, *, is_stacked: bool = True) -> None:
    """
    Check a page at every width, and keep pictures of it.

    Only the sums of a statement, which stand under each other, are moved sideways on a phone.
    """
    assert await violations(page) == []
    for size_name, size in (("desktop", DESKTOP), ("phone", PHONE)):
        await resize(page, size)
        await keep(f"{name}-{size_name}")
        assert await overflow(page) <= 0
        assert not is_stacked or await hidden_by_scrolling(page) == []
    await resize(page, NARROWEST)
    assert await overflow(page) <= 0
    await resize(page, DESKTOP)


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_one_fault_and_an_outage_have_pages_that_fit_and_are_accessible(
    page: Page, city: ReportingCity, keep: Keep, language: str
) -> None:
    await city.push("s0", fixed=State.DOWN)
    single = await open_incident_url(city, "link_fault")
    await page.goto(f"{single}?lang={language}")
    await fits(page, keep, f"incident-one-{language}")
    for site in INVENTORY.sites:
        await city.push(site.name, mobile=State.DOWN)
    outage = await open_incident_url(city, "carrier_outage", affected=6)
    await page.goto(f"{outage}?lang={language}")
    await expect(page.locator("#affected + .card tbody tr")).to_have_count(6)
    await fits(page, keep, f"incident-outage-{language}")
    now_ns = time.time_ns()
    store = open_store(city.folder / STORE_FILE)
    window = MaintenanceWindow(
        id="20261125-0a1b2c3d",
        start_ns=now_ns + 3_600 * S,
        end_ns=now_ns + 7_200 * S,
        carrier="song-hong",
        commune="00376",
        note="Thay tuyến cáp",
    )
    rows.put_window(store, window)
    store.dispose()

    async def is_planned() -> bool:
        return "Thay tuyến cáp" in (await city.client.get("/incidents")).text

    await eventually(is_planned)
    await page.goto(f"{city.client.base_url}/incidents?lang={language}".replace("//i", "/i"))
    await fits(page, keep, f"incidents-{language}")


@pytest.mark.nightly
async def test_an_engineer_merges_splits_plans_closes_and_opens_again_with_a_few_clicks(
    page: Page, city: ReportingCity, keep: Keep
) -> None:
    await city.push("s0", fixed=State.DOWN)
    first = await open_incident_url(city, "link_fault")
    await city.push("s1", mobile=State.DOWN)
    store = open_store(city.folder / STORE_FILE)
    secret = people.put(store, "lan", "Trần Thị Lan")
    store.dispose()
    assert page.context.browser is not None
    context = patient(await page.context.browser.new_context(locale="vi-VN"))
    own = await context.new_page()

    async def decide(link: str, button: str, reason: str, *, chosen: str = "") -> None:
        """Open a form by its link on the page, fill it in, and send it."""
        await own.get_by_role("link", name=link, exact=True).click()
        await expect(own.get_by_role("heading", level=1, name=link)).to_be_visible()
        await fits(own, keep, f"decision-{own.url.partition('?')[0].rpartition('/')[2]}")
        if chosen:
            await own.get_by_role("radio", name=chosen).check()
        await own.locator("textarea").fill(reason)
        await own.get_by_role("button", name=f"Trần Thị Lan {button}").click()
        await expect(own.locator(".events").get_by_text(reason).first).to_be_visible()

    await own.goto(first)
    await own.get_by_role("link", name="Tiếp nhận xử lý").click()
    await own.get_by_label("Tên đăng nhập").fill("lan")
    await own.get_by_label("Mật khẩu").fill(secret)
    await own.get_by_role("button", name="Đăng nhập").click()
    await own.goto(first)
    await decide("Ghi chú", "ghi chú", "Đội cáp đang tới")
    await decide("Gộp vào sự cố khác", "gộp sự cố", "cùng một cột điện", chosen="5G Cửu Long")
    await expect(own.get_by_text("Là một phần của sự cố")).to_be_visible()
    await fits(own, keep, "incident-merged")
    await own.reload()
    await decide(
        "Tách thành sự cố riêng", "tách sự cố", "hai cột khác nhau", chosen="HNI-KTR-00070"
    )
    await own.goto(first)
    await decide("Lập lịch bảo trì", "lập lịch", "thay cột")
    await decide("Đóng sự cố", "đóng sự cố", "điểm đã chuyển đi")
    await expect(own.get_by_text("theo kết quả đo lỗi vẫn còn")).to_be_visible()
    await fits(own, keep, "incident-closed-by-city")
    await decide("Mở lại sự cố", "mở lại sự cố", "đóng nhầm")
    await fits(own, keep, "incident-events")
    await context.close()


async def test_a_person_takes_it_on_with_a_few_clicks(
    page: Page, city: ReportingCity, keep: Keep
) -> None:
    await city.push("s0", fixed=State.DOWN)
    url = await open_incident_url(city, "link_fault")
    store = open_store(city.folder / STORE_FILE)
    secret = people.put(store, "lan", "Trần Thị Lan")
    store.dispose()
    assert page.context.browser is not None
    context = patient(await page.context.browser.new_context(locale="vi-VN"))
    own = await context.new_page()
    await own.goto(url)
    await own.get_by_role("link", name="Tiếp nhận xử lý").click()
    await own.get_by_label("Tên đăng nhập").fill("lan")
    await own.get_by_label("Mật khẩu").fill(secret)
    await own.get_by_role("button", name="Đăng nhập").click()
    assert await violations(own) == []
    await own.get_by_label("Ghi chú").fill("Đã gọi đội cáp, hẹn 14:00")
    await own.screenshot(path=(await keep("incident-form")).with_name("incident-form.png"))
    await own.get_by_role("button", name="Trần Thị Lan tiếp nhận").click()
    await expect(own.get_by_text("Đã gọi đội cáp, hẹn 14:00")).to_be_visible()
    await context.close()
