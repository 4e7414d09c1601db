"""The pages of incidents on a real collector: who sees what, who takes it on, what work excuses."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from tests.collector.app.stage import PASSWORD, SITE, NotifyingStack
from tests.collector.command_line import run_command
from tests.collector.running import eventually
from thongsuot_collector.incidents.notification_log import NotificationCause, NotificationKind
from thongsuot_collector.web.incident.evidence import EvidenceFile
from thongsuot_schema.state import State


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[NotifyingStack]:
    made = NotifyingStack(tmp_path)
    try:
        await made.collector.start()
        yield made
    finally:
        await made.close()


async def cut(stage: NotifyingStack) -> str:
    """Cut the fibre; return the address in the carrier's message, without its host."""
    await stage.report(State.UP)
    await stage.report(State.DOWN)
    await stage.is_notified(1)
    parts = urlsplit(stage.notifications()[0].incident.page_url)
    assert parts.netloc == "thongsuot.example"
    return f"{parts.path}?{parts.query}"


async def command(stage: NotifyingStack, *words: str) -> tuple[int, str]:
    """Run the command line beside the running collector."""
    return await run_command(*words, "--config", stage.collector.config)


async def test_a_notified_party_can_open_that_page_and_no_other(stage: NotifyingStack) -> None:
    url = await cut(stage)
    path, _, query = url.partition("?")
    page = await stage.ask("GET", url)
    assert page.status_code == 200
    for text in (
        "HNI-1",
        "Điểm phục vụ Hoàn Kiếm",
        "Mất kết nối",
        stage.notifications()[0].incident.incident,
    ):
        assert text in page.text, text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "acknowledge" not in page.text
    english = await stage.ask("GET", f"{url}&lang=en")
    assert "Who was notified" in english.text
    for wrong in (path, f"{path}?key=", f"{path}?key=AAAA", f"{path}x?{query}", "/incidents"):
        assert (await stage.ask("GET", wrong)).status_code == 401, wrong
    assert (await stage.ask("GET", f"{path}/acknowledge?{query}")).status_code == 401
    assert (await stage.get(f"{path}x")).status_code == 404
    # It opens for as long as the collector has its secret, whatever happens to the process.
    await stage.crash()
    assert (await stage.ask("GET", url)).status_code == 200


async def test_the_evidence_file_of_an_incident_passes_verify(
    stage: NotifyingStack, tmp_path: Path
) -> None:
    url = await cut(stage)
    path, _, query = url.partition("?")

    async def written_down() -> bool:
        """Whether the file says that it was delivered: a moment after the receiver has it."""
        answer = await stage.ask("GET", f"{path}.json?{query}")
        read = msgspec.json.decode(answer.content, type=EvidenceFile)
        return all(notification.delivered_at is not None for notification in read.notifications)

    await eventually(written_down)
    file = await stage.ask("GET", f"{path}.json?{query}")
    assert "attachment" in file.headers["content-disposition"]
    evidence = msgspec.json.decode(file.content, type=EvidenceFile)
    body = msgspec.json.encode(stage.notifications()[0].incident)
    # What the page gives is what was told.
    assert msgspec.json.encode(evidence.incident) == body
    (notification,) = evidence.notifications
    assert (notification.kind, notification.name, notification.channel) == (
        NotificationKind.OPENED,
        "vnpt",
        "main",
    )
    assert notification.delivered_at is not None
    (tmp_path / "evidence.json").write_bytes(file.content)
    status, text = await command(stage, "verify", "--evidence", str(tmp_path / "evidence.json"))
    assert (status, "intact" in text, "NOT" in text) == (0, True, False), text


async def test_acknowledging_an_incident_needs_a_person_and_is_remembered(
    stage: NotifyingStack,
) -> None:
    url = await cut(stage)
    path = f"{url.partition('?')[0]}/acknowledge"
    status, secret = await command(stage, "person", "add", "lan", "--title", "Trần Thị Lan")
    assert status == 0
    lan = ("lan", secret.strip())
    for stranger in (None, ("ai", PASSWORD), ("minh", secret.strip()), ("lan", "tsp_x")):
        for method in ("GET", "POST"):
            response = await stage.ask(method, path, auth=stranger)
            assert (
                response.status_code,
                "basic" in response.headers["www-authenticate"].lower(),
            ) == (
                401,
                True,
            )
    form = await stage.ask("GET", path, auth=lan)
    assert "Trần Thị Lan tiếp nhận" in form.text
    note = {"note": "Đã gọi đội cáp <b>"}
    for other in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        refused = await stage.ask("POST", path, auth=lan, headers=other, form=note)
        assert refused.status_code == 403
    assert (await stage.ask("POST", path, auth=lan, form={"note": "x" * 1001})).status_code == 413
    taken = await stage.ask("POST", path, auth=lan, form=note)
    assert taken.status_code == 303
    await stage.crash()
    page = await stage.ask("GET", taken.headers["location"], auth=lan)
    assert "Trần Thị Lan" in page.text
    assert "Đã gọi đội cáp &lt;b&gt;" in page.text
    listed = (await stage.get("/incidents?lang=en")).text
    assert "Trần Thị Lan" in listed
    assert (await command(stage, "person", "remove", "lan"))[0] == 0
    assert (await stage.ask("GET", path, auth=lan)).status_code == 401
    status, log = await command(stage, "audit", path.split("/")[2])
    (line,) = log.splitlines()[1:]
    assert "person:lan  incident_taken_on" in line
    assert line.endswith("Đã gọi đội cáp <b>")


async def test_nobody_is_notified_during_planned_work_but_of_faults_left_after_it(
    stage: NotifyingStack,
) -> None:
    await stage.report(State.UP)
    status, text = await command(
        stage, "maintenance", "add", "--to", "+2h", "--carrier", "vnpt", "--note", "Thay cáp"
    )
    assert (status, "covers 1" in text) == (0, True), text
    name = text.partition(":")[0]

    assert "Thay cáp" in (await stage.get("/incidents")).text

    async def is_planned() -> bool:
        return "Thay cáp" in (await stage.get(f"/sites/{SITE}")).text

    await eventually(is_planned)
    await stage.report(State.DOWN)

    async def is_excused() -> bool:
        return 'class="tag">Bảo trì theo kế hoạch<' in (await stage.get("/incidents")).text

    await eventually(is_excused)
    assert stage.notifications() == []
    # Another window over the same link: as long as one is open nobody is notified.
    status, text = await command(stage, "maintenance", "add", "--to", "+1h", "--site", SITE)
    assert status == 0
    assert (await command(stage, "maintenance", "end", name))[0] == 0
    status, listed = await command(stage, "maintenance", "list")
    assert (status, name in listed) == (0, False)
    other = text.partition(":")[0]
    assert other in listed

    async def is_ended() -> bool:
        return "Thay cáp" not in (await stage.get(f"/sites/{SITE}")).text

    await eventually(is_ended)
    assert stage.notifications() == []
    assert (await command(stage, "maintenance", "end", other))[0] == 0
    await stage.is_notified(1)
    (body,) = stage.notifications()
    assert (body.kind, body.incident.cause) == (
        NotificationKind.OPENED,
        NotificationCause.UNEXCUSED,
    )
