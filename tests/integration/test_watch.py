"""A watcher beside a collector that is killed, stopped or not judging: people hear of it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.collector.app.process import CollectorProcess
from tests.collector.notify.incident_events import secret_file
from tests.collector.notify.receiver_process import ReceiverProcess
from tests.collector.running import WITHIN_S, collector, eventually
from tests.ports import free_port
from thongsuot_collector.app import readiness
from thongsuot_collector.cli.main import main
from thongsuot_collector.notify.channels.webhook.channel import WebhookBody

PROGRAM = Path(sys.executable).with_name("thongsuot-collector")


@pytest.fixture
def receivers(tmp_path: Path) -> Iterator[tuple[ReceiverProcess, ReceiverProcess]]:
    secret_file(tmp_path, "secret", "sesame")
    webhook = ReceiverProcess(
        "tests.collector.notify.webhook_receiver", tmp_path / "web", "sesame"
    ).start()
    mail = ReceiverProcess(
        "tests.collector.notify.mail_server", tmp_path / "mail", "watch", "sesame", "none"
    ).start()
    yield webhook, mail
    webhook.stop()
    mail.stop()


def watch_file(
    folder: Path,
    url: str,
    receivers: tuple[ReceiverProcess, ReceiverProcess],
    *,
    timeout_s: float = WITHIN_S,
) -> Path:
    webhook, mail = receivers
    file = folder / "watch.toml"
    file.write_text(
        f"""
