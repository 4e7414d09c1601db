"""Web interfaces of routers on the loopback: pages by method and path, and what was asked."""

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

Answer = tuple[int, str]
Page = Callable[["PageRequest"], Answer]


class PageRequest:
    """One request."""

    def __init__(self, path: str, headers: Mapping[str, str], body: str) -> None:
        self.path = path
        self.headers = headers
        self.body = body


class ModemPages:
    """A server of such pages; ``routes`` by ``GET /path`` without its query."""

    def __init__(self, routes: Mapping[str, Page]) -> None:
        asked: list[PageRequest] = []

        class ModemPageHandler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                page_request = PageRequest(
                    self.path, dict(self.headers), self.rfile.read(length).decode()
                )
                asked.append(page_request)
                page = routes.get(f"{self.command} {self.path.partition('?')[0]}")
                status, text = (404, "") if page is None else page(page_request)
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer  # noqa: N815 - names of the standard library

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
                del format, args

        self.asked = asked
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), ModemPageHandler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
