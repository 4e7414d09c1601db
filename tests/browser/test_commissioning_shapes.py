"""
The walk of an installer in Chromium at two shapes of site, with the collector that shows the code
and keeps the proof: one port behind a router with two lines, and a modem in the device.
"""

import asyncio
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PATIENCE_MS, PHONE, Keep
from tests.browser.test_commissioning import Walker
from tests.timing import MS
from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_lab.lab import Lab
from thongsuot_lab.matrix.journal_reader import stored_batches
from thongsuot_lab.matrix.profile import QUICK, shaped_profile, shaped_topology
from thongsuot_lab.stack.city import CityStack
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.commissioning.run import commissioning_code
from thongsuot_schema.inventory.model import ProbeSchedule
from thongsuot_schema.state import State
from thongsuot_schema.words.dates import local

pytestmark = [
    pytest.mark.browser,
    pytest.mark.lab,
    pytest.mark.nightly,
    needs_lab,
    pytest.mark.asyncio(loop_scope="session"),
]

ROUTER, MODEM = "shape-b", "shape-f"
FIBRE, MOBILE = "đường cáp quang", "kết nối 5G"


@pytest.fixture(scope="module")
def stack() -> Iterator[CityStack]:
    with (
        tempfile.TemporaryDirectory(prefix="thongsuot-walk-") as made,
        Lab(shaped_topology(("b", "f"))) as lab,
    ):
        folder = Path(made)
        # An agent is an ordinary user, and pytest's folders are for their owner alone.
        folder.chmod(0o755)
        options = shaped_profile(QUICK).options_for(lab.ca_file)
        counter = ProbeSchedule(
            kind="counter", every_s=60.0, settings={"ca_file": str(lab.ca_file)}
        )
        running = CityStack(lab, folder, replace(options, probes=(*options.probes, counter)))
        try:
            running.start()
            yield running
        finally:
            running.stop()


async def wait_for(done: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(120_000 * MS):
        while not await asyncio.to_thread(done):  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.2)


def is_well(stack: CityStack, site: str) -> bool:
    view = next((view for view in stack.views() if view.site == site), None)
    return view is not None and {link.state for link in view.links} == {State.UP}


def has_gone_over(stack: CityStack, site: str) -> bool:
    """Return whether a device has told that its packets leave by another carrier."""
    journal = stack.folder / "collector" / "state" / JOURNAL_FILE
    return any(
        "packets went over" in notice.text
        for batch in stored_batches(journal)
        if batch.entry.site == site
        for notice in batch.batch.notices
    )


async def begin(stack: CityStack, site: str, page: Page, keep: Keep) -> Walker:
    """Open the page of a device that is well, with the code that the collector shows today."""
    await wait_for(lambda: is_well(stack, site))
    token = (stack.agent_folder(site) / "token").read_text(encoding="ascii").strip()
    digest = hashlib.sha256(token.encode()).digest()
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await page.goto(f"{stack.addresses[f'agent-{site}']}/commissioning")
    code = commissioning_code(digest, local(time.time()).date().isoformat())
    await page.get_by_label("Mã nghiệm thu hôm nay").fill(code)
    walker = Walker(page, keep)
    await walker.press("Bắt đầu nghiệm thu")
    return walker


async def finish(stack: CityStack, site: str, page: Page, walker: Walker, proven: str) -> None:
    """Test the counter, end the walk, and look at what the collector has of it."""
    await walker.sees("Kiểm tra máy tính tại quầy")
    await walker.press("Kiểm tra ngay")
    await expect(page.get_by_text("dịch vụ").first).to_be_visible()
    await walker.press("Kết thúc nghiệm thu")
    await walker.sees("Đã nghiệm thu: mọi đường đúng nhãn")
    await page.goto(f"{stack.addresses['collector']}/sites/{site}/commissioning?lang=en")
    limit_s = time.monotonic() + PATIENCE_MS / 1000
    while not await page.get_by_text(proven).count() and time.monotonic() < limit_s:
        await asyncio.sleep(0.5)
        await page.reload()
    await expect(page.get_by_text(proven).first).to_be_visible()


async def test_the_line_behind_a_router_with_two_is_proven_while_the_site_moves_to_the_other(
    stack: CityStack, page: Page, keep: Keep
) -> None:
    lab = stack.lab
    walker = await begin(stack, ROUTER, page, keep)
    await walker.sees(f"Chuẩn bị: {FIBRE}")
    await walker.press("Tôi đã sẵn sàng rút dây")
    await walker.sees(f"Hãy rút dây của {FIBRE} ngay bây giờ")
    cut = lab.fault("cut-fibre", site=ROUTER, link="fixed")
    await walker.sees(f"Hãy cắm lại dây của {FIBRE}", "router-moved")
    # The router goes over to its second line, as such routers do, and comes back with the first.
    router = lab.node(f"{ROUTER}.router")
    second = router.run(["ip", "-4", "route", "show", "default", "dev", "wan2"]).stdout
    gateway = second.split("via ", 1)[1].split()[0]
    router.ip(f"route replace default via {gateway} dev wan2 metric 50")
    await wait_for(lambda: has_gone_over(stack, ROUTER))
    await expect(page.get_by_role("heading", name="Hãy cắm lại dây")).to_be_visible()
    router.ip("route flush 0.0.0.0/0 exact 0.0.0.0/0 dev wan2 metric 50")
    assert lab.heal("cut-fibre") == [cut]
    await walker.sees(f"Đọc mã trên nhãn của {FIBRE}")
    await walker.press("Đúng như vậy")
    await finish(stack, ROUTER, page, walker, "1 of 1 lines proven")


async def test_a_modem_in_the_device_is_proven_by_pulling_it_out(
    stack: CityStack, page: Page, keep: Keep
) -> None:
    lab = stack.lab
    walker = await begin(stack, MODEM, page, keep)
    for title, fault, link in ((FIBRE, "cut-fibre", "fixed"), (MOBILE, "modem-gone", "mobile")):
        await walker.sees(f"Chuẩn bị: {title}", f"modem-{link}")
        await walker.press("Tôi đã sẵn sàng rút dây")
        await walker.sees(f"Hãy rút dây của {title} ngay bây giờ")
        lab.fault(fault, site=MODEM, link=link)
        await walker.sees(f"Hãy cắm lại dây của {title}")
        lab.heal(fault)
        await walker.sees(f"Đọc mã trên nhãn của {title}")
        await walker.press("Đúng như vậy")
    await finish(stack, MODEM, page, walker, "2 of 2 lines proven")
