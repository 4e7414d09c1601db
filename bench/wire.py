"""Bytes per sample on the wire: ours, and remote write 1.0 with snappy for the same samples.

    python -m bench.wire [--agents N]

First the body alone, at one, four and twenty results per series and for the push of 15 seconds of
the default profile. Then one push over an open connection: TLS records, HTTP heads and the answer
are counted as they cross a loopback socket; the sockets are real, the certificate is made for the
run. A sample is one value of one metric at one time, as a database gets it.

Goal: at most 2.0 bytes per sample in the body, at four samples per series.
"""

import argparse
import asyncio
import datetime as dt
import json
import ssl
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import cramjam
import pycurl  # type: ignore[import-untyped]
import trustme
from tests.schema.batch.realistic import RealisticDevice

from thongsuot_collector.sinks.remote_write.encode import encode_results
from thongsuot_collector.sinks.remote_write.labels import LabelCache
from thongsuot_collector.sinks.remote_write.snappy import plain_of
from thongsuot_schema.batch import push
from thongsuot_schema.batch.columns import decode_columns
from thongsuot_schema.batch.encode import encode_batch, index_layout
from thongsuot_schema.batch.layout import compile_layout, sorted_layout
from thongsuot_schema.batch.model import Batch

GOAL_BYTES = 2.0
LABELS = {"commune": "00070", "carrier": "song-hong", "medium": "fiber"}
ANSWER = json.dumps({"acknowledged": 123456, "collector_wall_ns": 1_795_540_000_000_000_000})


def bodies(device: RealisticDevice, batch: Batch) -> tuple[int, int, int]:
    """Return samples, bytes of our body, bytes of a remote-write body with the same samples."""
    index = index_layout(sorted_layout(device.series()))
    body = encode_batch(batch, index)
    compiled = compile_layout(index.layout)
    labels = LabelCache(lambda _site, _link: LABELS).for_layout(batch.site, b"", compiled)
    encoded = encode_results(decode_columns(body, lambda _id: compiled), labels, epoch_ns=0)
    assert encoded is not None
    return encoded.samples, len(body), len(bytes(cramjam.snappy.compress_raw(plain_of(encoded))))


def compare(name: str, agents: int, make: Callable[[RealisticDevice], Batch]) -> float:
    """Print one line over many agents; return our bytes per sample (median)."""
    ours, theirs, counts = [], [], []
    for seed in range(1, agents + 1):
        device = RealisticDevice(seed)
        make(device)  # counters are no longer zero in the second batch
        samples, body, remote_write = bodies(device, make(device))
        counts.append(samples)
        ours.append(body / samples)
        theirs.append(remote_write / samples)
    mine, peer = statistics.median(ours), statistics.median(theirs)
    print(
        f"{name:<24} {statistics.median(counts):7.0f} {mine:7.2f} {min(ours):5.2f}…{max(ours):.2f}"
        f" {peer:9.2f} {peer / mine:8.1f}"
    )
    return mine


class TrafficMeter:
    """Counts the bytes of a TCP connection to a server behind it, both ways."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.up = 0
        self.down = 0
        self.ended = asyncio.Event()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        there, back = await asyncio.open_connection("127.0.0.1", self._port)

        async def up() -> None:
            while data := await reader.read(65536):
                self.up += len(data)
                back.write(data)
            back.close()

        async def down() -> None:
            while data := await there.read(65536):
                self.down += len(data)
                writer.write(data)
            writer.close()

        async with asyncio.TaskGroup() as group:
            group.create_task(up())
            group.create_task(down())
        self.ended.set()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every request as the collector does."""
    while head := await reader.readline():
        length = 0
        while head not in {b"\r\n", b""}:
            if head.lower().startswith(b"content-length:"):
                length = int(head.split(b":")[1])
            head = await reader.readline()
        await reader.readexactly(length)
        writer.write(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
            f"content-length: {len(ANSWER)}\r\n\r\n{ANSWER}".encode()
        )
    writer.close()


async def on_the_wire(folder: Path) -> tuple[int, int, int, int]:
    """Return bytes of: the handshake, a push upwards, its answer, and the body alone."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", not_after=_tomorrow()).configure_cert(context)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    meter = TrafficMeter(server.sockets[0].getsockname()[1])
    front = await asyncio.start_server(meter.connected, "127.0.0.1", 0)
    device = RealisticDevice()
    index = index_layout(sorted_layout(device.series()))
    device.window(15)
    body = encode_batch(device.window(15), index)
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, f"https://localhost:{front.sockets[0].getsockname()[1]}/v1/batches")
    curl.setopt(pycurl.CAINFO, str(ca_file))
    curl.setopt(pycurl.POSTFIELDS, body)
    curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    curl.setopt(pycurl.WRITEFUNCTION, lambda _data: None)
    curl.setopt(
        pycurl.HTTPHEADER,
        [
            f"Content-Type: {push.CONTENT_TYPE_BATCH}",
            "Authorization: Bearer " + "x" * 43,
            f"{push.HEADER_BOOTTIME}: 123456789012345",
            f"{push.HEADER_WALL}: 1795540000000000000",
            "Expect:",
        ],
    )
    try:
        await asyncio.to_thread(curl.perform)
        first = meter.up + meter.down
        before_up, before_down = meter.up, meter.down
        await asyncio.to_thread(curl.perform)
    finally:
        curl.close()
        await meter.ended.wait()
        front.close()
        server.close()
    up, down = meter.up - before_up, meter.down - before_down
    return first - up - down, up, down, len(body)


def _tomorrow() -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(days=1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=40)
    agents = parser.parse_args().agents
    print(f"{'batch':<24} {'samples':>7} {'ours':>7} {'min…max':>10} {'rw+snappy':>9} {'ratio':>8}")
    compare("1 result a series", agents, lambda device: device.rows(1))
    four = compare("4 results a series", agents, lambda device: device.rows(4))
    compare("20 results a series", agents, lambda device: device.rows(20))
    compare("a push of 15 s", agents, lambda device: device.window(15))
    with tempfile.TemporaryDirectory() as folder:
        handshake, up, down, body = asyncio.run(on_the_wire(Path(folder)))
    print(f"\none push of 15 s on an open connection: body {body} bytes")
    print(f"  HTTP head and TLS on the way up: {up - body}; the answer: {down}")
    print(f"  TCP connection and TLS handshake, once: {handshake}")
    met = four <= GOAL_BYTES
    print(f"\ngoal, at most {GOAL_BYTES} bytes a sample at four: {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
