"""
A carrier's ticket system and a mail server whose answers make no sense, over real HTTP and SMTP:
notifying goes on.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from tests.collector.notify.incident_events import (
    city_inventory,
    configured_service,
    cut_fibre,
    steady_city,
)
from tests.collector.running import WITHIN_S, eventually
from thongsuot_collector.notify.channels import email
from thongsuot_collector.notify.channels.tmf621.channel import Settings
from thongsuot_collector.notify.dispatch import polling
from thongsuot_collector.notify.loader import load
from thongsuot_collector.notify.settings import NotifySettings

DEEP = b"[" * 5_000 + b"]" * 5_000
NONSENSE = (
    (b"200 OK", b"", b'{"id": "TT/1", "status": "\xff"}'),
    (b"200 OK", b"", b'{"id": "TT/1", "status": "held", "more": ' + DEEP + b"}"),
    (b"200 OK", b"", b'{"id": "TT\\n1", "status": "held"}'),
    (b"200 OK", b"", b'{"id": "' + b"x" * 300 + b'", "status": "held"}'),
    (b"301 Moved", b"Location: mailto:ai@example\r\n", b""),
    (b"429 Busy", b"Retry-After: Jan 999999999999999999 00:00 1-Jan-70\r\n", b""),
)


class HostileDesk:
    """Takes a ticket, and answers each question about it with the next nonsense, then at length."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[bytes] = []
        self._nonsense = iter(NONSENSE)
        note: Mapping[str, str] = {
            "author": "x",
            "text": "Đứt\r\n\x1b]0;cáp\u202e " + "x" * 3_000_000,
        }
        self.last = {"id": "TT/1", "status": "inProgress\n", "note": [note]}

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["HostileDesk"]:
        server = await asyncio.start_server(self._visit, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.asked.append(head.partition(b" HTTP/")[0])
            status, header, body = self._answer(head)
            length = f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            writer.write(b"HTTP/1.1 " + status + b"\r\n" + header + length + body)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client has left
        finally:
            writer.close()

    def _answer(self, head: bytes) -> tuple[bytes, bytes, bytes]:
        if head.startswith(b"POST"):
            return b"201 Created", b"", b'{"id": "TT/1", "status": "acknowledged"}'
        if b"?" in head.partition(b"\r\n")[0]:
            return b"200 OK", b"", b"[]"
        return next(self._nonsense, (b"200 OK", b"", msgspec.json.encode(self.last)))


async def test_no_answer_of_a_carriers_system_stops_notifying(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "_CALLS_APART_S", 0.0)
    city = steady_city(city_inventory())
    async with HostileDesk().listening() as desk:
        url = f"http://127.0.0.1:{desk.port}"
        every = {"kind": "tmf621", "name": "main", "url": url, "poll_s": 0.05}
        channel = msgspec.convert({**every, "timeout_s": WITHIN_S}, Settings)
        settings = NotifySettings(channels=("main",), retry_s=0.02)
        async with configured_service(
            city, tmp_path, [(load("tmf621"), channel)], settings
        ) as service:
            event = cut_fibre(city)
            service.enqueue((event,))
            incidents = city.registry.incidents

            def lines() -> list[str]:
                """Return what the desk's words became in the incident."""
                history = incidents[event.incident.id].history
                return [entry.about for entry in history if entry.event == "ticket inProgress"]

            await eventually(lines)
    assert desk.asked[-1] == b"GET /tmf-api/troubleTicket/v5/troubleTicket/TT%2F1"
    (line,) = lines()
    assert line.startswith("TT/1: Đứt ]0;cáp xxx")
    assert len(line) < 1_010


MAIL_ANSWERS = (
    b"550 B\xe2nh kh\xf4ng nh\xe2n \x00\x1b]0;x\x07\xff\xfe\r\n",
    b"250 \xff\xfe\r\n",
    b"-50 \xff\r\n",
    b"\xff\xfe\r\n",
    b"250-" + b"x" * 9_000 + b"\r\n",
    b"".join(b"250-\xff%d\r\n" % number for number in range(5_000)),
    b"450 \xed\xa0\x80\r\n",
)


class HostileMailServer:
    """Answers each recipient with the next nonsense, and then takes what comes."""

    def __init__(self) -> None:
        self.port = 0
        self.answered: list[bytes] = []
        self.mails = 0
        self._nonsense = iter(MAIL_ANSWERS)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["HostileMailServer"]:
        server = await asyncio.start_server(self._visit, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"220 \xff\x1b[2J\r\n")
            while line := await reader.readline():
                writer.write(self._answer(line))
                await writer.drain()
        except OSError:
            pass  # the client has left
        finally:
            writer.close()

    def _answer(self, line: bytes) -> bytes:
        command = line[:4].upper()
        if command == b"RCPT":
            answer = next(self._nonsense, b"250 well\r\n")
            self.answered.append(answer)
            return answer
        if command == b"DATA":
            self.mails += 1
            return b"354 go on\r\n"
        if line == b".\r\n":
            return b"250 kept\r\n"
        known = command in {b"EHLO", b"HELO", b"MAIL", b"RSET", b"QUIT"}
        return b"250 \xe2\r\n" if known else b""


async def test_no_answer_of_a_mail_server_stops_notifying(tmp_path: Path) -> None:
    city = steady_city(city_inventory(carrier_channels=("post",)))
    async with HostileMailServer().listening() as server:
        channel = email.Settings(
            kind="email",
            name="post",
            host="127.0.0.1",
            port=server.port,
            security="none",
            sender="ts@hanoi.example",
            timeout_s=WITHIN_S,
        )
        settings = NotifySettings(channels=("post",), retry_s=0.02)
        async with configured_service(
            city, tmp_path, [(load("email"), channel)], settings
        ) as service:
            for site in ("s0", "s1", "s2"):
                service.enqueue((cut_fibre(city, site),))
            await eventually(lambda: len(server.answered) > len(MAIL_ANSWERS))
            await eventually(lambda: server.mails >= 2)
