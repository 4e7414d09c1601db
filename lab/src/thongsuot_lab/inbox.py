"""
Inbox: receives the messages for the lab's people, as a process: ``python -m thongsuot_lab.inbox``.

Accepts signed webhooks as ``docs/reference/webhook.md`` requires of a receiver, and appends each
new one to a file, one JSON object per line, with its time of arrival. Its first line of output is
``port N``. A browser can see the messages at ``/``, the alerts of an Alertmanager at ``/alerts``,
the tickets of carriers at ``/tickets``, and at ``/city`` the city's mails, which arrive by SMTP.
"""

import argparse
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

import msgspec

from thongsuot_collector.notify.channels.webhook.channel import DELIVERY_HEADER, WebhookBody
from thongsuot_collector.notify.channels.webhook.signature import HEADER, verify_signature
from thongsuot_lab import receiver_pages
from thongsuot_lab.mailbox import Mailbox, start_server
from thongsuot_lab.receiver_pages import Json

_BODY_BYTES = 4 << 20
_ASK_S = 5.0
_VIETNAM_S = 7 * 3600


class InboxMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message: its time of arrival (Unix seconds) and its content."""

    arrived_s: float
    body: WebhookBody


def read_messages(file: Path) -> Iterator[InboxMessage]:
    """Yield the messages so far, in order; one that is still being written is left out."""
    if not file.exists():
        return
    for line in file.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield msgspec.json.decode(line, type=InboxMessage)


class Inbox:
    """Appends messages to a file; a repeated delivery is not stored again."""

    def __init__(self, file: Path, secret: str) -> None:
        self.file = file
        self._secret = secret
        self._lock = Lock()
        self._known = {message.body.delivery for message in read_messages(file)}

    def accept_message(self, signature: str, delivery: str, body: bytes) -> tuple[int, str]:
        """Return the status and the text of the answer to a request."""
        now_s = time.time()
        if not verify_signature(signature, body, self._secret, now_s=now_s):
            return 401, "wrong signature, or too old"
        try:
            letter = InboxMessage(arrived_s=now_s, body=msgspec.json.decode(body, type=WebhookBody))
        except msgspec.MsgspecError as error:
            return 400, str(error)
        with self._lock:
            if delivery in self._known:
                return 200, "had it"
            with self.file.open("ab") as file:
                file.write(msgspec.json.encode(letter) + b"\n")
            self._known.add(delivery)
        return 200, "thanks"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSystems:
    """
    What the inbox shows beside its messages: an Alertmanager (empty: none), desks by carrier, and
    the mails of the city.
    """

    alertmanager: str = ""
    mailbox: Mailbox | None = None
    desks: Mapping[str, str] = field(default_factory=dict)

    def page(self, path: str, language: str) -> str | None:
        """Return one of these pages; ``None`` if there is none at this path."""
        if path == "/alerts" and self.alertmanager:
            alerts = _fetch_list(f"{self.alertmanager}/api/v2/alerts")
            return receiver_pages.alerts_page(alerts, language)
        if path == "/city" and self.mailbox is not None:
            mails = [
                receiver_pages.MailEntry(
                    arrived=_clock(mail.arrived_s),
                    receiver=mail.receiver,
                    subject=mail.subject,
                    text=mail.text,
                )
                for mail in self.mailbox.mails()
            ]
            return receiver_pages.mails_page("city", mails, language)
        if path == "/tickets" and self.desks:
            tickets = {
                carrier: _fetch_list(f"{url}/desk/tickets/5") for carrier, url in self.desks.items()
            }
            return receiver_pages.tickets_page(tickets, language)
        return None


def _fetch_list(url: str) -> list[Json] | None:
    """Return the answer of a system of the lab; ``None`` while it does not answer."""
    try:
        with urllib.request.urlopen(url, timeout=_ASK_S) as response:
            return msgspec.json.decode(response.read(), type=list[Json])
    except (urllib.error.URLError, OSError, msgspec.MsgspecError):
        return None


def main() -> None:
    """Serve until terminated."""
    parser = argparse.ArgumentParser(prog="inbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--secret-file", type=Path, required=True, metavar="FILE")
    parser.add_argument("--keep", type=Path, required=True, metavar="FILE")
    parser.add_argument("--alertmanager", default="", metavar="URL", help="shown at /alerts")
    parser.add_argument(
        "--desk",
        action="append",
        default=[],
        type=lambda word: tuple(word.split("=", 1)),
        metavar="CARRIER=URL",
        help="a carrier's desk; its tickets are shown at /tickets",
    )
    parser.add_argument(
        "--smtp-port",
        type=int,
        default=0,
        metavar="PORT",
        help="port that receives the city's mails by SMTP; 0: none",
    )
    options = parser.parse_args()
    mailbox = Mailbox(options.keep.with_name("city-mails.jsonl")) if options.smtp_port else None
    if mailbox is not None:
        start_server(mailbox, options.smtp_port)
    inbox = Inbox(options.keep, options.secret_file.read_text("utf-8").strip())
    systems = ShownSystems(
        alertmanager=options.alertmanager, mailbox=mailbox, desks=dict(options.desk)
    )
    server = ThreadingHTTPServer(("127.0.0.1", options.port), _handler(inbox, systems))
    server.daemon_threads = True
    sys.stdout.write(f"port {server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


def _mail(message: InboxMessage) -> receiver_pages.MailEntry:
    """Return a message as the page shows it."""
    body = message.body
    return receiver_pages.MailEntry(
        arrived=_clock(message.arrived_s),
        receiver=body.audience.title,
        subject=body.title,
        headlines={"vi": body.incident.title_vi, "en": body.incident.title_en},
        text=body.text,
    )


def _clock(unix_s: float) -> str:
    """Return a moment as people in Vietnam read it."""
    return time.strftime("%H:%M:%S", time.gmtime(unix_s + _VIETNAM_S))


def _handler(inbox: Inbox, systems: ShownSystems) -> type[BaseHTTPRequestHandler]:
    class InboxHandler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Accept a message."""
            length = int(self.headers.get("Content-Length") or 0)
            if length > _BODY_BYTES:
                self._answer(413, "text/plain", b"too large")
                return
            status, text = inbox.accept_message(
                self.headers.get(HEADER, ""),
                self.headers.get(DELIVERY_HEADER, ""),
                self.rfile.read(length),
            )
            self._answer(status, "text/plain", text.encode())

        def do_GET(self) -> None:
            """Show the messages as a page."""
            path, _, query = self.path.partition("?")
            language = receiver_pages.language_of(query)
            page = systems.page(path, language)
            if path == "/":
                mails = [_mail(message) for message in read_messages(inbox.file)]
                page = receiver_pages.mails_page("inbox", mails, language)
            if page is None:
                self._answer(404, "text/plain", b"there is no such page")
                return
            self._answer(200, "text/html; charset=utf-8", page.encode())

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            """Log nothing: the file has everything."""

    return InboxHandler


if __name__ == "__main__":
    main()
