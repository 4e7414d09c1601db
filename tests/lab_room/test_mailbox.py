"""The mail server of the city in a lab takes what the collector's own channel sends."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port
from thongsuot_collector.incidents.party import CITY
from thongsuot_collector.notify.channels.email import EmailChannel, Settings
from thongsuot_collector.notify.message import (
    ChannelOutcome,
    ChannelResult,
    PartyContact,
    PlainNotice,
)
from thongsuot_lab.mailbox import Mailbox, start_server

SUBJECT = "Cửu Long đề xuất lịch bảo trì – xã Ba Vì"
TEXT = "Thay bộ chia quang\n\nhttp://127.0.0.1:1/desk/cuu-long/work/x\n"
PEOPLE = ("ky-thuat@thanh-pho.example", "truc@thanh-pho.example")


@pytest.fixture
def smtp_port() -> int:
    return free_port()


async def send(port: int) -> ChannelResult:
    """Send a notice to both people, as the collector does."""
    settings = Settings(
        kind="email",
        name="mail",
        host="127.0.0.1",
        port=port,
        security="none",
        sender="a@b.example",
    )
    channel = EmailChannel(settings)
    notice = PlainNotice(
        key="k",
        thread_id="t",
        audience=CITY,
        contact=PartyContact(title="Thành phố", emails=PEOPLE),
        title=SUBJECT,
        body=TEXT,
        at_ns=time.time_ns(),
    )
    return await channel.send(notice)


async def test_messages_of_the_channel_are_kept_as_people_read_them(
    tmp_path: Path, smtp_port: int
) -> None:
    mailbox = Mailbox(tmp_path / "mails.jsonl")
    assert list(mailbox.mails()) == []
    server = start_server(mailbox, smtp_port)
    try:
        result = await send(smtp_port)
    finally:
        server.stop()
    assert result.outcome is ChannelOutcome.DELIVERED, result
    mails = list(mailbox.mails())
    assert [mail.receiver for mail in mails] == list(PEOPLE)
    assert {(mail.subject, mail.text.strip()) for mail in mails} == {(SUBJECT, TEXT.strip())}
    assert all(abs(mail.arrived_s - time.time()) < 60 for mail in mails)


def test_the_inbox_shows_the_mails_of_the_city_on_a_page_of_their_own(
    tmp_path: Path, smtp_port: int
) -> None:
    (tmp_path / "secret").write_text("sesame\n", encoding="ascii")
    command = [sys.executable, "-m", "thongsuot_lab.inbox", "--keep", str(tmp_path / "letters")]
    command += ["--secret-file", str(tmp_path / "secret"), "--smtp-port", str(smtp_port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as inbox:
        assert inbox.stdout is not None
        url = f"http://127.0.0.1:{inbox.stdout.readline().removeprefix('port ').strip()}"
        try:
            with httpx.Client(timeout=60, trust_env=False) as client:
                assert "Chưa có thư nào" in client.get(f"{url}/city").text
                assert asyncio.run(send(smtp_port)).outcome is ChannelOutcome.DELIVERED
                shown = client.get(f"{url}/city").text
                others = client.get(url).text
        finally:
            inbox.terminate()
    assert SUBJECT in shown
    assert PEOPLE[0] in shown
    assert 'href="http://127.0.0.1:1/desk/cuu-long/work/x"' in shown
    assert SUBJECT not in others, "it is the city's alone"
