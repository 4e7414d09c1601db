"""Answers to ``requests`` from a real server: read as they are, up to a limit, and not followed."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from thongsuot_collector.notify.http import requests_transport
from thongsuot_collector.notify.http.requests_transport import ANSWER_BYTES, BoundedAdapter

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def served(answer: Answer) -> Iterator[tuple[requests.Session, str, list[str]]]:
    """Run a server; give a session with the adapter, the URL, and the paths that were asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            with suppress(ConnectionError):  # the client has left
                answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, requests.Session() as session:
        session.trust_env = False
        session.mount("http://", BoundedAdapter())
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield session, f"http://127.0.0.1:{server.server_address[1]}/", asked
        finally:
            server.shutdown()
            thread.join()


def sends(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def sends_for_ever(part: bytes, pause_s: float) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(part)
            time.sleep(pause_s)

    return answer


def sends_chunks(handler: BaseHTTPRequestHandler) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(b'5\r\n{"ok"\r\n7\r\n: true}\r\n0\r\n\r\n')


def test_an_answer_is_what_it_was() -> None:
    with served(sends(b'{"ok": true}', Content_Type="application/json")) as (session, url, _):
        response = session.get(url, timeout=60)
        assert (response.status_code, response.json()) == (200, {"ok": True})
        # Libraries look there, too.
        assert response.raw.headers["Content-Type"] == "application/json"
    with served(sends_chunks) as (session, url, _):
        assert session.get(url, timeout=60).json() == {"ok": True}
    with served(sends(b"", 204)) as (session, url, _):
        assert session.get(url, timeout=60).content == b""


def test_a_compressed_answer_is_not_decompressed() -> None:
    packed = gzip.compress(bytes(64 << 20))
    with served(sends(packed, Content_Encoding="gzip")) as (session, url, _):
        assert session.get(url, timeout=60).content == packed


@pytest.mark.parametrize(
    ("part", "pause_s", "within_s", "says"),
    [(bytes(1 << 20), 0.0, 60.0, str(ANSWER_BYTES)), (b"x", 0.02, 0.1, r"more than 0\.1 s")],
)
def test_an_answer_without_end_is_not_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch, part: bytes, pause_s: float, within_s: float, says: str
) -> None:
    monkeypatch.setattr(requests_transport, "ANSWER_WITHIN_S", within_s)
    with (
        served(sends_for_ever(part, pause_s)) as (session, url, _),
        pytest.raises(requests.ConnectionError, match=says),
    ):
        session.get(url, timeout=60)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with served(sends(b"", status, Location="/internal")) as (session, url, asked):
        assert session.get(url, timeout=60).status_code == status
    assert asked == ["/"]


def test_a_server_that_breaks_off_is_a_lost_connection() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")

    with served(answer) as (session, url, _), pytest.raises(requests.ConnectionError):
        session.get(url, timeout=60)
