"""speedtest-cli in its own process, against the pages of Speedtest Mini on loopback."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from thongsuot_agent.probes.speedtest.protocol import SpeedtestReport, SpeedtestRequest
from thongsuot_agent.worker import request_report

WORKER = "thongsuot_agent.probes.speedtest.worker"
CONFIGURATION = b"""\
<?xml version="1.0" encoding="UTF-8"?>
<settings>
<client ip="127.0.0.1" lat="21.0" lon="105.8" isp="loopback"/>
<server-config ignoreids="" threadcount="1"/>
<download testlength="10" threadsperurl="1"/>
<upload testlength="10" ratio="1" maxchunkcount="1" threads="1"/>
</settings>
"""


class MiniServer(BaseHTTPRequestHandler):
    """The pages that speedtest-cli asks for; its images are a kilobyte each."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with a page or an image."""
        path = self.path.partition("?")[0]
        if path.endswith("config.php"):
            self._answer(CONFIGURATION)
        elif path.endswith("latency.txt"):
            self._answer(b"test=test\n")
        elif path.endswith(".jpg"):
            self._answer(bytes(1000))
        else:
            self._answer(b'upload_extension: "php"')

    def do_POST(self) -> None:
        """Take an upload."""
        size_bytes = len(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(f"size={size_bytes}".encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Write nothing to standard error."""

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def url() -> Iterator[str]:
    """Yield the address of a server of our own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), MiniServer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


async def report_of(url: str) -> SpeedtestReport:
    request = SpeedtestRequest(
        interface="lo", url=url, host="127.0.0.1", timeout_s=30.0, max_bytes=10**15
    )
    return await request_report(WORKER, request, SpeedtestReport, 120.0)


async def test_both_directions_are_measured_against_a_server_of_our_own(url: str) -> None:
    report = await report_of(url)
    assert (report.problem, report.capped) == ("", False)
    assert report.down_bits_per_second is not None
    assert report.up_bits_per_second is not None
    assert report.latency_s is not None
    assert report.received_bytes >= 10 * 1000
    assert report.sent_bytes > 0


async def test_a_server_that_is_not_there_is_a_problem_in_its_words() -> None:
    report = await report_of("http://127.0.0.1:1")
    assert report.problem.startswith("ConfigRetrievalError: ")
    assert report.down_bits_per_second is None
