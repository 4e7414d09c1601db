"""Planned work on a real collector: proposed at the desk, decided by the city, on the record."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.collector.web.desk.desk_stack import DeskStack, desk_stack, work_form
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.correlation import proposed_work
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.proposed_work import ProposedWork, WorkDecision
from thongsuot_collector.maintenance.proposal import MOST_PENDING
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.web.incident.report import announced_work


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskStack]:
    async with desk_stack(tmp_path) as made:
        yield made


async def test_confirmed_work_is_a_maintenance_window_and_proposed_work_is_none(
    desk: DeskStack,
) -> None:
    lan = await desk.person("lan", "Trần Thị Lan", "city-engineer")
    query = await desk.desk_key("vnpt")
    assert "Đề xuất lịch bảo trì" in (await desk.ask("GET", f"/desk/vnpt?{query}")).text
    (name,) = await desk.propose_work(query)
    assert await desk.propose_work(query) == [name], "the same form again proposes nothing more"
    shown = (await desk.ask("GET", f"/desk/vnpt?{query}")).text
    assert "Chờ Thành phố xác nhận" in shown
    assert "Thay bộ chia quang" in shown
    assert f"/work/{name}" not in shown, "a carrier does not decide for the city"
    assert name not in await desk.run("maintenance", "list")
    for page in ("/desk", "/incidents"):
        shown_page = (await desk.ask("GET", page, auth=lan)).text
        assert "Lịch bảo trì chờ xác nhận: 1" in shown_page, page

    path = f"/desk/vnpt/work/{name}"
    form = (await desk.ask("GET", path, auth=lan)).text
    assert "Trần Bình" in form
    assert (await desk.ask("POST", path, auth=lan, form={"side": ""})).status_code == 422
    confirmed = await desk.ask("POST", path, auth=lan, form={"side": "confirm"})
    assert confirmed.status_code == 303
    assert name in await desk.run("maintenance", "list")
    shown = (await desk.ask("GET", f"/desk/vnpt?{query}")).text
    assert "Chờ Thành phố xác nhận" not in shown
    assert "Thay bộ chia quang" in shown, "it is planned work now"
    again = await desk.ask("POST", path, auth=lan, form={"side": "refuse", "reason": "x"})
    assert again.status_code == 303
    log = await desk.run("audit", name)
    assert log.count("work_confirmed") == 1
    assert "work_refused" not in log
    assert "carrier:vnpt key:" in log
    assert "person:lan" in log


async def test_work_that_another_collector_confirmed_is_planned_at_once(
    desk: DeskStack, tmp_path: Path
) -> None:
    """It is not pending any more, and this collector's memory has the window only seconds later."""
    lan = await desk.person("lan", "Trần Thị Lan", "city-engineer")
    query = await desk.desk_key("vnpt")
    (name,) = await desk.propose_work(query)
    store = open_store(tmp_path / "state" / STORE_FILE)
    decision = WorkDecision(is_confirmed=True, by="Lan", at_ns=time.time_ns())
    assert proposed_work.decide(store, name, decision, by="person:lan")
    store.dispose()
    at_desk = (await desk.ask("GET", f"/desk/vnpt?{query}")).text
    listed = (await desk.ask("GET", "/incidents", auth=lan)).text
    for page in (at_desk, listed):
        assert page.count("Thay bộ chia quang") == 1
        assert "Chờ Thành phố xác nhận" not in page
        assert "Lịch bảo trì chờ xác nhận" not in page


def test_work_that_is_confirmed_while_a_page_is_made_is_on_it_once() -> None:
    window = MaintenanceWindow(id="w", start_ns=1, end_ns=2, carrier="vnpt")
    work = ProposedWork(carrier="vnpt", window=window, person="Bình", proposed_ns=0)
    before = announced_work([work], [])
    assert (before.proposals, before.windows) == ((work,), ())
    for windows in ([window], [window, window]):
        after = announced_work([work], windows)
        assert (after.proposals, after.windows) == ((), (window,))


