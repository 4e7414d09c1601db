"""
Inbox: where messages of the lab's people arrive, as a process: ``python -m thongsuot_lab.inbox``.

Takes signed webhooks, as ``docs/reference/webhook.md`` says a receiver does, and writes each that
is new into a file, one JSON object a line, with the moment it arrived. Its first line of output is
``port N``. Whoever asks it with GET sees what has arrived.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

import msgspec

from thongsuot_collector.notify.channels.webhook.channel import DELIVERY_HEADER, WebhookBody
from thongsuot_collector.notify.channels.webhook.signature import HEADER, verify_signature

_BODY_BYTES = 4 << 20


class InboxMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message: when it arrived (Unix seconds), and what it says."""

    arrived_s: float
    body: WebhookBody


def read_messages(file: Path) -> Iterator[InboxMessage]:
    """Yield what has arrived so far, in order; what is being written just now is left out."""
    if not file.exists():
        return
    for line in file.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield msgspec.json.decode(line, type=InboxMessage)


class Inbox:
    """Keeps what arrives in a file; a delivery that is there already is not kept again."""

    def __init__(self, file: Path, secret: str) -> None:
        self.file = file
        self._secret = secret
        self._lock = Lock()
        self._known = {message.body.delivery for message in read_messages(file)}

    def accept_message(self, signature: str, delivery: str, body: bytes) -> tuple[int, str]:
        """Return the status and the text that a request is answered with."""
        now_s = time.time()
        if not verify_signature(signature, body, self._secret, now_s=now_s):
            return 401, "not signed by you, or too old"
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


def main() -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(prog="inbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: one that is free")
    parser.add_argument("--secret-file", type=Path, required=True, metavar="FILE")
    parser.add_argument("--keep", type=Path, required=True, metavar="FILE")
    options = parser.parse_args()
    inbox = Inbox(options.keep, options.secret_file.read_text("utf-8").strip())
    server = ThreadingHTTPServer(("127.0.0.1", options.port), _handler(inbox))
    server.daemon_threads = True
    sys.stdout.write(f"port {server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


def _handler(inbox: Inbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take a message."""
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
            """Show what has arrived, as people read it."""
            shown = [
                f"{time.strftime('%H:%M:%S', time.gmtime(message.arrived_s + 7 * 3600))} "
                f"→ {message.body.audience.title}\n{message.body.title}\n\n{message.body.text}"
                for message in read_messages(inbox.file)
            ]
            text = "\n———\n".join(reversed(shown)) or "Chưa có tin nào. Nothing has arrived yet.\n"
            self._answer(200, "text/plain; charset=utf-8", text.encode())

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            """Say nothing: the file has it all."""

    return Handler


if __name__ == "__main__":
    main()
