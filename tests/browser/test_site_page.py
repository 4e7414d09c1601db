"""The status page as people see it: both languages, phone and desktop, light, dark and on paper."""

import io
import re

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from pypdf import PdfReader

from tests.browser.axe import violations
from tests.browser.conftest import DESKTOP, PHONE, SCREENSHOTS, Keep, patient
from tests.browser.server import PageServer
from tests.schema.page.healthy_site import NOW_S, fibre, mobile, services, site
from tests.schema.page.scenes import SCENES, both_down, fibre_cut
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.words.headline import headline
from thongsuot_schema.words.next_action import next_action
from thongsuot_schema.words.symptoms import lan

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FIRST_SCREEN_PX = 560
"""What a browser with its bars shows of a page on a phone of 740 pixels."""

PICTURE_PX = 56
"""Each side of a picture of a lamp or a socket, at least, so that it is recognised on a phone."""

POINT_MENDS = [symptom for symptom, sentence in lan.SENTENCES.items() if sentence.pictures]

NARROWEST = (320, 640)
"""WCAG 2.2, 1.4.10: nothing scrolls sideways at this width."""


async def resize(page: Page, size: tuple[int, int]) -> None:
    await page.set_viewport_size({"width": size[0], "height": size[1]})


async def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(await page.evaluate("document.documentElement.scrollWidth - innerWidth"))


async def hidden_by_scrolling(page: Page) -> list[str]:
    """Return what is only seen by moving a table sideways, as nothing on a phone's screen says."""
    script = """() => [...document.querySelectorAll('.scroll')]
        .filter(each => each.scrollWidth > each.clientWidth).map(each => each.ariaLabel)"""
    return list(await page.evaluate(script))


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_scene_is_accessible_and_fits_a_phone_and_a_desktop(
    page: Page, pages: PageServer, keep: Keep, scene: str, language: str
) -> None:
    await page.goto(pages.show(SCENES[scene]()) + f"?lang={language}")
    assert await violations(page) == []
    for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
        await resize(page, size)
        await keep(f"site-{scene}-{language}-{name}")
        assert await overflow(page) <= 0
    await resize(page, NARROWEST)
    assert await overflow(page) <= 0


@pytest.mark.parametrize("scene", ["fibre-cut", "both-down", "agent-silent"])
async def test_the_dark_page_is_as_readable_as_the_light_one(
    page: Page, pages: PageServer, keep: Keep, scene: str
) -> None:
    await page.emulate_media(color_scheme="dark")
    await page.goto(pages.show(SCENES[scene]()))
    await keep(f"site-{scene}-vi-dark")
    assert await violations(page) == []
    paper = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert all(int(part) < 64 for part in re.findall(r"\d+", paper))


async def test_printed_in_dark_mode_the_page_is_black_on_white(
    page: Page, pages: PageServer
) -> None:
    await page.emulate_media(color_scheme="dark", media="print")
    await page.goto(pages.show(fibre_cut()))
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    await expect(page.locator(".call")).to_be_hidden()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.pdf(path=SCREENSHOTS / "site-fibre-cut-vi.pdf", format="A4", print_background=True)


@pytest.mark.parametrize("scene", sorted(SCENES))
async def test_printed_it_is_one_sheet(page: Page, pages: PageServer, scene: str) -> None:
    await page.goto(pages.show(SCENES[scene]()))
    printed = await page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(PdfReader(io.BytesIO(printed)).pages) == 1


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("scene", sorted(SCENES))
async def test_the_first_screen_of_a_phone_says_whose_turn_it_is_and_what_to_do(
    page: Page, pages: PageServer, scene: str, language: str
) -> None:
    view = SCENES[scene]()
    action = next_action(view, language)
    await resize(page, PHONE)
    await page.goto(pages.show(view) + f"?lang={language}")
    turn = page.locator(".hero .turn")
    await expect(turn).to_have_text(action.turn)
    await expect(page.locator("#headline")).to_have_text(headline(view, language).sentence)
    if action.advice:
        await expect(page.locator(".hero .advice")).to_be_visible()
    if action.notified:
        await expect(page.locator(".hero p", has_text=action.notified)).to_be_visible()
    served = headline(view, language).detail
    if served:
        await expect(page.locator(".hero p", has_text=served)).to_be_visible()
    # All of it stands in the first screen of a phone with its browser's bars.
    assert await bottom_of(page.locator(".hero")) <= FIRST_SCREEN_PX


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_repairs_by_the_point_are_shown_in_pictures_on_the_first_screen(
    page: Page, pages: PageServer, language: str
) -> None:
    await resize(page, PHONE)
    for symptom in POINT_MENDS:
        broken = fibre(
            state=State.DOWN, segment=Segment.LAN, symptom=symptom, since_s=NOW_S - 900, rtt_s=None
        )
        view = site(links=(broken, mobile()), services=services(reachable_over=("wan1",)))
        await page.goto(pages.show(view) + f"?lang={language}")
        shown = page.locator(".hero .pic")
        steps = next_action(view, language).steps
        await expect(shown).to_have_count(len([step for step in steps if step.picture]))
        for picture in await shown.all():
            await expect(picture).to_be_visible()
            box = await picture.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= PICTURE_PX, symptom
        assert await bottom_of(page.locator(".hero")) <= FIRST_SCREEN_PX, symptom


