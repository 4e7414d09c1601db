"""
A receiver over HTTP whose behaviour a test decides; what it takes is up to whoever uses it.

Behaviours: ``well``, a status, ``hang`` (takes it and never answers), ``drop`` (takes nothing and
closes), ``echo`` (refuses, and shows all it was sent).
"""

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from tests.collector.notify.receiver_process import WELL, ReceiverFolder, announce

HANG_S = 120.0

HandleBody = Callable[["ReceiverHandler", bytes], tuple[int, str]]


class ReceiverHandler(BaseHTTPRequestHandler):
    """One request."""

    folder: ClassVar[ReceiverFolder]
    take: ClassVar[HandleBody]

    def do_POST(self) -> None:
        """Answer as the test wants it."""
        how = self.folder.how
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if how == "drop":
            self.close_connection = True
            self.connection.close()
            return
        status, text = self._said(how, body)
        if how == "hang":
            time.sleep(HANG_S)
        answer = text.encode()
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "7")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_GET(self) -> None:
        """Answer as to a body of nothing."""
        self.do_POST()

    def _said(self, how: str, body: bytes) -> tuple[int, str]:
        if how in {WELL, "hang"}:
            return type(self).take(self, body)
        if how == "echo":
            return 400, f"{self.path}\n{self.headers}\n{body.decode()}"
        return int(how), "so it is"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Say nothing."""


def serve(folder: ReceiverFolder, port: int, take: HandleBody, *, host: str = "127.0.0.1") -> None:
    """Serve forever."""
    ReceiverHandler.folder, ReceiverHandler.take = folder, staticmethod(take)
    server = ThreadingHTTPServer((host, port), ReceiverHandler)
    server.daemon_threads = True
    announce(server.server_address[1])
    server.serve_forever()
