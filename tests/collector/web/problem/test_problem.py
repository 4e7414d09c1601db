"""A problem that no page shows: reported by one press, told to the city, answered on the record."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.collector.app.stage import PASSWORD, SITE, NotifyingStack
from tests.collector.batches import S, icmp_result
from tests.collector.running import WITHIN_S, Pusher, eventually
from tests.plain_http import NO_AUTHORITIES
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.store import audit, people
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.people import PersonRole
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.state import State

LOOKING = ("ai", PASSWORD)
REPORTS = f"/sites/{SITE}/problems"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[NotifyingStack]:
    made = NotifyingStack(tmp_path)
    try:
        await made.collector.start()
        yield made
    finally:
        await made.close()


@pytest.fixture
def engineer(tmp_path: Path) -> tuple[str, str]:
    """Name and password of an engineer of the city."""
    store = open_store(tmp_path / "state" / STORE_FILE)
    secret = people.put(store, "lan", "Trần Thị Lan")
    store.dispose()
    return "lan", secret


async def reported(stage: NotifyingStack, kind: str = "slow") -> str:
    """Report a problem as somebody who may look; return the path of its incident."""
    await stage.report(State.UP)
    answer = await stage.ask("POST", f"{REPORTS}/{kind}", auth=LOOKING)
    assert answer.status_code == 303, answer.text
    await stage.is_notified(1)
    return f"/incidents/{stage.notifications()[0].incident.incident}"


async def test_a_report_reaches_the_city_and_its_answer_is_on_the_page(
    stage: NotifyingStack, engineer: tuple[str, str], tmp_path: Path
) -> None:
    path = await reported(stage)
    notification = stage.notifications()[0]
    assert notification.incident.rule == "problem_reported"
    assert notification.incident.responsible.party == "city"
    site = (await stage.get(f"/sites/{SITE}")).text
    assert "Mạng hoặc trang rất chậm. Đã gửi Thành phố, chưa có người tiếp nhận." in site
    page = (await stage.get(path)).text
    assert "Điểm phục vụ Hoàn Kiếm báo: mạng hoặc trang rất chậm" in page
    assert f'href="{path}/report' not in page, "who may only look does not answer"
    # The same again says nothing new, and another thing is a line of the same incident.
    await stage.ask("POST", f"{REPORTS}/slow", auth=LOOKING)
    taken = await stage.ask("POST", f"{path}/acknowledge", auth=engineer, form={"note": "xem"})
    assert taken.status_code == 303
    assert "Thành phố đã tiếp nhận lúc" in (await stage.get(f"/sites/{SITE}")).text
    assert f'href="{path}/report' in (await stage.ask("GET", path, auth=engineer)).text
    empty = await stage.ask("POST", f"{path}/report", auth=engineer, form={"answer": " "})
    assert empty.status_code == 422
    answer = await stage.ask(
        "POST", f"{path}/report", auth=engineer, form={"answer": "Đã đổi cổng của bộ chuyển mạch"}
    )
    assert answer.status_code == 303
    await stage.is_notified(2)
    assert [body.kind for body in stage.notifications()] == [
        NotificationKind.OPENED,
        NotificationKind.RESOLVED,
    ]
    assert stage.notifications()[1].thread_id == notification.thread_id
    await stage.crash()
    site = (await stage.get(f"/sites/{SITE}")).text
    assert "Đã đổi cổng của bộ chuyển mạch" in site
    again = await stage.ask("POST", f"{path}/report", auth=engineer, form={"answer": "lần nữa"})
    assert again.status_code == 404
    store = open_store(tmp_path / "state" / STORE_FILE)
    lines = [(line.action, line.by) for line in audit.listed(store)]
    store.dispose()
    for expected in (
        ("problem_reported", "person:"),
        ("incident_taken_on", "person:lan"),
        ("problem_answered", "person:lan"),
    ):
        assert expected in lines


async def test_people_without_access_to_a_point_report_nothing(
    stage: NotifyingStack, tmp_path: Path
) -> None:
    store = open_store(tmp_path / "state" / STORE_FILE)
    carrier = people.put(store, "noc", "VNPT", role=PersonRole.CARRIER, scope="vnpt")
    store.dispose()
    assert (await stage.ask("POST", f"{REPORTS}/slow")).status_code == 401
    refused = await stage.ask("POST", f"{REPORTS}/slow", auth=("noc", carrier))
    assert refused.status_code == 404
    for path in (f"{REPORTS}/haunted", "/sites/nowhere/problems/slow"):
        assert (await stage.ask("POST", path, auth=LOOKING)).status_code == 404
    foreign = {"Origin": "https://elsewhere.example"}
    other_page = await stage.ask("POST", f"{REPORTS}/slow", auth=LOOKING, headers=foreign)
    assert other_page.status_code == 403
    assert stage.notifications() == []


async def test_endless_presses_are_stopped(stage: NotifyingStack) -> None:
    answers = [
        (await stage.ask("POST", f"{REPORTS}/slow", auth=LOOKING)).status_code for _ in range(7)
    ]
    assert answers == [303] * 5 + [429] * 2
    await stage.is_notified(1)
    assert len(stage.notifications()) == 1


async def test_reports_made_on_the_device_arrive_with_the_record_once(
    stage: NotifyingStack,
) -> None:
    now_ns = time.time_ns() - stage.agent.sealer.epoch_ns
    pressed = Notice(
        code=NoticeCode.PROBLEM_REPORTED, boottime_ns=now_ns - 600 * S, text="page_fails"
    )
    started = Notice(code=NoticeCode.STARTED, boottime_ns=now_ns - 900 * S)
    batch = stage.agent.sealer.batch(now_ns, [icmp_result(now_ns - S)], notices=[started, pressed])
    async with httpx.AsyncClient(
        base_url=stage.collector.url, timeout=WITHIN_S, verify=NO_AUTHORITIES
    ) as client:
        pusher = Pusher(client, stage.agent.sealer, stage.agent.secret)
        assert (await pusher.batch(batch, boottime_ns=now_ns)).status_code == 200
    await stage.is_notified(1)
    incident = stage.notifications()[0].incident
    assert incident.rule == "problem_reported"
    await stage.crash()  # the batch is read again

    async def is_shown() -> bool:
        text = (await stage.get(f"/sites/{SITE}")).text
        return text.count("Trang dịch vụ công không mở được hoặc báo lỗi. Đã gửi") == 1

    await eventually(is_shown)
    listed = (await stage.get("/api/v1/incidents?rule=problem_reported")).json()["items"]
    assert [item["id"] for item in listed] == [incident.incident]
