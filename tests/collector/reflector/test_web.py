"""The throughput reflector as a running server, asked by httpx; speedtest-cli's pages among it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.collector.running import WITHIN_S
from tests.plain_http import NO_AUTHORITIES
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.reflector.model import ReflectorSettings
from thongsuot_collector.reflector.service import reflect
from thongsuot_schema.throughput import (
    LARGEST_BYTES,
    PATH_DOWN,
    PATH_NOTHING,
    PATH_UP,
    ThroughputReport,
)

KEY = "a-key-of-the-city"


@asynccontextmanager
async def client(tmp_path: Path, **chosen: object) -> AsyncIterator[httpx.AsyncClient]:
    (tmp_path / "key").write_text(KEY)
    (tmp_path / "key").chmod(0o600)
    settings = ReflectorSettings(
        throughput_address="127.0.0.1:0",
        key_file=str(tmp_path / "key"),
        **chosen,  # type: ignore[arg-type]
    )
    listening: asyncio.Queue[str] = asyncio.Queue()
    work = asyncio.create_task(reflect(settings, Metrics(), listening.put_nowait))
    async with asyncio.timeout(WITHIN_S):
        url = await listening.get()
    async with httpx.AsyncClient(
        base_url=url, timeout=WITHIN_S, verify=NO_AUTHORITIES
    ) as http_client:
        yield http_client
    work.cancel()
    await asyncio.wait((work,))


async def test_only_the_key_or_an_allowed_address_is_served(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        assert (await asked.get(PATH_NOTHING)).status_code == 403
        wrong = {"Authorization": "Bearer another-key-altogether"}
        assert (await asked.get(PATH_NOTHING, headers=wrong)).status_code == 403
        right = {"Authorization": f"Bearer {KEY}"}
        assert (await asked.get(PATH_NOTHING, headers=right)).status_code == 200
    async with client(tmp_path, allow=("127.0.0.1",)) as asked:
        assert (await asked.get(PATH_NOTHING)).status_code == 200


async def test_the_requested_number_of_bytes_is_sent(tmp_path: Path) -> None:
    async with client(tmp_path, allow=("127.0.0.1",)) as asked:
        response = await asked.get(f"{PATH_DOWN}?bytes=1000001")
        assert len(response.content) == 1_000_001 == int(response.headers["content-length"])
        timed = await asked.get(f"{PATH_DOWN}?seconds=0.05")
        assert "content-length" not in timed.headers
        assert len(timed.content) > 0
        both = await asked.get(f"{PATH_DOWN}?seconds=20&bytes=70000")
        assert len(both.content) == 70_000
        for wrong in ("bytes=0", "seconds=-1", "bytes=much"):
            assert (await asked.get(f"{PATH_DOWN}?{wrong}")).status_code == 400


async def test_received_data_is_counted_by_the_receivers_clock(tmp_path: Path) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield bytes(50_000)
            await asyncio.sleep(0.2)  # of which a busy machine may take one or two

    async with client(tmp_path, allow=("127.0.0.1",)) as asked:
        began_s = time.monotonic()
        response = await asked.post(PATH_UP, content=slowly())
        waited_s = time.monotonic() - began_s
        receipt = msgspec.json.decode(response.content, type=ThroughputReport)
        assert receipt.received_bytes == sum(receipt.bins) == 200_000
        assert 0.1 <= receipt.took_s < waited_s
        assert len(receipt.bins) >= 2
        empty = msgspec.json.decode((await asked.post(PATH_UP)).content, type=ThroughputReport)
        assert (empty.received_bytes, empty.took_s, empty.bins) == (0, 0.0, ())


async def test_no_more_transfers_at_once_than_allowed(tmp_path: Path) -> None:
    async with client(tmp_path, allow=("127.0.0.1",), streams=1) as asked:
        async with asked.stream("GET", f"{PATH_DOWN}?bytes={LARGEST_BYTES}") as _:
            refused = await asked.get(f"{PATH_DOWN}?bytes=10")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
            assert (await asked.get(PATH_NOTHING)).status_code == 200
        async with asyncio.timeout(WITHIN_S):
            while (await asked.get(f"{PATH_DOWN}?bytes=10")).status_code != 200:
                pass  # the server hears of the end in its own time


async def test_a_speedtest_mini_client_finds_its_pages(tmp_path: Path) -> None:
    async with client(tmp_path, allow=("127.0.0.1",)) as asked:
        assert 'upload_extension: "php"' in (await asked.get("/")).text
        assert (await asked.get("/speedtest/latency.txt")).text == "test=test\n"
        assert "<server-config " in (await asked.get("/speedtest-config.php")).text
        servers = (await asked.get("/speedtest-servers-static.php")).text
        assert f'url="{asked.base_url}/speedtest/upload.php"'.replace("//s", "/s") in servers
        assert len((await asked.get("/speedtest/random350x350.jpg")).content) == 245_388
        up = await asked.post("/speedtest/upload.php", content=bytes(12_345))
        assert up.text == "size=12345"
        for strange in ("/speedtest/random351x351.jpg", "/speedtest/random350x500.jpg", "/etc"):
            assert (await asked.get(strange)).status_code == 404
        assert (await asked.post("/other", content=b"x")).status_code == 404


@pytest.mark.parametrize("path", ["/", "/speedtest/random4000x4000.jpg"])
async def test_a_stranger_gets_no_byte_of_it(tmp_path: Path, path: str) -> None:
    async with client(tmp_path) as asked:
        assert (await asked.get(path)).content == b"not for you\n"
