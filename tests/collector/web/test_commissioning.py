"""From the steps that a device pushes to the page of its site, the command line and the report."""

import io
import time
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pypdf import PdfReader

from tests.collector.app.stage import INVENTORY, SITE, NotifyingStack
from tests.collector.running import WITHIN_S, Pusher, eventually
from tests.collector.web.incident.test_routes import command
from tests.plain_http import NO_AUTHORITIES
from thongsuot_agent.commissioning.code_check import CodeCheck
from thongsuot_collector.commissioning.status import (
    CommissioningState,
    commissioning_fact,
    commissioning_notes,
    commissioning_state,
)
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.store import commissioning as stored
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.commissioning.events import (
    CommissioningEvent,
    DatedEvent,
    EventCode,
    format_event,
    run_from_events,
)
from thongsuot_schema.inventory.model import Site
from thongsuot_schema.inventory.read import read_inventory

PAGE = f"/sites/{SITE}/commissioning"
SECOND = """
[[sites.links]]
name = "mobile"
interface = "wwan0"
medium = "5g"
carrier = "vnpt"
circuit = "HNI-2"
"""

Step = tuple[EventCode, str, str]

WALK: tuple[Step, ...] = (
    (EventCode.LINK, "fiber", "HNI-1"),
    (EventCode.LINK, "mobile", "HNI-2"),
    (EventCode.PULL_ASKED, "fiber", ""),
    (EventCode.PULLED, "fiber", "mobile"),
    (EventCode.RETURNED, "fiber", "203.0.113.9"),
    (EventCode.SETTLED, "", ""),
    (EventCode.CIRCUIT_SAME, "fiber", "HNI-1"),
)
GOOD_END: tuple[Step, ...] = (
    (EventCode.PULLED, "mobile", "fiber"),
    (EventCode.RETURNED, "mobile", ""),
    (EventCode.CIRCUIT_SAME, "mobile", "HNI-2"),
    (EventCode.COUNTER, "", "alive 3 3 fiber"),
    (EventCode.ENDED, "", ""),
)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[NotifyingStack]:
    made = NotifyingStack(tmp_path, inventory=INVENTORY + SECOND)
    try:
        await made.collector.start()
        yield made
    finally:
        await made.close()


async def push(
    stage: NotifyingStack, *steps: Step, run: str = "ab12", apart_s: float = 1.0
) -> None:
    """Push steps of a run as the device does, one after the other, the last of them now."""
    now_ns = time.time_ns() - stage.agent.sealer.epoch_ns
    notices = [
        Notice(
            code=NoticeCode.COMMISSIONING,
            boottime_ns=now_ns - int((len(steps) - at) * apart_s * 1e9),
            text=format_event(CommissioningEvent(run=run, event=code, link=link, text=text)),
        )
        for at, (code, link, text) in enumerate(steps, start=1)
    ]
    batch = stage.agent.sealer.batch(now_ns, notices=notices)
    async with httpx.AsyncClient(
        base_url=stage.collector.url, timeout=WITHIN_S, verify=NO_AUTHORITIES
    ) as client:
        pusher = Pusher(client, stage.agent.sealer, stage.agent.secret)
        response = await pusher.batch(batch, boottime_ns=now_ns)
    assert response.status_code == 200, response.text


async def shows(stage: NotifyingStack, text: str, path: str = f"{PAGE}?lang=en") -> None:
    async def is_shown() -> bool:
        return text in (await stage.get(path)).text

    await eventually(is_shown)


