"""Pages go out compressed, but where their size could tell a secret."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.collector.queries.reporting_city import ReportingCity, reporting_city


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[ReportingCity]:
    async with reporting_city(tmp_path) as running:
        yield running


async def asked(city: ReportingCity, path: str, **headers: str) -> httpx.Response:
    return await city.client.get(path, headers={"Accept-Encoding": "gzip"} | headers)


@pytest.mark.parametrize("path", ["/", "/sites/s0?lang=vi", "/wall", "/links"])
async def test_a_page_is_a_fraction_of_itself_on_the_way(city: ReportingCity, path: str) -> None:
    packed = await asked(city, path)
    plain = await city.client.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in plain.headers
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 2
    assert packed.headers["Content-Security-Policy"] == plain.headers["Content-Security-Policy"]
    assert packed.text.partition("<main>")[0] == plain.text.partition("<main>")[0]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {"Cookie": "thongsuot=x"}),
        ("/", {"Authorization": "Basic eDp5"}),
        ("/incidents?key=x", {}),
        ("/", {"Accept-Encoding": "gzip;q=0, br"}),
        ("/metrics", {}),
    ],
    ids=["a session", "a password", "a key", "not wanted", "no page"],
)
async def test_answers_that_may_hold_a_secret_are_not_compressed(
    city: ReportingCity, path: str, headers: dict[str, str]
) -> None:
    answer = await asked(city, path, **headers)
    assert "Content-Encoding" not in answer.headers


async def test_a_stream_of_changes_is_not_held_back(city: ReportingCity) -> None:
    async with city.client.stream(
        "GET", "/live?of=wall", headers={"Accept-Encoding": "gzip"}
    ) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert "Content-Encoding" not in stream.headers
