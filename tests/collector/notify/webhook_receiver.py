"""
A receiver of webhooks: takes only what is signed and new, as ``docs/reference/webhook.md`` says.

Arguments: a folder (see ``peer``), the secret, a port. Behaviours: ``well``, a status, ``hang``
(takes it and never answers), ``echo`` (refuses, and shows all it was sent), ``drop`` (closes).
"""

import hashlib
import hmac
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.collector.notify.peer import WELL, Folder, announce

HANG_S = 30.0
TOLERANCE_S = 300


class Handler(BaseHTTPRequestHandler):
    """One request."""

    folder: Folder
    secret: str
    taken: set[str]

    def do_POST(self) -> None:
        how = self.folder.how
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if how == WELL or how == "hang":
            status, said = self._take(body)
        elif how == "echo":
            status, said = 400, f"{self.path}\n{self.headers}\n{body.decode()}"
        elif how == "drop":
            self.close_connection = True
            self.connection.close()
            return
        else:
            status, said = int(how), "so it is"
        if how == "hang":
            time.sleep(HANG_S)
        answer = said.encode()
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "7")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _take(self, body: bytes) -> tuple[int, str]:
        fields = dict(part.split("=", 1) for part in self.headers["Thongsuot-Signature"].split(","))
        signed = fields["t"].encode() + b"." + body
        wanted = hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()
        is_fresh = abs(time.time() - int(fields["t"])) <= TOLERANCE_S
        if not (is_fresh and hmac.compare_digest(wanted, fields["v1"])):
            return 401, "not signed by you, or too old"
        key = self.headers["Thongsuot-Delivery"]
        if key in self.taken:
            return 200, "had it"
        self.taken.add(key)
        self.folder.note({"key": key, "path": self.path, "body": body.decode()})
        return 200, "thanks"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Say nothing."""


def main() -> None:
    folder, secret, port = sys.argv[1:]
    Handler.folder, Handler.secret = Folder(Path(folder)), secret
    Handler.taken = {one["key"] for one in Handler.folder.received()}
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    server.daemon_threads = True
    announce(server.server_address[1])
    server.serve_forever()


if __name__ == "__main__":
    main()
