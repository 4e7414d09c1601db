"""A small server of rendered pages, with the headers that a real one must send."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from thongsuot_schema.page.render import site_page
from thongsuot_schema.page.script import CONTENT_SECURITY_POLICY
from thongsuot_schema.view import SiteView
from thongsuot_schema.words.language import Language

Answer = Callable[[Language], str]


class PageServer:
    """
    Serves, on loopback, whatever page it was last told to show.

    ``refresh_s`` is what pages are rendered with; ``failing`` makes it answer 503. ``asked`` counts
    the pages it sent.
    """

    def __init__(self) -> None:
        self.view: SiteView | None = None
        self.refresh_s = 3_600
        self.failing = False
        self.asked = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def show(self, view: SiteView) -> str:
        """Serve a view from now on; return the address of its page."""
        self.view = view
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def body(self, language: Language) -> bytes:
        """Return the page as it is sent."""
        assert self.view is not None
        self.asked += 1
        return site_page(self.view, language=language, refresh_s=self.refresh_s).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        pages = self

        class PageHandler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                language: Language = "en" if query.get("lang") == ["en"] else "vi"
                body = b"" if pages.failing else pages.body(language)
                self.send_response(503 if pages.failing else 200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing: the tests say what matters."""

        return PageHandler
