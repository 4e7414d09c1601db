"""An engineer merges, splits, closes and opens again: told, written, and there after a crash."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.collector.reporting_agent import ReportingAgent
from tests.collector.running import WITHIN_S, eventually, token
from tests.collector.web.desk.desk_stack import DeskStack, desk_stack
from tests.plain_http import NO_AUTHORITIES
from thongsuot_schema.state import State

DECISIONS = ("merge", "split", "close", "reopen", "maintenance")

Auth = tuple[str, str]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskStack]:
    async with desk_stack(tmp_path) as made:
        yield made


class BaVi:
    """The other point, with a line of the other carrier."""

    def __init__(self, folder: Path) -> None:
        self._agent = ReportingAgent("ba-vi", token(folder / "state", "ba-vi"))

    async def report(self, desk: DeskStack, state: State) -> None:
        async with httpx.AsyncClient(
            base_url=desk.stack.collector.url, timeout=WITHIN_S, verify=NO_AUTHORITIES
        ) as client:
            await self._agent.report(client, {"fiber": state})

    async def cut(self, desk: DeskStack) -> str:
        """Cut its fibre; return the incident that FPT was told of."""
        await self.report(desk, State.UP)
        await self.report(desk, State.DOWN)
        await eventually(lambda: "fpt" in told(desk))
        return next(
            notification.incident.incident
            for notification in desk.stack.notifications()
            if notification.incident.responsible.name == "fpt"
        )


def told(desk: DeskStack) -> list[str]:
    """Return to which carriers something was told, in order."""
    return [n.incident.responsible.name for n in desk.stack.notifications()]


def causes(desk: DeskStack, incident: str) -> list[tuple[str, str]]:
    """Return what was told of an incident, and why."""
    return [
        (str(n.incident.change), str(n.incident.cause))
        for n in desk.stack.notifications()
        if n.incident.incident == incident
    ]


async def page(desk: DeskStack, path: str, auth: Auth) -> str:
    answer = await desk.ask("GET", path, auth=auth)
    assert answer.status_code == 200, answer.text
    return answer.text


async def send(desk: DeskStack, path: str, auth: Auth, **form: str) -> httpx.Response:
    return await desk.ask("POST", path, auth=auth, form=form)


async def test_merged_and_taken_out_again_with_everybody_told(
    desk: DeskStack, tmp_path: Path
) -> None:
    first, second = await desk.cut(), await BaVi(tmp_path).cut(desk)
    lan = await desk.person("lan", "Trần Thị Lan", "city-engineer")
    address = f"/incidents/{second}/merge"
    form = await page(desk, address, lan)
    assert f'value="{first}"' in form
    assert f'value="{second}"' not in form, "nothing is part of itself"
    reason = "Cùng tuyến cáp <Cát Linh>"
    assert (await send(desk, address, lan, incident=first)).status_code == 422
    nowhere = await send(desk, address, lan, incident="nosuch", reason=reason)
    assert nowhere.status_code == 422
    assert "Không gộp được vào sự cố đó" in nowhere.text
    assert "Cùng tuyến cáp &lt;Cát Linh&gt;" in nowhere.text, "what was written is kept"
    assert (await send(desk, address, lan, incident=first, reason=reason)).status_code == 303
    await eventually(lambda: causes(desk, second)[-1:] == [("resolved", "absorbed")])
    await eventually(lambda: causes(desk, first)[-1:] == [("updated", "changed")])
    updates = [n.incident for n in desk.stack.notifications() if n.incident.incident == first]
    assert {item.site for item in updates[-1].affected} == {"hoan-kiem", "ba-vi"}
    await desk.stack.crash()
    shown = await page(desk, f"/incidents/{second}", lan)
    assert "Người gộp" in shown
    assert "Trần Thị Lan" in shown
    assert "gộp vào sự cố: " in shown
    assert "Cùng tuyến cáp &lt;Cát Linh&gt;" in shown
    larger = await page(desk, f"/incidents/{first}", lan)
    assert f"/incidents/{second}?lang=vi" in larger, "the larger one names its part"
    assert "FPT-9" in larger
    assert "incident_merged" in await desk.run("audit", second)
    listed = await desk.run("incidents", "--json", "--where", "status=open")
    assert f'"merged_into": "{first}"' in listed

    address = f"/incidents/{first}/split"
    assert f'value="{second}"' in await page(desk, f"{address}?member={second}", lan)
    assert (await send(desk, address, lan, incident=second, reason="nhầm")).status_code == 303
    await eventually(lambda: causes(desk, second)[-1:] == [("opened", "released")])
    alone = await page(desk, f"/incidents/{second}", lan)
    assert "tách khỏi sự cố" in alone
    assert "FPT-9" not in await page(desk, f"/incidents/{first}", lan)
    assert "incident_split" in await desk.run("audit", second)


async def test_closed_with_a_reason_nothing_is_hidden_and_it_opens_again(
    desk: DeskStack,
) -> None:
    incident = await desk.cut()
    lan = await desk.person("lan", "Trần Thị Lan", "city-engineer")
    address = f"/incidents/{incident}/close"
    assert "còn 1 mục chưa hoạt động bình thường" in await page(desk, address, lan)
    assert (await send(desk, address, lan, reason="")).status_code == 422
    assert (await send(desk, address, lan, reason="Đã trả kênh")).status_code == 303
    await eventually(lambda: causes(desk, incident)[-1:] == [("resolved", "closed_by_city")])
    message = desk.stack.notifications()[-1]
    assert "Thành phố đã đóng sự cố này" in message.text
    assert "Đã trả kênh (Trần Thị Lan)" in message.text
    assert (message.incident.closed_by, message.incident.closing_reason) == (
        "Trần Thị Lan",
        "Đã trả kênh",
    )
    assert (await send(desk, address, lan, reason="nữa")).status_code == 422
    await desk.stack.crash()
    shown = await page(desk, f"/incidents/{incident}", lan)
    assert "theo kết quả đo lỗi vẫn còn" in shown
    assert re.search(r'class="hero (down|degraded)"', shown), "what is closed is not well"
    assert "chưa kết thúc" in shown, "its line is still out"
    point = await page(desk, "/sites/hoan-kiem", lan)
    assert "Thành phố đã đóng sự cố" in point
    assert "Đã trả kênh" in point
    listed = await desk.run("incidents", "--json")
    assert '"closure": "closed_by_city"' in listed
    assert '"closing_reason": "Đã trả kênh"' in listed
    assert causes(desk, incident)[-1] == ("resolved", "closed_by_city"), "a restart opens nothing"

    reopening = f"/incidents/{incident}/reopen"
    assert (await send(desk, reopening, lan, reason="Đóng nhầm")).status_code == 303
    await eventually(lambda: causes(desk, incident)[-1][0] == "opened")
    assert (await desk.ask("GET", reopening, auth=lan)).status_code == 404, "nothing to open"
    assert "Thành phố mở lại sự cố" in await page(desk, f"/incidents/{incident}", lan)
    log = await desk.run("audit", incident)
    assert "incident_closed" in log
    assert "incident_reopened" in log
    assert (await send(desk, address, lan, reason="Đã trả kênh")).status_code == 303
    await eventually(lambda: causes(desk, incident)[-1][0] == "resolved")
    await desk.stack.report(State.UP)

    async def is_restored() -> bool:
        return '"closure": "restored"' in await desk.run("incidents", "--json")

    await eventually(is_restored)
    ended = await page(desk, f"/incidents/{incident}", lan)
    assert "Thành phố đóng" in ended, "who closed it stays on the record"


async def test_only_an_engineer_decides_and_only_from_our_own_pages(desk: DeskStack) -> None:
    incident = await desk.cut()
    lan = await desk.person("lan", "Trần Thị Lan", "city-engineer")
    minh = await desk.person("minh", "Minh", "city-reader")
    binh = await desk.person("binh", "Bình", "carrier", "vnpt")
    sent = {"incident": incident, "reason": "x", "scope-0": "on"}
    for decision in DECISIONS:
        address = f"/incidents/{incident}/{decision}"
        for other in (minh, binh):
            assert (await desk.ask("POST", address, auth=other, form=sent)).status_code == 404
            assert f"/{decision}?" not in await page(desk, f"/incidents/{incident}", other)
        foreign = await desk.ask(
            "POST", address, auth=lan, form=sent, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert foreign.status_code == 403, decision
        unknown = await desk.ask("POST", f"/incidents/nosuch/{decision}", auth=lan, form=sent)
        assert unknown.status_code == 404
    assert "incident_" not in await desk.run("audit", incident)


async def test_maintenance_is_planned_from_the_incident_with_its_circuit_and_time(
    desk: DeskStack,
) -> None:
    incident = await desk.cut()
    lan = await desk.person("lan", "Trần Thị Lan", "city-engineer")
    address = f"/incidents/{incident}/maintenance"
    form = await page(desk, address, lan)
    assert "HNI-1" in form
    begin, end = re.findall(r'type="datetime-local" required value="([^"]+)"', form)
    assert begin < end
    times = {"start": begin, "end": end}
    assert (
        "Hãy chọn ít nhất một mục"
        in (await send(desk, address, lan, note="Thay cáp", **times)).text
    )
    chosen = {"scope-0": "on", **times}
    assert (await send(desk, address, lan, **chosen)).status_code == 422
    backwards = await send(desk, address, lan, note="x", **{**chosen, "end": begin})
    assert backwards.status_code == 422
    assert (await send(desk, address, lan, note="Thay cáp", **chosen)).status_code == 303

    async def is_excused() -> bool:
        return "Thay cáp" in await page(desk, f"/incidents/{incident}", lan) and (
            '"is_excused": true' in await desk.run("incidents", "--json")
        )

    await eventually(is_excused)
    planned = await desk.run("maintenance", "list")
    assert "site hoan-kiem link fiber" in planned
    assert "person:lan" in await desk.run("audit", planned.splitlines()[-1].split()[0])
    assert "lập lịch bảo trì: " in await page(desk, f"/incidents/{incident}", lan)
