"""The API over real HTTP: what it says, to whom, and that it says what it promises to."""

import csv
import io
from pathlib import Path
from typing import Any

import httpx
import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.collector.queries.reporting_city import INVENTORY, NEVER_HEARD, reporting_city
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.queries.lists import LISTS
from thongsuot_collector.store import api_tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.web.api.openapi import document


def component(name: str) -> dict[str, Any]:
    """Return the schema of a type of the description, with all that it refers to."""
    components = document()["components"]
    return {"$ref": f"#/components/schemas/{name}", "components": components}


async def items(client: httpx.AsyncClient, path: str, **params: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/v1/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_cut_is_seen_by_every_list_in_the_same_words(tmp_path: Path) -> None:
    async with reporting_city(tmp_path) as city:
        incident = await city.cut("s1")
        (link,) = await items(city.client, "links", state="down")
        assert (link["site"], link["link"], link["circuit"]) == ("s1", "fixed", "HNI-00004")
        assert link["incident"] == incident
        (site,) = await items(city.client, "sites", fixed="down")
        assert (site["name"], site["state"], site["is_whole"]) == ("s1", "degraded", False)
        assert site["incidents"] == [incident]
        (row,) = await items(city.client, "incidents", sites="s1")
        assert row["turn"] == "carrier"
        assert row["acting"] == "carrier:song-hong"
        (carrier,) = await items(city.client, "carriers", name="song-hong")
        assert (carrier["links"], carrier["up"], carrier["down"]) == (4, 2, 1)
        assert (carrier["unknown"], carrier["unaccepted"]) == (1, 1)
        summary = (await city.client.get("/api/v1/summary")).json()
        assert (summary["installed"], summary["whole"], summary["not_installed"]) == (3, 2, 1)
        assert (summary["waiting_for_carriers"], summary["to_act"]) == (1, 0)
        (never,) = await items(city.client, "agents", status="not-installed")
        assert (never["site"], never["heard_at"]) == (NEVER_HEARD, None)


async def test_answers_have_the_described_type(tmp_path: Path) -> None:
    async with reporting_city(tmp_path) as city:
        await city.cut("s0")
        for query in LISTS:
            for record in await items(city.client, query.name):
                jsonschema.validate(record, component(query.record.__name__))
        summary = (await city.client.get("/api/v1/summary")).json()
        jsonschema.validate(summary, component("CitySummary"))
        wrong = await city.client.get("/api/v1/sites", params={"limit": "0"})
        jsonschema.validate(wrong.json(), component("Problem"))
        assert (await city.client.get("/openapi.json")).json() == document()


async def test_lists_are_searched_sorted_and_paged(tmp_path: Path) -> None:
    async with reporting_city(tmp_path) as city:
        assert [site["name"] for site in await items(city.client, "sites", q="cau giay")] == ["s3"]
        by_title = await items(city.client, "sites", sort="title")
        # The dictionary's order: Ba before Cầu, Đình before Vì; Hoàn last.
        assert [site["name"] for site in by_title] == ["s1", "s2", "s3", "s0"]
        backwards = await items(city.client, "sites", sort="-title")
        assert [site["name"] for site in backwards] == ["s0", "s3", "s2", "s1"]
        url, names = "/api/v1/sites?sort=title&limit=3", []
        while url:
            page = await city.client.get(url)
            assert page.headers["x-total-count"] == "4"
            names += [site["name"] for site in page.json()["items"]]
            url = page.links.get("next", {}).get("url", "")
        assert names == ["s1", "s2", "s3", "s0"]
        several = "commune=00004&commune=00070&sort=title"
        both = await city.client.get(f"/api/v1/sites?{several}")
        assert [site["name"] for site in both.json()["items"]] == ["s1", "s0"]


async def test_a_table_has_the_same_rows_and_no_formula(tmp_path: Path) -> None:
    async with reporting_city(tmp_path) as city:
        table = await city.client.get("/api/v1/links.csv", params={"carrier": "song-hong"})
        assert table.headers["content-type"] == "text/csv; charset=utf-8"
        assert "attachment" in table.headers["content-disposition"]
        rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
        as_json = await items(city.client, "links", carrier="song-hong")
        assert [row["circuit"] for row in rows] == [link["circuit"] for link in as_json]
        assert list(rows[0]) == list(as_json[0])


async def test_unchanged_content_is_not_sent_again_and_long_content_is_compressed(
    tmp_path: Path,
) -> None:
    async with reporting_city(tmp_path) as city:
        plain = await city.client.get("/api/v1/communes", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        packed = await city.client.get("/api/v1/communes", headers={"Accept-Encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.content == plain.content
        assert int(packed.headers["content-length"]) < len(plain.content) / 4
        assert packed.headers["etag"] != plain.headers["etag"]
        for sent in (plain, packed):
            coding = sent.headers.get("content-encoding", "identity")
            same = {"If-None-Match": sent.headers["etag"], "Accept-Encoding": coding}
            again = await city.client.get("/api/v1/communes", headers=same)
            assert (again.status_code, again.content) == (304, b"")
        await city.cut("s0")
        changed = {"If-None-Match": plain.headers["etag"], "Accept-Encoding": "identity"}
        assert (await city.client.get("/api/v1/communes", headers=changed)).status_code == 200


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("sites?colour=red", "colour"),
        ("sites?sort=colour", "colour"),
        ("sites?limit=1001", "limit"),
        ("sites?limit=-1", "limit"),
        ("sites?offset=x", "offset"),
        ("sites?since=2026-11-30", "since"),
        ("incidents?since=yesterday", "since"),
        ("incidents?until=2026-11-30T08:00:00", "time zone"),
        ("audit?until=0000-00-00", "until"),
    ],
)
async def test_nonsense_is_refused_and_named(tmp_path: Path, asked: str, named: str) -> None:
    async with reporting_city(tmp_path) as city:
        answer = await city.client.get(f"/api/v1/{asked}")
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
        assert named in answer.json()["detail"]


async def test_a_token_gives_the_access_of_its_role_until_it_is_revoked(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("mật khẩu\n", encoding="utf-8")
    config = '[page]\npassword_file = "password"\n'
    async with reporting_city(tmp_path, config) as city:
        store = open_store(tmp_path / STORE_FILE)

        def bearer(role: PersonRole, scope: str = "", lasts_s: float = 60.0) -> dict[str, str]:
            _, secret = api_tokens.create(store, "máy", role=role, scope=scope, lasts_s=lasts_s)
            return {"Authorization": f"Bearer {secret}"}

        async def seen(headers: dict[str, str], path: str) -> tuple[int, int]:
            answer = await city.client.get(f"/api/v1/{path}", headers=headers)
            total = answer.json()["total"] if answer.status_code == 200 else 0
            return answer.status_code, total

        assert await seen({}, "sites") == (401, 0)
        assert await seen(bearer(PersonRole.CITY_READER), "sites") == (200, len(INVENTORY.sites))
        assert await seen(bearer(PersonRole.COMMUNE, "00004"), "sites") == (200, 1)
        assert await seen(bearer(PersonRole.COMMUNE, "00004"), "audit") == (404, 0)
        assert await seen(bearer(PersonRole.CARRIER, "cuu-long"), "links") == (200, 4)
        assert await seen(bearer(PersonRole.CARRIER, "cuu-long"), "sites") == (404, 0)
        assert await seen(bearer(PersonRole.CITY_READER, lasts_s=-1.0), "sites") == (401, 0)
        assert await seen({"Authorization": "Bearer tsr_wrong"}, "sites") == (401, 0)
        token, secret = api_tokens.create(
            store, "máy", role=PersonRole.CITY_READER, scope="", lasts_s=60.0
        )
        good = {"Authorization": f"Bearer {secret}"}
        assert (await seen(good, "sites"))[0] == 200
        # It reads, and acts on nothing.
        acted = await city.client.post("/sites/s0/tests", headers=good)
        assert acted.status_code == 404
        api_tokens.revoke(store, token.id)
        assert (await seen(good, "sites"))[0] == 401
        store.dispose()
