"""The reference page of the format is what the code does."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import msgspec
import pytest

from tests.schema.batch.layout_builder import LayoutBuilder
from tests.schema.batch.reference import PAGE, blocks, names, page
from tests.schema.batch.strategies import travelled
from tests.schema.batch.vectors import example
from tests.servers import need
from thongsuot_schema.batch import limits, push
from thongsuot_schema.batch.decode import decode_batch
from thongsuot_schema.batch.json import decode_json
from thongsuot_schema.batch.model import Batch
from thongsuot_schema.batch.wire import BatchWire, ChangeWire, EvidenceWire, NoticeWire
from thongsuot_schema.errors import BatchError

TEXT = PAGE.read_text("utf-8")


def test_the_worked_example_is_as_the_code_is_today() -> None:
    assert names(TEXT) == set(blocks())
    assert page(TEXT) == TEXT, "stale; run `python -m tests.schema.batch.reference`"


def test_the_body_on_the_page_means_the_example() -> None:
    index = LayoutBuilder().index_for(example().results)
    body = bytes.fromhex(blocks()["body"])
    assert decode_batch(body, {index.layout_id: index.layout}.get) == travelled(example())
    assert decode_json(blocks()["json"].encode()) == travelled(example())


def test_the_fields_on_the_page_are_those_of_the_arrays() -> None:
    (table,) = re.findall(r"## A batch\n\n(.*?)\n\n", TEXT, re.DOTALL)
    listed = re.findall(r"^\| (\w+) \|", table, re.MULTILINE)[1:]
    renamed = [name.replace("boot_id", "boot") for name in BatchWire.__struct_fields__]
    assert listed == renamed
    for wire in (ChangeWire, EvidenceWire, NoticeWire):
        fields = [re.sub(r"_ms$", "", name) for name in wire.__struct_fields__]
        assert f"`[{', '.join(fields)}]`" in TEXT


@pytest.mark.parametrize(
    "figure",
    [
        f"{limits.DEFAULT_LIMITS.body_bytes // 1024} KiB",
        f"{limits.DEFAULT_LIMITS.unpacked_bytes // 1024 // 1024} MiB",
        f"| {limits.DEFAULT_LIMITS.series:,} |",
        f"| {limits.DEFAULT_LIMITS.results:,} |",
        f"| {limits.DEFAULT_LIMITS.values:,} |",
        f"| {limits.DEFAULT_LIMITS.changes:,} each |",
        f"| {limits.NAME_CHARACTERS} characters |",
        f"| {limits.TEXT_CHARACTERS} characters |",
        f"| {limits.EVIDENCE_ENTRIES}; {8 * limits.EVIDENCE_ENTRIES} |",
        f"at most {limits.COLUMNS}, all of different names",
        "2⁶² − 1",
        "2⁴⁰ ms",
    ],
)
def test_the_limits_on_the_page_are_those_of_the_code(figure: str) -> None:
    assert figure in TEXT
    assert limits.LARGEST_STEP == 2**62 - 1
    assert limits.LATEST_MS == 2**40


def test_the_headers_and_paths_on_the_page_are_those_of_the_code() -> None:
    for word in (
        push.PATH_BATCHES,
        push.PATH_LAYOUTS,
        push.HEADER_BOOT,
        push.HEADER_BOOTTIME,
        push.HEADER_WALL,
        push.HEADER_SITE_CONFIG,
        push.CONTENT_TYPE_BATCH,
        push.CONTENT_TYPE_LAYOUT,
        push.CONTENT_TYPE_JSON,
        *push.PushResponse.__struct_fields__,
    ):
        assert f"`{word}`" in TEXT or f"POST {word}`" in TEXT


@dataclass
class _ReceivedPushes:
    """What a small collector was sent."""

    batches: list[Batch] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def collector() -> Iterator[tuple[str, _ReceivedPushes]]:
    taken = _ReceivedPushes()

    class PushHttpHandler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                batch = decode_json(body)
                status, answer = 200, push.PushResponse(acknowledged=batch.number)
                taken.batches.append(batch)
            except BatchError as error:
                status, answer = 400, push.PushResponse(error=str(error))
            taken.headers.append({"path": self.path, **self.headers})
            self.send_response(status)
            self.end_headers()
            self.wfile.write(msgspec.json.encode(answer))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - theirs
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), PushHttpHandler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_push_by_hand_works_as_it_stands(collector: tuple[str, _ReceivedPushes]) -> None:
    need("curl")
    address, taken = collector
    (script,) = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    run = subprocess.run(
        ["sh", "-eu", "-c", script],
        env={**os.environ, "COLLECTOR": address, "SITE": "ba-dinh-1", "TOKEN": "a-token"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout)["acknowledged"] == 1
    (batch,) = taken.batches
    assert batch.site == "ba-dinh-1"
    assert batch.results[0].finding.values["icmp_rtt_seconds"] == 0.000612
    (headers,) = taken.headers
    assert headers["path"] == push.PATH_BATCHES
    assert headers["Authorization"] == "Bearer a-token"
    assert headers[push.HEADER_BOOTTIME] == str(batch.clock.boottime_ns)
    assert headers[push.HEADER_BOOT] == batch.boot_id