async def test_the_first_page_of_the_city_shows_what_waits_and_confirms_it_with_one_click(
    desk: DeskStack,
) -> None:
    lan = await desk.person("lan", "Trần Thị Lan", "city-engineer")
    reader = await desk.person("mai", "Lê Mai", "city-reader")
    query = await desk.desk_key("vnpt")
    assert "lịch bảo trì chờ xác nhận" not in (await desk.ask("GET", "/", auth=lan)).text
    (name,) = await desk.propose_work(query)
    home = (await desk.ask("GET", "/", auth=lan)).text
    for words in ("lịch bảo trì chờ xác nhận", "Thay bộ chia quang", "người đề xuất: Trần Bình"):
        assert words in home
    path = f"/desk/vnpt/work/{name}"
    assert f'action="{path}?lang=vi"' in home
    assert "Trần Thị Lan đồng ý" in home
    seen = (await desk.ask("GET", "/", auth=reader)).text
    assert "Thay bộ chia quang" in seen
    assert path not in seen, "who only reads is offered no page that does not exist for them"

    form = dict(re.findall(r'name="(\w+)" value="(\w+)"', home[home.index("<article") :]))
    confirmed = await desk.ask("POST", path, auth=lan, form=form)
    assert (confirmed.status_code, confirmed.headers["location"]) == (303, "/?lang=vi")
    assert name in await desk.run("maintenance", "list")
    assert "Thay bộ chia quang" not in (await desk.ask("GET", "/", auth=lan)).text


async def test_the_carrier_reads_why_the_city_refused(desk: DeskStack) -> None:
    lan = await desk.person("lan", "Trần Thị Lan", "city-engineer")
    query = await desk.desk_key("vnpt")
    (name,) = await desk.propose_work(query)
    path = f"/desk/vnpt/work/{name}"
    assert (await desk.ask("POST", path, auth=lan, form={"side": "refuse"})).status_code == 422
    form = {"side": "refuse", "reason": "Trùng ngày bầu cử"}
    assert (await desk.ask("POST", path, auth=lan, form=form)).status_code == 303
    shown = (await desk.ask("GET", f"/desk/vnpt?{query}")).text
    assert "Thành phố không đồng ý: Trùng ngày bầu cử" in shown
    assert name not in await desk.run("maintenance", "list", "--all")
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert (await desk.ask("POST", path, auth=lan, headers=cross, form=form)).status_code != 200


async def test_errors_are_reported_and_nothing_is_proposed(desk: DeskStack) -> None:
    query, form = await desk.desk_key("vnpt"), work_form()
    wrong = (
        ({"name": ""}, "Xin ghi họ tên"),
        ({"text": ""}, "nội dung công việc"),
        ({"scope": "link:ba-vi:fiber"}, "Không có kênh truyền này"),
        ({"end": form["start"]}, "phải sau thời gian bắt đầu"),
        ({"start": "2020-01-01T00:00", "end": "2020-01-01T01:00"}, "trước khi bắt đầu"),
        ({"start": "never"}, "phải sau thời gian bắt đầu"),
    )
    for changes, sentence in wrong:
        answer = await desk.ask("POST", f"/desk/vnpt/work?{query}", form=form | changes)
        assert (answer.status_code, sentence in answer.text) == (422, True), changes
    assert "work_proposed" not in await desk.run("audit")
    look_only = await desk.desk_key("vnpt", "--look-only")
    answer = await desk.ask("POST", f"/desk/vnpt/work?{look_only}", form=form)
    assert answer.status_code == 404


async def test_pending_proposals_are_limited_even_when_sent_at_once(
    desk: DeskStack,
) -> None:
    query = await desk.desk_key("vnpt")
    forms = [
        work_form() | {"start": work_form()["start"][:-2] + f"{minute:02}"}
        for minute in range(MOST_PENDING + 9)
    ]
    answers = await asyncio.gather(
        *(desk.ask("POST", f"/desk/vnpt/work?{query}", form=form) for form in forms)
    )
    assert Counter(answer.status_code for answer in answers)[303] == MOST_PENDING
