"""Live pages: a stream says when a page has changed, to who may see it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.collector.queries.reporting_city import CONFIG, ReportingCity, reporting_city
from tests.collector.running import WITHIN_S, eventually
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.store import people
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.web.live.routes import OTHERS, SHARE, STREAMS
from thongsuot_schema.state import State


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[ReportingCity]:
    async with reporting_city(tmp_path) as made:
        yield made


class Stream:
    """A stream as a browser reads it; ``revisions`` are those that came."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def revision(self) -> str:
        """Return the next revision."""
        async with asyncio.timeout(WITHIN_S):
            async for line in self._lines:
                if line.startswith("data: "):
                    return line.removeprefix("data: ")
        raise AssertionError("the stream ended")


@pytest.mark.parametrize("topic", ["wall", "incidents", "site:s1", "desk:song-hong"])
async def test_a_page_that_changes_has_another_revision(city: ReportingCity, topic: str) -> None:
    async with city.client.stream("GET", "/live", params={"of": topic}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        stream = Stream(response)
        first = await stream.revision()
        await city.push("s1", fixed=State.DOWN)
        assert await stream.revision() != first


async def test_events_of_other_sites_do_not_renew_the_page_of_a_site(city: ReportingCity) -> None:
    async def now(topic: str) -> str:
        async with city.client.stream("GET", "/live", params={"of": topic}) as response:
            return await Stream(response).revision()

    before = await now("site:s1"), await now("wall")
    await city.cut("s0")

    async def has_changed() -> bool:
        return await now("wall") != before[1]

    await eventually(has_changed)
    assert await now("site:s1") == before[0]


async def test_a_stream_is_for_who_may_see_the_page(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("xem\n", encoding="utf-8")
    config = f'{CONFIG}password_file = "password"\n'
    async with reporting_city(tmp_path, config) as city:
        store = open_store(tmp_path / STORE_FILE)
        clerk = people.put(store, "clerk", "Cán bộ", role=PersonRole.COMMUNE, scope="00004")
        carrier = people.put(store, "noc", "Sông Hồng", role=PersonRole.CARRIER, scope="song-hong")
        store.dispose()

        async def status(topic: str, auth: tuple[str, str] | None) -> int:
            of = {"of": topic}
            # A password goes in UTF-8, as browsers send it.
            basic = None if auth is None else httpx.BasicAuth(*auth)
            async with city.client.stream("GET", "/live", params=of, auth=basic) as response:
                return response.status_code

        for topic in ("wall", "incidents", "site:s1"):
            assert await status(topic, None) == 401
            assert await status(topic, ("ai", "xem")) == 200
            assert await status(topic, ("noc", carrier)) == 404
        assert await status("desk:song-hong", ("noc", carrier)) == 200
        assert await status("desk:cuu-long", ("noc", carrier)) == 404
        for topic in ("desk:song-hong", "incident:20260101-00000000"):
            assert await status(topic, ("clerk", clerk)) == 404
        assert await status("site:s1", ("clerk", clerk)) == 200
        for topic in ("site:s0", "wall", "incidents", "", "ghost"):
            assert await status(topic, ("clerk", clerk)) == 404


async def test_a_stream_ends_whole_when_the_collector_stops(tmp_path: Path) -> None:
    async with httpx.AsyncClient(timeout=WITHIN_S, trust_env=False) as client:
        async with reporting_city(tmp_path) as city:
            url = city.client.base_url.join("/live?of=wall")
            response = await client.send(client.build_request("GET", url), stream=True)
            reading = asyncio.create_task(response.aread())
        # Cut off it would raise: a stream without its last chunk is no whole answer.
        assert (await reading).startswith(b"retry: ")


async def test_people_outside_the_city_get_no_stream_of_the_wall(tmp_path: Path) -> None:
    async with (
        reporting_city(tmp_path) as city,
        httpx.AsyncClient(
            base_url=city.client.base_url,
            timeout=WITHIN_S,
            trust_env=False,
            limits=httpx.Limits(max_connections=None),
        ) as client,
    ):
        store = open_store(tmp_path / STORE_FILE)
        accounts = [
            httpx.BasicAuth(
                f"clerk{number}",
                people.put(
                    store, f"clerk{number}", "Cán bộ", role=PersonRole.COMMUNE, scope=commune
                ),
            )
            for number, commune in enumerate(("00004", "00004"))
        ]
        store.dispose()
        opened: list[httpx.Response] = []

        async def open_one(topic: str, auth: httpx.BasicAuth | None) -> int:
            request = client.build_request("GET", "/live", params={"of": topic})
            response = await client.send(request, stream=True, auth=auth)
            opened.append(response)
            return response.status_code

        for _ in range(SHARE // 5 + 2):
            # At once, the last place too; more passwords at once would have to wait.
            await asyncio.gather(
                *(open_one("site:s1", accounts[number % 2]) for number in range(5))
            )
        streams, lasting = [Stream(response) for response in opened], 0
        for stream in streams:
            with contextlib.suppress(AssertionError):
                await stream.revision()
                lasting += 1
        assert lasting == SHARE, "also of those that came at the same moment"
        assert await open_one("site:s1", accounts[0]) == 503, "two people, one commune"
        assert await open_one("site:s1", accounts[1]) == 503
        assert await open_one("wall", None) == 200
        for response in opened:
            await response.aclose()


def test_streams_for_others_leave_enough_for_the_city() -> None:
    assert SHARE < OTHERS < STREAMS


async def test_streams_are_bounded(tmp_path: Path) -> None:
    async with (
        reporting_city(tmp_path) as city,
        httpx.AsyncClient(
            base_url=city.client.base_url,
            timeout=WITHIN_S,
            trust_env=False,
            limits=httpx.Limits(max_connections=None),
        ) as client,
    ):
        opened = [
            await client.send(
                client.build_request("GET", "/live", params={"of": "wall"}), stream=True
            )
            for _ in range(STREAMS + 1)
        ]
        assert [response.status_code for response in opened] == [200] * STREAMS + [503]
        await opened[0].aclose()

        async def is_room() -> bool:
            async with client.stream("GET", "/live", params={"of": "wall"}) as response:
                return response.status_code == 200

        await eventually(is_room)
        for response in opened:
            await response.aclose()
