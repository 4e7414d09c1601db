"""Charts of a point's past on its page, from a month that an agent pushed."""

import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.conftest import Keep, patient
from tests.browser.test_incident_pages import fits
from tests.collector.batches import BatchSealer, S, change, icmp_result
from tests.collector.running import Pusher, collector, eventually, token
from tests.collector.state.test_site import SITE
from tests.collector.state.test_view import INVENTORY
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.result import Result
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, VerdictChange

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOUR = 3600
LASTED = 29 * 24 * HOUR
"""So long the agent has been measuring, in seconds."""
CUT = (LASTED - 100 * HOUR, LASTED - 98 * HOUR)


def results(from_s: int, until_s: int, chance: random.Random) -> list[Result]:
    """Return an echo every ten minutes on both links; the fibre is slow by day and was cut once."""
    made: list[Result] = []
    for at_s in range(from_s, until_s, 600):
        is_cut = CUT[0] <= at_s < CUT[1]
        busy = 1 + 2 * (at_s // HOUR % 24 in range(8, 17))
        for link, usual in (("fiber", 0.004), ("5g", 0.028)):
            rtt_s = usual * busy * chance.lognormvariate(0, 0.25)
            loss = 1.0 if is_cut and link == "fiber" else chance.choice((0.0,) * 19 + (0.04,))
            made.append(icmp_result(at_s * S, link=link, target="hop", rtt_s=rtt_s, loss=loss))
    return made


def changes(from_s: int, until_s: int) -> list[VerdictChange]:
    """Return what the agent judged in a time."""
    silent = Symptom.ACCESS_SILENT
    judged = [
        change(60 * S, State.UP),
        change(60 * S, State.UP, link="5g"),
        change(CUT[0] * S, State.DOWN, segment=Segment.ACCESS, symptom=silent),
        change(CUT[1] * S, State.UP, before=State.DOWN),
    ]
    return [made for made in judged if from_s <= made.decided_boottime_ns // S < until_s]


@pytest_asyncio.fixture(loop_scope="session")
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A collector to which one agent has pushed what it measured in a month."""
    chance = random.Random(7)
    # It pushes once: on a slow machine it would be silent before the last page is read.
    config = "[page]\nsilent_after_s = 3600\n"
    async with collector(tmp_path, config=config, inventory=INVENTORY) as client:
        agent = BatchSealer(SITE, epoch_ns=time.time_ns() - LASTED * S)
        pusher = Pusher(client, agent, token(tmp_path, SITE))
        for from_s in range(0, LASTED, 24 * HOUR):
            until_s = from_s + 24 * HOUR
            notices = [
                # It measured all that time, and kept a run in ten minutes of it.
                Notice(
                    code=NoticeCode.DROPPED, boottime_ns=until_s * S, from_boottime_ns=from_s * S
                )
            ]
            if not from_s:
                notices.append(Notice(code=NoticeCode.STARTED, boottime_ns=S))
            batch = agent.batch(
                until_s * S,
                results(from_s, until_s, chance),
                changes=changes(from_s, until_s),
                notices=notices,
            )
            pushed = await pusher.batch(batch, boottime_ns=agent.uptime_ns())
            assert pushed.status_code == 200, pushed.text

        async def is_known() -> bool:
            page = (await client.get(f"/sites/{SITE}?lang=en&period=30d")).text
            return "30 days: Disconnected 1 time, 2 h 00 min in all" in page and (
                page.count('class="chart"') == 2
            )

        await eventually(is_known)
        yield client


def url(client: httpx.AsyncClient, rest: str = "") -> str:
    return f"{str(client.base_url).rstrip('/')}/sites/{SITE}?{rest}"


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_week_month_and_charts_fit_and_are_accessible(
    client: httpx.AsyncClient, page: Page, keep: Keep, language: str
) -> None:
    await page.goto(url(client, f"lang={language}"))
    charts = page.locator("details[id=l0x]")
    await charts.locator("summary").click()
    await expect(charts.locator("svg.chart")).to_be_visible()
    await page.locator("details[id=l1x] summary").click()
    for period in ("7d", "30d"):
        await charts.get_by_role("group").locator(f"a[href*={period!r}]").click()
        await page.wait_for_url(f"**period={period}*")
        await expect(charts).to_have_attribute("open", "")
        await fits(page, keep, f"site-charts-{period}-{language}")


async def test_blind_readers_get_the_same_also_without_script(
    client: httpx.AsyncClient, page: Page
) -> None:
    assert page.context.browser is not None
    context = patient(
        await page.context.browser.new_context(java_script_enabled=False, locale="vi-VN")
    )
    plain = await context.new_page()
    await plain.goto(url(client, "period=7d"))
    chart = plain.get_by_role("img", name="Độ trễ và mất gói trên chính đường truyền").first
    await expect(chart).to_be_visible()
    described = await chart.get_attribute("aria-describedby")
    words = await plain.locator(f"[id='{described}']").inner_text()
    assert "Mất nhiều nhất 100" in words
    month = plain.get_by_role("img", name="30 ngày qua").first
    await expect(month).to_be_visible()
    await context.close()


async def test_the_page_with_its_charts_stays_within_its_budget(
    client: httpx.AsyncClient, page: Page
) -> None:
    for period in ("24h", "7d", "30d"):
        answer = await page.request.get(url(client, f"period={period}"))
        assert len(await answer.body()) <= 60 * 1024, period


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_an_incident_shows_its_lines_before_in_and_after_it(
    client: httpx.AsyncClient, page: Page, keep: Keep, language: str
) -> None:
    listed = (await client.get("/api/v1/incidents")).json()["items"]
    (incident,) = [item["id"] for item in listed]
    address = f"{str(client.base_url).rstrip('/')}/incidents/{incident}?lang={language}"
    await page.goto(address)
    chart = page.locator("svg.chart")
    await expect(chart).to_have_count(1)
    await expect(chart.locator(".mark")).to_have_count(2)
    await fits(page, keep, f"incident-charts-{language}")