async def test_a_site_says_how_far_it_is_commissioned_through_a_crash(
    stage: NotifyingStack,
) -> None:
    site = f"/sites/{SITE}?lang=en"
    await shows(stage, "Not commissioned", site)
    await push(stage, *WALK)
    await shows(stage, "1 of 2 lines proven", site)
    await stage.crash()
    await shows(stage, "1 of 2 lines proven", site)
    await push(stage, *GOOD_END)
    await shows(stage, "2 of 2 lines proven", site)
    assert f'href="{PAGE}?lang=en"' in (await stage.get(site)).text, "the record is one click away"
    page = (await stage.get(f"{PAGE}?lang=en")).text
    assert "Kept working meanwhile: the" in page
    assert "203.0.113.9" in page
    assert "open 3 of 3 services" in page
    assert "is shown to the city" in page, "whoever only looks sees no code"
    vietnamese = (await stage.get(PAGE)).text
    assert "Trong lúc đó vẫn chạy" in vietnamese
    status, printed = await command(stage, "commissioning", SITE, "--lang", "en")
    assert status == 0, printed
    assert "2 of 2 lines proven" in printed
    assert (await stage.get("/sites/nowhere/commissioning")).status_code == 404


async def test_exchanged_labels_stand_on_the_page_of_the_site_until_another_run(
    stage: NotifyingStack,
) -> None:
    await push(
        stage,
        *WALK[:3],
        (EventCode.FAILED, "fiber", "other_lost mobile"),
        (EventCode.SWAPPED, "fiber", "mobile"),
        (EventCode.SWAPPED, "mobile", "fiber"),
        (EventCode.ENDED, "", ""),
    )
    site = f"/sites/{SITE}?lang=en"
    await shows(stage, "are exchanged. Correct both links", site)
    await shows(stage, "The wrong cable was pulled, or the labels are exchanged")
    await push(stage, *WALK, run="cd34")
    await shows(stage, "1 of 2 lines proven", site)
    assert "are exchanged. Correct both" not in (await stage.get(site)).text


async def test_the_report_is_one_page_with_the_proof(stage: NotifyingStack, tmp_path: Path) -> None:
    status, output = await command(stage, "commissioning", SITE, "--pdf", str(tmp_path / "a.pdf"))
    assert status == 1
    assert "never commissioned" in output
    await push(stage, *WALK, *GOOD_END)
    await shows(stage, "2 of 2 lines proven")
    for language, outcome in (
        ("vi", "Đã nghiệm thu: mọi đường đúng nhãn"),
        ("en", "every line is the one on its label"),
    ):
        out = tmp_path / f"{language}.pdf"
        words = ("--pdf", str(out), "--lang", language)
        status, output = await command(stage, "commissioning", SITE, *words)
        assert status == 0, output
        (page,) = PdfReader(io.BytesIO(out.read_bytes())).pages
        text = " ".join(unicodedata.normalize("NFC", page.extract_text()).split())
        for part in (
            outcome,
            "Điểm phục vụ Hoàn Kiếm",
            "HNI-1",
            "203.0.113.9",
            f"https://thongsuot.example/sites/{SITE}",
        ):
            assert part in text
    status, output = await command(stage, "commissioning", "hoan-kien")
    assert status == 2
    assert "hoan-kiem" in output


async def test_the_page_has_the_same_report_as_the_command(
    stage: NotifyingStack, tmp_path: Path
) -> None:
    nothing = await stage.get(f"{PAGE}.pdf?lang=en")
    assert (nothing.status_code, nothing.headers["location"]) == (303, f"{PAGE}?lang=en")
    await push(stage, *WALK, *GOOD_END)
    await shows(stage, f'href="{PAGE}.pdf?lang=en"')
    out = tmp_path / "report.pdf"
    status, output = await command(stage, "commissioning", SITE, "--pdf", str(out), "--lang", "en")
    assert status == 0, output
    answer = await stage.get(f"{PAGE}.pdf?lang=en")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content == out.read_bytes()
    assert (await stage.ask("GET", f"{PAGE}.pdf")).status_code == 401


