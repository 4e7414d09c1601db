"""
The walk of an installer in Chromium, on a device with two lines whose cables a script pulls.

Vietnamese, on a phone; each screen is looked at for accessibility, and kept as a picture.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.agent.app.commissioning_site import code_of_today, commissioning_site, events
from tests.agent.app.conftest import folder
from tests.agent.app.lab_agent import (
    ECHOES,
    FIRST,
    GATEWAY,
    PAGE_PORT,
    SECOND,
    RunningAgent,
    agent_on,
    collecting,
    link,
    until,
)
from tests.agent.app.test_shared_lan import WELL, manage
from tests.agent.uplink.receiver import PushReceiver
from tests.browser.axe import violations
from tests.browser.conftest import PHONE, Keep
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, shared_lan, two_uplinks
from thongsuot_schema.commissioning.events import DatedEvent, EventCode, run_from_events
from thongsuot_schema.state import State

pytestmark = [
    pytest.mark.browser,
    pytest.mark.lab,
    needs_lab,
    pytest.mark.asyncio(loop_scope="session"),
]
__all__ = ["folder"]

Site = tuple[RunningAgent, PushReceiver]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with two_uplinks() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def site(lab: Lab, folder: Path) -> AsyncIterator[Site]:
    async with commissioning_site(lab, folder) as (device, receiver):
        device.start()
        await until(lambda: {state for state, _ in device.states().values()} == {State.UP}, device)
        yield device, receiver


class Walker:
    """An installer with a phone."""

    def __init__(self, page: Page, keep: Keep) -> None:
        self._page = page
        self._keep = keep

    async def sees(self, title: str, picture: str = "") -> None:
        """Wait for a screen by its heading; keep it, and look whether everybody can read it."""
        heading = self._page.get_by_role("heading", name=title)
        await expect(heading).to_be_visible()
        if picture:
            assert await violations(self._page) == []
            await self._keep(f"commissioning-{picture}")

    async def press(self, button: str) -> None:
        await self._page.get_by_role("button", name=button).first.click()


async def test_an_installer_proves_both_lines_and_the_counter_by_phone(
    lab: Lab, site: Site, page: Page, keep: Keep
) -> None:
    device, receiver = site
    walker = Walker(page, keep)
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await page.goto(f"http://127.0.0.1:{lab.expose('device', PAGE_PORT)}/")
    await page.get_by_role("link", name="Dành cho người lắp đặt").click()
    await page.get_by_label("Mã nghiệm thu hôm nay").fill(code_of_today())
    await walker.press("Bắt đầu nghiệm thu")

    await walker.sees("Chuẩn bị: đường cáp quang", "ready")
    await walker.press("Tôi đã sẵn sàng rút dây")
    await walker.sees("Hãy rút dây của đường cáp quang ngay bây giờ", "pull")
    lab.cut("ont--internet")
    await walker.sees("Đã chứng minh. Hãy cắm lại dây của đường cáp quang", "return")
    lab.clear()
    await walker.sees("Đọc mã trên nhãn của đường cáp quang", "label")
    await walker.press("Đúng như vậy")

    await walker.sees("Chuẩn bị: kết nối 5G")
    await walker.press("Tôi đã sẵn sàng rút dây")
    # The wrong one first, and then the right one.
    lab.cut("device--ont")
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("Đã rút nhầm dây")
    await keep("commissioning-wrong-cable")
    assert await page.get_by_role("button", name="Ghi nhận nhãn bị tráo").count() == 0, (
        "that line is proven already"
    )
    lab.clear()
    await walker.press("Làm lại đường này")
    lab.cut("device--cpe")
    await walker.sees("Hãy cắm lại dây của kết nối 5G")
    lab.clear()
    await walker.sees("Đọc mã trên nhãn của kết nối 5G")
    await page.get_by_label("Nhãn ghi").fill("HN-5G-9999")
    await walker.press("Ghi lại")

    await walker.sees("Kiểm tra máy tính tại quầy", "counter")
    await walker.press("Kiểm tra ngay")
    await expect(page.get_by_text("mở được 1/1 dịch vụ")).to_be_visible()
    await walker.press("Kết thúc nghiệm thu")
    await walker.sees("Đã kết thúc, còn việc phải làm", "done")
    await expect(page.get_by_text("Nhãn ghi HN-5G-9999")).to_be_visible()

    await until(lambda: any(e.event is EventCode.ENDED for _, e in events(receiver)), device)
    run = run_from_events(
        DatedEvent(at_ns=notice.boottime_ns, event=event) for notice, event in events(receiver)
    )
    assert run is not None
    assert run.proven == 2
    assert [failure.outcome for failure in run.failures] == ["other_lost"]
    assert all(
        proof.lost_s is not None
        and proof.returned_s is not None
        and proof.lost_s < proof.returned_s
        for proof in run.links
    )


@pytest.fixture(scope="module")
def one_port() -> Iterator[Lab]:
    with shared_lan() as running:
        yield running


@pytest.mark.nightly
async def test_two_lines_behind_one_port_are_proven_at_their_routers_and_not_at_the_port(
    one_port: Lab, folder: Path, page: Page, keep: Keep
) -> None:
    tables = (
        link("fixed", "eth0", "fiber", gateways=["192.168.1.1"], circuit="HN-1"),
        link("mobile", "eth0", "5g", gateways=["192.168.1.2"], circuit="HN-2"),
        *(GATEWAY, FIRST, SECOND, ECHOES),
    )
    async with collecting(one_port) as receiver, agent_on(one_port, folder, *tables) as device:
        await asyncio.to_thread(manage, one_port, folder, "apply")
        device.start()
        await until(lambda: device.states() == WELL, device)
        walker = Walker(page, keep)
        await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        await page.goto(f"http://127.0.0.1:{one_port.expose('device', PAGE_PORT)}/commissioning")
        await page.get_by_label("Mã nghiệm thu hôm nay").fill(code_of_today())
        await walker.press("Bắt đầu nghiệm thu")
        await walker.press("Tôi đã sẵn sàng rút dây")
        # The cable that both share proves neither.
        one_port.cut("device--switch")
        alert = page.get_by_role("alert")
        await expect(alert).to_contain_text("nhiều đường")
        await keep("commissioning-shared-cable")
        one_port.clear()
        await walker.press("Làm lại đường này")
        for title, wire in (("đường cáp quang", "ont--isp1"), ("kết nối 5G", "cpe--isp2")):
            if wire != "ont--isp1":
                await walker.sees(f"Chuẩn bị: {title}")
                await walker.press("Tôi đã sẵn sàng rút dây")
            await walker.sees(f"Hãy rút dây của {title} ngay bây giờ")
            one_port.cut(wire)
            await walker.sees(f"Hãy cắm lại dây của {title}")
            one_port.clear()
            await walker.sees(f"Đọc mã trên nhãn của {title}")
            await walker.press("Đúng như vậy")
        await walker.sees("Kiểm tra máy tính tại quầy")
        run = run_from_events(
            DatedEvent(at_ns=notice.boottime_ns, event=event) for notice, event in events(receiver)
        )
        await asyncio.to_thread(manage, one_port, folder, "remove")
    assert run is not None
    assert run.proven == 2
    assert [failure.outcome for failure in run.failures] == ["several_lost"]
