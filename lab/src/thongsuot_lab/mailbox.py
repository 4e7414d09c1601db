"""
Mailbox: receives the city's mails in a lab over SMTP.

The collector sends them as it sends mail to people. They are kept in a file, one JSON object per
line; the inbox shows them.
"""

import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Final

import msgspec
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

_READY_S: Final = 60.0
"""Generous: the machine may be busy with the rest of the lab."""


class StoredMail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail: time of arrival (Unix seconds), receiver and content."""

    arrived_s: float
    receiver: str
    subject: str
    text: str


class Mailbox:
    """Appends each accepted mail to a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def handle_DATA(  # noqa: N802 - its name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Accept a mail; an answer of 250 promises that it is stored."""
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        text = mail.get_body(("plain",))
        stored = StoredMail(
            arrived_s=time.time(),
            receiver=", ".join(envelope.rcpt_tos),
            subject=str(mail["Subject"]),
            text="" if text is None else str(text.get_content()).replace("\r\n", "\n"),
        )
        with self._file.open("ab") as file:
            file.write(msgspec.json.encode(stored) + b"\n")
        return "250 OK"

    def mails(self) -> Iterator[StoredMail]:
        """Yield the mails so far, in order; one that is still being written is left out."""
        if not self._file.exists():
            return
        for line in self._file.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                yield msgspec.json.decode(line, type=StoredMail)


def start_server(mailbox: Mailbox, port: int) -> Controller:
    """Receive mails at a port of the loopback; call ``stop`` on the returned server to end it."""
    server = Controller(mailbox, hostname="127.0.0.1", port=port, ready_timeout=_READY_S)
    server.start()
    return server