title = "Sở TT&TT"
emails = ["truc@example.vn"]
every_s = 0.1
timeout_s = {timeout_s}
after_s = 0.5
state_file = "{folder}/watch.json"
[[collectors]]
name = "centre"
url = "{url}"
[[channels]]
kind = "webhook"
name = "desk"
language = "en"
url = "http://127.0.0.1:{webhook.port}/"
secret_file = "{folder}/secret"
timeout_s = {WITHIN_S}
[[channels]]
kind = "email"
name = "mail"
host = "127.0.0.1"
port = {mail.port}
security = "none"
username = "watch"
password_file = "{folder}/secret"
sender = "watch@example.vn"
timeout_s = {WITHIN_S}
"""
    )
    return file


@asynccontextmanager
async def watching(file: Path) -> AsyncIterator[None]:
    with (file.parent / "watch.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            PROGRAM, "watch", "--config", file, stdout=log, stderr=log
        )
        try:
            yield
        finally:
            process.terminate()
            assert await process.wait() == 0


def told(receiver: ReceiverProcess) -> list[tuple[str, str]]:
    bodies = [
        msgspec.json.decode(request["body"], type=WebhookBody)
        for request in receiver.folder.received()
    ]
    return [(body.kind.value, body.title) for body in bodies]


async def test_a_collector_that_is_killed_hangs_and_comes_back_is_reported_once_each(
    tmp_path: Path, receivers: tuple[ReceiverProcess, ReceiverProcess]
) -> None:
    webhook, mail = receivers
    port = free_port()
    state = tmp_path / "centre"
    state.mkdir()
    process = CollectorProcess(state, f'[listen]\naddress = "127.0.0.1:{port}"\n')
    await process.start()
    file = watch_file(tmp_path, process.url, receivers)
    away = ("opened", "Collector centre no longer judges faults")
    back = ("resolved", "Collector centre judges faults again")
    async with watching(file):
        await process.kill()
        await eventually(lambda: told(webhook) == [away])
        await eventually(lambda: len(mail.folder.received()) == 1)
        await process.start()
        await eventually(lambda: told(webhook) == [away, back])
    # It lives and does nothing: a machine that swaps, a loop that never comes back.
    assert process.process is not None
    os.kill(process.process.pid, signal.SIGSTOP)
    # Only now is the time limit short: one that is slow has a minute.
    file = watch_file(tmp_path, process.url, receivers, timeout_s=1.0)
    async with watching(file):
        await eventually(lambda: told(webhook) == [away, back, away])
    # A restarted watcher notifies nobody twice, and does not forget the end.
    file = watch_file(tmp_path, process.url, receivers)
    async with watching(file):
        os.kill(process.process.pid, signal.SIGCONT)
        await eventually(lambda: told(webhook) == [away, back, away, back])
    await process.end()


async def test_a_collector_that_does_not_judge_reports_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with collector(tmp_path) as client:

        async def readiness_of() -> tuple[int, str]:
            response: httpx.Response = await client.get("/readyz")
            return response.status_code, response.text

        assert await readiness_of() == (200, "ready")
        monkeypatch.setattr(readiness, "_STILL_S", -1.0)
        status, text = await readiness_of()
        assert status == 503
        assert text.startswith("nothing is judged: correlation has stood still for")
        monkeypatch.setattr(readiness, "_STILL_S", 30.0)
        monkeypatch.setattr(readiness, "_FREE_BYTES", 1 << 62)
        status, text = await readiness_of()
        assert status == 503
        assert text.startswith("the disk of the journal is full: ")


@pytest.mark.parametrize(
    "header",
    [b"Content-Type: text/plain; charset=zlib_codec", b"Content-Type: text/plain; charset=idna"],
)
async def test_people_hear_of_a_collector_whose_address_answers_nonsense_without_end(
    tmp_path: Path, receivers: tuple[ReceiverProcess, ReceiverProcess], header: bytes
) -> None:
    webhook, mail = receivers
    sent_bytes: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent_bytes.append(0)
        place = len(sent_bytes) - 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 503 Away\r\n" + header + b"\r\n\r\nsorry\r\n\x1b[2J\xff ")
            while sent_bytes[place] < 64 << 20:
                writer.write(bytes(1 << 16))
                await writer.drain()
                sent_bytes[place] += 1 << 16
        except (OSError, asyncio.IncompleteReadError):
            pass  # the watcher has left
        finally:
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with watching(watch_file(tmp_path, url, receivers)):
            await eventually(lambda: told(webhook))
            await eventually(mail.folder.received)
    (text,) = {sent["text"] for sent in mail.folder.received()}
    assert "503 sorry [2J" in text
    assert max(sent_bytes) < 32 << 20, "what the kernel takes is not read"


def test_a_mistake_in_the_watchers_file_is_named_before_it_starts(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    receivers: tuple[ReceiverProcess, ReceiverProcess],
) -> None:
    file = watch_file(tmp_path, "https://centre.example", receivers)
    assert main(["watch", "--check", "--config", str(file)]) == 0
    assert "collectors: centre; channels: desk, mail" in capsys.readouterr().out
    file.write_text(file.read_text().replace('"https://centre.example"', '"centre.example"'))
    assert main(["watch", "--check", "--config", str(file)]) == 2
    assert "no URL: 'centre.example'" in capsys.readouterr().err
    several = 'urls = ["https://c1.example", "c2.example"]'
    file.write_text(file.read_text().replace('url = "centre.example"', several))
    assert main(["watch", "--check", "--config", str(file)]) == 2
    assert "no URL: 'c2.example'" in capsys.readouterr().err
    both = 'urls = ["https://c1.example"]\nurl = "https://c2.example"'
    file.write_text(file.read_text().replace(several, both))
    assert main(["watch", "--check", "--config", str(file)]) == 2
    assert "a collector has one url, or several urls" in capsys.readouterr().err


async def test_what_a_channel_has_not_accepted_is_sent_after_a_restart_and_in_order(
    tmp_path: Path, receivers: tuple[ReceiverProcess, ReceiverProcess]
) -> None:
    webhook, _ = receivers
    state = tmp_path / "centre"
    state.mkdir()
    process = CollectorProcess(state, f'[listen]\naddress = "127.0.0.1:{free_port()}"\n')
    await process.start()
    file = watch_file(tmp_path, process.url, receivers)
    # The watcher's own line is cut: nobody takes its messages.
    port = webhook.port
    nobody = free_port()
    file.write_text(file.read_text().replace(f":{port}/", f":{nobody}/"))
    log = tmp_path / "watch.log"

    def refused(kind: str) -> bool:
        return f":{kind} by=desk" in log.read_text()

    async with watching(file):
        await process.kill()
        await eventually(lambda: refused("opened"))
    async with watching(file):
        await process.start()
        await eventually(lambda: "is back" in log.read_text())
    file.write_text(file.read_text().replace(f":{nobody}/", f":{port}/"))
    async with watching(file):
        await eventually(lambda: len(told(webhook)) >= 2)
    assert told(webhook) == [
        ("opened", "Collector centre no longer judges faults"),
        ("resolved", "Collector centre judges faults again"),
    ]
    await process.end()
