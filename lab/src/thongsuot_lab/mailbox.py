"""
Mailbox: the mails of the city in a lab, as its mail server takes them.

They come by SMTP, as the collector sends them to people, and are kept in a file, one JSON object a
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
"""The machine may be busy with the rest of the lab."""


class StoredMail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail: when it arrived (Unix seconds), for whom, and what it says."""

    arrived_s: float
    receiver: str
    subject: str
    text: str


class Mailbox:
    """Keeps each mail that the server takes in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def handle_DATA(  # noqa: N802 - its name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a mail; an answer of 250 promises that it is kept."""
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
        """Yield what has arrived so far, in order; what is being written just now is left out."""
        if not self._file.exists():
            return
        for line in self._file.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                yield msgspec.json.decode(line, type=StoredMail)


def start_server(mailbox: Mailbox, port: int) -> Controller:
    """Take mails at a port of the loopback from now on; stop it when no more are wanted."""
    server = Controller(mailbox, hostname="127.0.0.1", port=port, ready_timeout=_READY_S)
    server.start()
    return server
