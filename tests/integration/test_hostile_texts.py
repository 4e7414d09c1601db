"""
Texts of a device, of a carrier with the link of its desk and of a mail server, made to leave their
place; everything that shows them to others is read again by the parser of its format.
"""

import csv
import io
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from tests.collector.app.stage import CONFIG, NotifyingStack
from tests.collector.batches import BatchSealer, S, change
from tests.collector.notify.incident_events import secret_file
from tests.collector.notify.receiver_process import ReceiverProcess
from tests.collector.running import Pusher, collector, eventually, token
from tests.collector.web.desk.desk_stack import INVENTORY, DeskStack, work_form
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence

USER, PASSWORD = "thongsuot", "mật khẩu của máy chủ thư"
FORGED = "FORGED: Thanh pho xac nhan"
TEXTS = (
    f"Bình\r\nBcc: x@evil.example\r\n\r\n{FORGED}",
    f"Bình\u2028{FORGED}",
    f"Bình\x85END:VEVENT\x85{FORGED}",
    "Bình\x0bATTACH:https://evil.example/\x0c\x1e",
    "\u202eBình\u2066\u200b\ufeff",
    "Bình\x1b]0;x\x07\x1b[2J\x00",
    "<script>alert(1)</script>]]>&lt;",
    '=HYPERLINK("https://evil.example")',
    "Bình;=1+1;\t@SUM(A1)\n-1+1",
    "\uff1d1+1",
    "{person} {0} %s%n $(x) `x` {{ 1 }}",
    "x" * 900,
)
FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")


@pytest.mark.parametrize("field", ["kind", "target", "metric", "link"])
async def test_no_evidence_of_a_device_begins_a_line_of_a_message(
    tmp_path: Path, field: str
) -> None:
    now = 5_000 * S
    async with collector(tmp_path) as client:
        sealer = BatchSealer("hostile", epoch_ns=time.time_ns() - now)
        pusher = Pusher(client, sealer, token(tmp_path, "hostile"))
        for text in TEXTS[:6]:
            cut = change(now - S, State.DOWN)
            item = msgspec.structs.replace(Evidence(kind="icmp"), **{field: text})
            verdict = msgspec.structs.replace(cut.verdict, evidence=(item,))
            cut = msgspec.structs.replace(cut, verdict=verdict)
            refused = await pusher.batch(sealer.batch(now, changes=[cut]))
            assert refused.status_code == 400, text
            assert "cannot be printed" in refused.json()["error"]


class OfficeStack(DeskStack):
    """The city's office reads mails; the carrier's own receiver takes webhooks."""

    def __init__(self, stack: NotifyingStack, mail: ReceiverProcess) -> None:
        super().__init__(stack)
        self.mail = mail


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[OfficeStack]:
    mail = ReceiverProcess(
        "tests.collector.notify.mail_server", folder / "mail", USER, PASSWORD, "none"
    ).start()
    secret_file(folder, "mail-password", PASSWORD)
    channel = (
        f'[[channels]]\nkind = "email"\nname = "post"\nhost = "127.0.0.1"\nport = {mail.port}\n'
        f'security = "none"\nsender = "ts@hanoi.example"\nusername = "{USER}"\n'
        'password_file = "mail-password"\ntimeout_s = 60.0\n'
    )
    config = CONFIG.replace("[notify]\n", '[notify]\ncity = "so"\n') + channel
    contact = (
        'channels = ["post"]\n[[owners.contacts]]\nname = "Lan"\nemail = "lan@hanoi.example"\n'
    )
    inventory = INVENTORY.replace('Công nghệ"\n', f'Công nghệ"\n{contact}', 1)
    stack = NotifyingStack(folder, inventory=inventory, config=config)
    try:
        await stack.collector.start()
        yield OfficeStack(stack, mail)
    finally:
        await stack.close()
        mail.stop()


def work_of(number: int, text: str) -> dict[str, str]:
    """Return a proposal of its own: its name is of its scope and its end."""
    end = datetime.fromisoformat(work_form()["end"]) + timedelta(minutes=number)
    return {"end": end.strftime("%Y-%m-%dT%H:%M"), "text": text, "name": text}


