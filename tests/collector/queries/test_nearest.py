"""The nearest point that can serve instead, and how a device learns of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from tests.collector.queries.reporting_city import NEVER_HEARD, ReportingCity, reporting_city
from tests.collector.reporting_agent import ReportingAgent
from tests.collector.running import eventually, token
from thongsuot_collector.queries.nearest import (
    NearestSiteOffers,
    NearestSites,
    centres,
    communes_around,
    distance_m,
)
from thongsuot_schema.batch.push import NearestSite, PushResponse
from thongsuot_schema.inventory.communes import bundled_communes
from thongsuot_schema.state import State
from thongsuot_schema.view import SiteView


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[ReportingCity]:
    async with reporting_city(tmp_path) as made:
        yield made


def test_every_commune_has_a_centre_inside_the_city() -> None:
    assert set(centres()) == {commune.code for commune in bundled_communes()}
    hoan_kiem = centres()["00070"]
    away_km = [distance_m(hoan_kiem, centre) / 1000 for centre in centres().values()]
    assert max(away_km) < 75
    assert sorted(away_km)[1] > 0.3, "no two stand at one place"


def test_communes_come_by_their_distance() -> None:
    around = communes_around("00070")
    assert around[0] == ("00070", 0)
    assert [away for _, away in around] == sorted(away for _, away in around)
    names = [code for code, _ in around]
    assert names.index("00004") < names.index("09619"), "Ba Đình is nearer than Ba Vì"
    assert communes_around("99999") == ()


async def test_a_point_that_cannot_serve_names_the_nearest_that_can(city: ReportingCity) -> None:
    async def site(name: str) -> SiteView:
        answer = await city.client.get(f"/sites/{name}.json")
        return msgspec.json.decode(answer.content, type=SiteView)

    assert (await site("s0")).nearest is None, "it serves itself"
    await city.push("s0", fixed=State.DOWN, mobile=State.DOWN)

    async def is_named(title: str) -> bool:
        nearest = (await site("s0")).nearest
        return nearest is not None and nearest.title == title

    await eventually(lambda: is_named("Điểm Ba Đình"))
    assert 500 < (await site("s0")).nearest.distance_m < 3_000  # type: ignore[union-attr]
    page = (await city.client.get("/sites/s0?lang=vi")).text
    assert "người dân có thể đến Điểm Ba Đình (cách khoảng" in page
    await city.push("s1", fixed=State.DOWN, mobile=State.DOWN)
    await eventually(lambda: is_named("Điểm Ba Vì"))  # Cầu Giấy has no device yet


async def test_the_answer_to_a_push_brings_it_down_now_and_then(
    city: ReportingCity, tmp_path: Path
) -> None:
    agent = ReportingAgent(NEVER_HEARD, token(tmp_path, NEVER_HEARD))

    async def answer() -> NearestSite | None:
        pushed = await agent.report(city.client, {"fixed": State.UP})
        return msgspec.json.decode(pushed.content, type=PushResponse).nearest

    nearest = await answer()
    assert nearest is not None
    assert nearest.title == "Điểm Ba Đình"
    assert await answer() is None, "not with every answer"


def test_when_no_point_can_serve_the_search_is_repeated_at_most_once_a_minute() -> None:
    looked_at: list[str] = []

    class Counting(NearestSites):
        def nearest(self, name: str) -> NearestSite | None:
            looked_at.append(name)
            return None

    offers = NearestSiteOffers(Counting(None))  # type: ignore[arg-type]  # it asks nothing
    assert [offers.offer("s0", float(second)) for second in range(0, 150, 15)] == [None] * 10
    assert len(looked_at) == 3
