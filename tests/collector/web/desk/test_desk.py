"""A carrier's desk on a real collector: who opens it, what it shows, what becomes of answers."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from tests.collector.app.stage import SITE
from tests.collector.notify.incident_events import city_inventory, cut_fibre, steady_city
from tests.collector.running import eventually
from tests.collector.web.desk.desk_stack import DeskStack, desk_stack
from thongsuot_collector.notify.render.comparison import Comparison
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.rules.loader import load
from thongsuot_collector.store import desk_keys
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.web.desk.page import beneath
from thongsuot_schema.words.dates import VIETNAM

ANSWER = re.compile(r"https://thongsuot\.example(/answers/\S+)")
ANSWERS = ("Tiếp nhận xử lý", "Không thuộc phạm vi", "Dự kiến khắc phục", "Đã khắc phục")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskStack]:
    async with desk_stack(tmp_path) as made:
        yield made


def answer_paths(desk: DeskStack) -> list[str]:
    """Return where VNPT answers, as its message says: accept, refuse, expected, mended."""
    return ANSWER.findall(desk.stack.notifications()[0].text)


async def history(desk: DeskStack, incident: str) -> str:
    return (await desk.stack.get(f"/incidents/{incident}")).text


async def test_the_link_of_a_carrier_opens_its_desk_and_no_other(desk: DeskStack) -> None:
    incident = await desk.cut()
    query = await desk.desk_key("vnpt")
    page = await desk.ask("GET", f"/desk/vnpt?{query}")
    assert page.status_code == 200
    for shown in ("Bàn trực của VNPT", "HNI-1", incident, "Chưa tiếp nhận", "1/30 ngày có lỗi"):
        assert shown in page.text, shown
    assert page.text.count('<i class="') == 30
    assert page.text.count(f"/desk/vnpt/incidents/{incident}/") == len(ANSWERS)
    for hidden in ("FPT", "Ba Vì", "vnpt/keys"):
        assert hidden not in page.text
    english = await desk.ask("GET", f"/desk/vnpt?{query}&lang=en")
    assert "Open incidents" in english.text
    for elsewhere in ("/desk/fpt", "/desk/none", "/desk/vnpt/keys", "/sites/ba-vi", "/incidents"):
        assert (await desk.ask("GET", f"{elsewhere}?{query}")).status_code == 404, elsewhere
    # What the desk leads to opens with the same link.
    for path in (f"/incidents/{incident}", f"/incidents/{incident}.json", "/sla"):
        assert (await desk.ask("GET", f"{path}?{query}")).status_code == 200, path
    assert "FPT-9" not in (await desk.ask("GET", f"/sla?{query}")).text


async def test_a_link_ends_when_it_is_revoked_or_expires(desk: DeskStack, tmp_path: Path) -> None:
    query = await desk.desk_key("vnpt")
    assert (await desk.ask("GET", f"/desk/vnpt?{query}")).status_code == 200
    key_id = query.removeprefix("key=").partition(".")[0]
    assert "Trực ban" in await desk.run("desk-key", "list")
    await desk.run("desk-key", "revoke", key_id)
    ended = await desk.ask("GET", f"/desk/vnpt?{query}")
    assert (ended.status_code, "không còn hiệu lực" in ended.text) == (404, True)
    store = open_store(tmp_path / "state" / "store.sqlite")
    old = desk_keys.create(store, "vnpt", "cũ", may_act=True, lasts_s=0.001)
    store.dispose()
    signature = query.partition(".")[2]
    for key in (f"{old.id}.{signature}", f"{key_id}.x", old.id, "."):
        assert (await desk.ask("GET", f"/desk/vnpt?key={key}")).status_code == 404, key


async def test_a_view_only_link_cannot_answer(desk: DeskStack) -> None:
    incident = await desk.cut()
    query = await desk.desk_key("vnpt", "--look-only")
    page = await desk.ask("GET", f"/desk/vnpt?{query}")
    assert "Liên kết này chỉ để xem" in page.text
    path = f"/desk/vnpt/incidents/{incident}/accepted"
    assert path not in page.text
    for method in ("GET", "POST"):
        form = {"name": "Bình"} if method == "POST" else None
        assert (await desk.ask(method, f"{path}?{query}", form=form)).status_code == 404


async def test_the_city_makes_and_revokes_links_on_a_page(desk: DeskStack) -> None:
    lan = await desk.person("lan", "Trần Thị Lan", "city-engineer")
    path = "/desk/vnpt/keys"
    for title, days in (("", "7"), ("NOC", "0"), ("NOC", "731"), ("NOC", "0000019999")):
        wrong = await desk.ask("POST", path, auth=lan, form={"title": title, "days": days})
        assert wrong.status_code == 422, days
    made = await desk.ask(
        "POST", path, auth=lan, form={"title": "NOC", "days": "7", "may_act": "1"}
    )
    (query,) = re.findall(r"https://thongsuot\.example/desk/vnpt\?(key=\S+?)<", made.text)
    assert (await desk.ask("GET", f"/desk/vnpt?{query}")).status_code == 200
    key_id = query.removeprefix("key=").partition(".")[0]
    cross = {"Sec-Fetch-Site": "cross-site"}
    form = {"revoke": key_id}
    assert (await desk.ask("POST", path, auth=lan, headers=cross, form=form)).status_code == 403
    assert "đã thu hồi" in (await desk.ask("POST", path, auth=lan, form=form)).text
    assert (await desk.ask("GET", f"/desk/vnpt?{query}")).status_code == 404
    log = await desk.run("audit", "vnpt")
    assert "person:lan  desk_key_created" in log
    assert "person:lan  desk_key_revoked" in log


async def test_opening_the_links_of_a_message_changes_nothing_and_each_answers_once(
    desk: DeskStack,
) -> None:
    incident = await desk.cut()
    accept, refuse, expected, mended = answer_paths(desk)
    before = await history(desk, incident)
    for path in (accept, refuse, expected, mended) * 2:  # as a scanner of mails does
        for method in ("GET", "HEAD"):
            assert (await desk.ask(method, path)).status_code == 200
    assert before.count("<li") == (await history(desk, incident)).count("<li")
    nameless = await desk.ask("POST", accept, form={"name": " "})
    assert (nameless.status_code, "Xin ghi họ tên" in nameless.text) == (422, True)
    taken = await desk.ask("POST", accept, form={"name": "Bình <b>", "text": "đã cử đội cáp"})
    assert (taken.status_code, "Đã ghi nhận" in taken.text) == (200, True)
    for _ in range(2):
        again = await desk.ask("POST", accept, form={"name": "Kẻ khác"})
        assert (again.status_code, "đã được dùng" in again.text) == (409, True)
        await desk.stack.crash()
    page = await history(desk, incident)
    assert "Bình &lt;b&gt;" in page
    assert "đã cử đội cáp" in page
    assert "Kẻ khác" not in page
    (line,) = (await desk.run("audit", incident)).splitlines()[1:]
    assert "carrier:vnpt link:" in line
    assert "incident_accepted" in line
    # Another answer of the same message still works, until the incident is over.
    when = datetime.now(UTC).astimezone(VIETNAM) + timedelta(hours=2)
    late = when.strftime("%Y-%m-%dT%H:%M")
    for moment in ("", "ngày mai", "2020-01-01T00:00", "2099-01-01T00:00"):
        form = {"name": "Bình", "moment": moment}
        assert (await desk.ask("POST", expected, form=form)).status_code == 422, moment
    form = {"name": "Bình", "moment": late}
    assert (await desk.ask("POST", expected, form=form)).status_code == 200
    site = (await desk.stack.get(f"/sites/{SITE}")).text
    assert f"VNPT dự kiến khắc phục xong lúc {when:%H:%M}" in site
    await desk.mend()
    over = await desk.ask("POST", mended, form={"name": "Bình"})
    assert (over.status_code, "đã kết thúc" in over.text) == (409, True)
    assert (await desk.ask("GET", f"{accept}x")).status_code == 404


async def test_a_refusal_is_the_citys_and_it_decides_on_the_record(desk: DeskStack) -> None:
    incident = await desk.cut()
    query = await desk.desk_key("vnpt")
    path = f"/desk/vnpt/incidents/{incident}/refused?{query}"
    assert (await desk.ask("POST", path, form={"name": "Bình"})).status_code == 422
    refused = await desk.ask("POST", path, form={"name": "Bình", "text": "ONT mất điện"})
    assert refused.status_code == 303
    assert "Tranh chấp" in (await desk.ask("GET", refused.headers["location"])).text
    await eventually(lambda: len(desk.stack.notifications()) == 2)
    notification = desk.stack.notifications()[1]
    assert (notification.audience.party, "ONT mất điện" in notification.text) == ("city", True)
    assert notification.title.startswith("[Tranh chấp]")
    site = (await desk.stack.get(f"/sites/{SITE}")).text
    assert "VNPT cho rằng lỗi không thuộc nhà mạng; Thành phố đang phân xử" in site
    lan = await desk.person("lan", "Trần Thị Lan", "city-engineer")
    page = (await desk.ask("GET", f"/incidents/{incident}", auth=lan)).text
    for shown in ("Hệ thống đo được", "VNPT cho rằng", "ONT mất điện", "Thành phố đang phân xử"):
        assert shown in page, shown
    ruling = f"/incidents/{incident}/ruling"
    assert ruling in page
    assert ruling not in (await desk.stack.get(f"/incidents/{incident}")).text
    unreasoned = await desk.ask("POST", ruling, auth=lan, form={"side": "against", "reason": ""})
    assert unreasoned.status_code == 422
    decided = await desk.ask(
        "POST", ruling, auth=lan, form={"side": "against", "reason": "ONT có điện"}
    )
    assert decided.status_code == 303
    assert (await desk.ask("GET", ruling, auth=lan)).status_code == 404
    await eventually(lambda: len(desk.stack.notifications()) == 4)
    assert {body.audience.party for body in desk.stack.notifications()[2:]} == {"city", "carrier"}
    assert all("Lý do: ONT có điện" in body.text for body in desk.stack.notifications()[2:])
    again = await desk.ask("POST", path, form={"name": "Bình", "text": "vẫn không"})
    assert (again.status_code, "đã phân xử" in again.text) == (409, True)
    # The month's statement marks the interval, for the carrier as well.
    month = (await desk.ask("GET", f"/desk/vnpt?{query}")).text.partition('href="/sla/')[2][:7]
    statement = (await desk.ask("GET", f"/sla/{month}/HNI-1?{query}")).text
    for shown in ("Khoảng thời gian tranh chấp", incident, "ONT mất điện", "Lý do: ONT có điện"):
        assert shown in statement, shown
    table = (await desk.ask("GET", f"/sla/{month}/HNI-1.csv?{query}")).text
    assert f"carrier_responsible,{incident}" in table
    log = await desk.run("audit", incident)
    assert "incident_refused" in log
    assert "against the party: ONT có điện" in log


async def test_incidents_without_an_acceptance_come_first(desk: DeskStack) -> None:
    incident = await desk.cut()
    query = await desk.desk_key("vnpt")
    path = f"/desk/vnpt/incidents/{incident}/accepted?{query}"
    assert (await desk.ask("POST", path, form={"name": "Bình"})).status_code == 303
    page = (await desk.ask("GET", f"/desk/vnpt?{query}")).text
    assert "Đã tiếp nhận" in page
    assert "Chưa tiếp nhận" not in page
    assert f"/desk/vnpt/incidents/{incident}/accepted" not in page
    await desk.mend()

    async def is_closed() -> bool:
        shown = (await desk.ask("GET", f"/desk/vnpt?{query}")).text
        return "Hiện không có sự cố nào" in shown and incident in shown

    await eventually(is_closed)


def test_the_lines_of_an_outage_that_is_over_stand_beneath_it() -> None:
    city = steady_city(city_inventory())
    event = cut_fibre(city)
    context = MessageContext(
        kind=event.record.kind,
        record=event.record,
        incident=event.incident,
        rule=load(event.incident.code),
        audience=event.record.party,
        comparison=Comparison(),
        directory=city.directory,
    )

    def closed(name: str, *children: str) -> MessageContext:
        incident = structs.replace(event.incident, id=name, children=children)
        return structs.replace(context, incident=incident)

    listed = [closed("a"), closed("new"), closed("outage", "a", "b", "long-ago"), closed("b")]
    rows = [(shown.incident.id, is_inside) for shown, is_inside in beneath(listed)]
    assert rows == [("new", False), ("outage", False), ("a", True), ("b", True)]