async def test_a_list_says_which_sites_are_commissioned_and_which_are_to_be_proven_again(
    stage: NotifyingStack, tmp_path: Path
) -> None:
    async def state_of_site() -> str:
        (record,) = (await stage.get("/api/v1/sites")).json()["items"]
        return str(record["commissioning"])

    assert await state_of_site() == "none"
    await push(stage, *WALK)
    await shows(stage, "1 of 2 lines proven")
    assert await state_of_site() == "under-way"
    await push(stage, *GOOD_END)
    await shows(stage, "2 of 2 lines proven")
    assert await state_of_site() == "complete"
    assert SITE not in (await stage.get("/sites?commissioning=outdated")).text

    # Another line, another box: the inventory says it, the cables have not.
    inventory = tmp_path / "inventory" / "city.toml"
    inventory.write_text((INVENTORY + SECOND).replace("HNI-2", "HNI-9"), encoding="utf-8")
    for path in (f"/sites/{SITE}?lang=en", f"{PAGE}?lang=en"):
        await shows(stage, "has another circuit id than in the last run", path)
        await shows(stage, "Prove the lines again", path)
    assert await state_of_site() == "outdated"
    assert SITE in (await stage.get("/sites?commissioning=outdated")).text
    status, output = await command(stage, "sites", "--where", "commissioning=outdated")
    assert status == 0
    assert SITE in output
    again = [(code, link, text.replace("HNI-2", "HNI-9")) for code, link, text in WALK + GOOD_END]
    await push(stage, *again, run="cd34", apart_s=0.01)

    async def is_complete() -> bool:
        return await state_of_site() == "complete"

    await eventually(is_complete)


def test_links_added_removed_or_changed_since_the_run_are_listed() -> None:
    run = run_from_events(
        [
            DatedEvent(
                at_ns=at, event=CommissioningEvent(run="ab12", event=code, link=link, text=text)
            )
            for at, (code, link, text) in enumerate(WALK + GOOD_END, start=1)
        ]
    )
    directory = InventoryDirectory(
        read_inventory({"city.toml": INVENTORY + SECOND.replace('"mobile"', '"backup"')})
    )
    assert commissioning_state(run, directory.site(SITE)) is CommissioningState.OUTDATED
    notes = commissioning_notes(SITE, run, directory, "en")
    assert [note.partition(": ")[2].rpartition(" ")[0] for note in notes[:2]] == [
        "the VNPT 5G link was added to the records after the last",
        "mobile is no longer in the",
    ]
    assert notes[2].startswith("Prove the lines again")
    assert commissioning_state(run, Site(name="unknown")) is CommissioningState.COMPLETE


async def test_the_code_of_the_centre_is_the_one_that_the_device_takes(
    stage: NotifyingStack,
) -> None:
    status, code = await command(stage, "commissioning", SITE, "--code")
    assert status == 0
    token = stage.agent.secret
    assert CodeCheck(lambda: token, lambda: 0, time.time).problem(code.strip()) is None
    status, secret = await command(
        stage, "person", "add", "lan", "--title", "Lan", "--role", "city-engineer"
    )
    assert status == 0, secret
    page = await stage.ask("GET", PAGE, auth=("lan", secret.strip()))
    assert "Mã nghiệm thu hôm nay" in page.text
    assert code.strip() in page.text
    status, _ = await command(stage, "token", "revoke", SITE)
    assert status == 0
    status, output = await command(stage, "commissioning", SITE, "--code")
    assert status == 1
    assert "not enrolled" in output


def test_a_device_that_invents_runs_fills_no_disk(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.sqlite")
    for number in range(stored.RUNS_KEPT + 5):
        event = CommissioningEvent(run=f"r{number}", event=EventCode.LINK, link="a")
        stored.add_events(store, SITE, [DatedEvent(at_ns=number, event=event)])
    runs = stored.runs_of(store, SITE)
    assert len(runs) == stored.RUNS_KEPT
    assert runs[0][0].event.run == f"r{stored.RUNS_KEPT + 4}"
    many = [
        DatedEvent(
            at_ns=10**6 + at,
            event=CommissioningEvent(run="much", event=EventCode.FAILED, link="a", text=str(at)),
        )
        for at in range(stored.EVENTS_KEPT + 9)
    ]
    assert len(stored.add_events(store, SITE, many)) == stored.EVENTS_KEPT
    store.dispose()


def test_a_site_without_a_run_is_not_commissioned() -> None:
    assert commissioning_fact(None, "vi") == "Chưa nghiệm thu lắp đặt"