async def bottom_of(element: Locator) -> float:
    box = await element.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


async def test_a_reader_switches_to_english_and_back_with_one_click(
    page: Page, pages: PageServer
) -> None:
    await page.goto(pages.show(fibre_cut()))
    await expect(page.locator("html")).to_have_attribute("lang", "vi")
    await page.get_by_role("link", name="English").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.get_by_role("heading", level=2).first).to_have_text(
        "The fibre line is disconnected; the 5G backup is working"
    )
    await page.get_by_role("link", name="Tiếng Việt").click()
    await expect(page.get_by_role("heading", level=2).first).to_have_text(
        "Đường cáp quang mất kết nối; mạng 5G dự phòng đang hoạt động"
    )


async def test_an_open_page_renews_itself_and_keeps_what_the_reader_unfolded(
    page: Page, pages: PageServer
) -> None:
    pages.refresh_s = 1
    await page.goto(pages.show(fibre_cut()))
    await page.get_by_text("Bằng chứng đo kiểm").click()
    await page.get_by_text("Bằng chứng đo kiểm").focus()
    pages.show(both_down())
    await expect(page.locator("#headline")).to_have_text("Cả hai đường truyền mất kết nối")
    await expect(page).to_have_title(re.compile("^Cả hai đường truyền mất kết nối"))
    await expect(page.locator("details", has_text="Bằng chứng")).to_have_attribute("open", "")
    assert await page.evaluate("document.activeElement.textContent") == "Bằng chứng đo kiểm"


async def test_a_page_that_cannot_be_renewed_says_that_it_is_old(
    page: Page, pages: PageServer, complaints: list[str]
) -> None:
    pages.refresh_s = 1
    await page.goto(pages.show(site()))
    stale = page.get_by_role("status")
    await expect(stale).to_be_hidden()
    pages.failing = True
    await expect(stale).to_be_visible()
    await expect(page.locator("#headline")).to_have_text(
        "Cả hai đường truyền hoạt động bình thường"
    )
    pages.failing = False
    await expect(stale).to_be_hidden()
    assert complaints
    assert all("503" in complaint for complaint in complaints)
    complaints.clear()


async def test_without_scripts_the_page_shows_everything_and_reloads_itself(
    chromium: Browser, pages: PageServer
) -> None:
    pages.refresh_s = 1
    context = patient(await chromium.new_context(java_script_enabled=False))
    page = await context.new_page()
    await page.goto(pages.show(fibre_cut()))
    await expect(page.locator("#stale")).to_be_hidden()
    await expect(page.locator(".day").first).to_be_visible()
    pages.show(both_down())
    await expect(page.locator("#headline")).to_have_text("Cả hai đường truyền mất kết nối")
    await context.close()


async def test_one_tap_on_a_phone_calls_the_carrier(page: Page, pages: PageServer) -> None:
    await resize(page, PHONE)
    await page.goto(pages.show(fibre_cut()))
    call = page.get_by_role("link", name="Gọi VNPT 1800 1166")
    await expect(call).to_have_attribute("href", "tel:18001166")
    box = await call.bounding_box()
    assert box is not None
    assert box["height"] >= 44


async def test_the_fault_stands_out_in_the_picture_where_and_as_long_as_it_was(
    page: Page, pages: PageServer
) -> None:
    await page.goto(pages.show(fibre_cut()))
    picture = page.get_by_role("img", name="24 giờ qua: Đường cáp quang VNPT")
    whole = await picture.bounding_box()
    assert whole is not None
    # The geometry without the stroke's caps, on the screen: from the outage 14 hours ago until now.
    left, right = await picture.locator(".h-down").evaluate(
        """path => {
            const box = path.getBBox(), to = path.getScreenCTM();
            return [to.e + to.a * box.x, to.e + to.a * (box.x + box.width)];
        }"""
    )
    assert right == pytest.approx(whole["x"] + whole["width"], abs=1)
    share = (left - whole["x"]) / whole["width"]
    assert share == pytest.approx(1 - 52_000 / 86_400, abs=0.005)