def notices(mail: ReceiverProcess) -> list[dict[str, str]]:
    """Return the mails about proposed work: those that are about no incident."""
    return [sent for sent in mail.folder.received() if sent["kind"] == "None"]


def is_plain(text: str) -> bool:
    """Return whether every program sees the same printable lines in a text."""
    lines = text.replace("\r\n", "\n").strip("\n").split("\n")
    return all(line.isprintable() for line in lines) and lines == text.strip("\r\n").splitlines()


async def test_what_a_carrier_writes_stays_in_its_place_for_everybody_who_reads_it(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as desk:
        await desk.cut()
        query = await desk.desk_key("vnpt")
        names: list[str] = []
        for number, text in enumerate(TEXTS):
            names = await desk.propose_work(query, **work_of(number, text))
        assert len(names) == len(TEXTS)
        await eventually(lambda: len(notices(desk.mail)) >= len(TEXTS))
        lan = await desk.person("lan", "Trần Thị Lan", "city-engineer")
        for name in names:
            form = {"side": "confirm", "reason": TEXTS[0]}
            await desk.ask("POST", f"/desk/vnpt/work/{name}", auth=lan, form=form)
        incident = desk.stack.notifications()[0].incident.incident
        refusal = {"name": TEXTS[0], "text": TEXTS[1]}
        answered = await desk.ask(
            "POST", f"/desk/vnpt/incidents/{incident}/refused?{query}", form=refusal
        )
        assert answered.status_code == 303
        mails = desk.mail.folder.received
        await eventually(
            lambda: any("Bình" in mail["text"] for mail in mails() if incident in mail["text"])
        )
        check_mails(mails())
        check_calendar((await desk.stack.get("/feeds/maintenance.ics")).content)
        ET.fromstring((await desk.stack.get("/feeds/incidents.atom")).content)
        for name in ("maintenance", "incidents", "audit", "deliveries"):
            table = await desk.ask("GET", f"/api/v1/{name}.csv", auth=lan)
            assert table.status_code == 200
            check_table(table.content.decode("utf-8-sig"))
            listed = await desk.ask("GET", f"/api/v1/{name}", auth=lan)
            msgspec.json.decode(listed.content)
        for path in ("/desk", "/incidents", f"/incidents/{incident}", f"/desk/vnpt?{query}"):
            page = (await desk.ask("GET", path, auth=None if "?" in path else lan)).text
            assert "<script>alert" not in page, path
            assert is_plain(page), path
        check_log(desk.stack.collector.log())


def check_mails(mails: list[dict[str, str]]) -> None:
    """Words of others begin no line of a mail."""
    for mail in mails:
        assert mail["to"] == "lan@hanoi.example"
        assert mail["subject"].isprintable(), mail["subject"]
        assert is_plain(mail["text"]), mail["text"]
        assert not re.search(f"^{FORGED}", mail["text"], re.MULTILINE), mail["text"]


def check_calendar(content: bytes) -> None:
    """A calendar is read as the same lines by programs that know more line ends than it has."""
    unfolded = content.decode().replace("\r\n ", "")
    lines = unfolded.split("\r\n")[:-1]
    assert unfolded.splitlines() == lines
    assert all(line.isprintable() for line in lines)
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == len(TEXTS)
    known = {"BEGIN", "END", "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "LOCATION"}
    head = {"VERSION", "PRODID", "X-WR-CALNAME"}
    assert {re.split("[:;]", line)[0] for line in lines} <= known | head


def check_table(table: str) -> None:
    """No cell is a formula, for whichever separator a spreadsheet takes."""
    for separator in (",", ";", "\t"):
        for row in csv.reader(io.StringIO(table, newline=""), delimiter=separator):
            assert not any(FORMULA.match(cell) for cell in row), (separator, row)


def check_log(log: str) -> None:
    """Each line of a log is one that the collector began."""
    assert FORGED not in {line.strip() for line in log.splitlines()}
    assert all(line.isprintable() for line in log.split("\n")), log
