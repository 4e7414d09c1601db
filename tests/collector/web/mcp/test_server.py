"""MCP as language models use it: by the SDK's own client, over HTTP and over standard input."""

import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import jsonschema  # type: ignore[import-untyped]
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.collector.cli.test_lists import configuration
from tests.collector.queries.reporting_city import CONFIG, ReportingCity, reporting_city
from tests.collector.running import WITHIN_S
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.store import api_tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.web.mcp.routes import MOST_BYTES

MCP = f"{CONFIG}mcp = true\n"


@asynccontextmanager
async def asking(
    city: ReportingCity, secret: str = "", mode: str = "auto"
) -> AsyncIterator[Client]:
    """Connect as a language model's program does, with a token or without."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    url = f"{str(city.client.base_url).rstrip('/')}/mcp"
    async with (
        httpx2.AsyncClient(headers=headers, timeout=WITHIN_S) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        yield client


async def call(client: Client, tool: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
    """Call a tool, and hold what it answers as text against what it answers as JSON."""
    result = await client.call_tool(tool, arguments)
    (content,) = result.content
    assert content.type == "text"
    if result.is_error:
        return content.text
    assert json.loads(content.text) == result.structured_content
    return result.structured_content


def token(folder: Path, role: PersonRole, scope: str = "") -> tuple[str, str]:
    """Make a token; return its id and its secret."""
    store = open_store(folder / STORE_FILE)
    made, secret = api_tokens.create(store, "máy", role=role, scope=scope, lasts_s=600.0)
    store.dispose()
    return made.id, secret


async def test_current_faults_in_ba_dinh_are_answered_with_beginning_and_party(
    tmp_path: Path,
) -> None:
    async with reporting_city(tmp_path, MCP) as city:
        before_s = time.time()
        incident = await city.cut("s1")
        async with asking(city) as client:
            faults = await call(client, "current_faults", place="ba dinh")
            (link,) = faults["links"]
            assert (link["site"], link["link"], link["state"]) == ("s1", "fixed", "down")
            assert link["circuit"] == "HNI-00004"
            assert before_s - 60 < _seconds(link["since"]) < time.time()
            (record,) = faults["incidents"]
            assert record["id"] == incident
            assert (record["acting"], record["acting_title"]) == (
                "carrier:song-hong",
                "Sông Hồng",
            )
            assert faults["links_in_all"] == 2
            well = await call(client, "current_faults", place="Hoàn Kiếm")
            assert (well["links"], well["incidents"]) == ([], [])
            assert "Sài Gòn" in await call(client, "current_faults", place="Sài Gòn")
            site = await call(client, "site", name="s1")
            assert site["site"]["state"] == "degraded"
            assert [item["id"] for item in site["incidents"]] == [incident]
            details = await call(client, "incident", id=incident, lang="en")
            assert details["incident"]["turn"] == "carrier"
            assert details["deliveries"] == []
            summary = await call(client, "summary")
            assert summary["waiting_for_carriers"] == 1
            listed = await call(client, "list_links", state=["down", "degraded"], limit=5)
            assert [item["site"] for item in listed["items"]] == ["s1"]


async def test_the_protocol_before_2026_is_spoken_too(tmp_path: Path) -> None:
    async with reporting_city(tmp_path, MCP) as city, asking(city, mode="legacy") as client:
        assert (await call(client, "current_faults"))["links"] == []
        assert "current_faults" in (client.instructions or "")


async def test_a_tool_is_described_as_read_only_and_takes_what_it_says(tmp_path: Path) -> None:
    async with reporting_city(tmp_path, MCP) as city, asking(city) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert {"current_faults", "site", "incident", "list_sites", "list_carriers"} <= set(tools)
        assert "list_maintenance" in tools
        for tool in tools.values():
            jsonschema.Draft202012Validator.check_schema(tool.input_schema)
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint
            assert tool.description
        for name, arguments, named in (
            ("list_sites", {"colour": "red"}, "colour"),
            ("list_sites", {"limit": 0}, "limit"),
            ("list_incidents", {"since": "yesterday"}, "since"),
            ("site", {}, "name"),
            ("site", {"name": 7}, "text"),
            ("site", {"name": "s77"}, "s77"),
            ("incident", {"id": "20260101-00000000"}, "20260101-00000000"),
            ("current_faults", {"lang": "xx"}, "lang"),
            ("delete_everything", {}, "delete_everything"),
        ):
            assert named in await call(client, name, **arguments), name


async def test_each_role_sees_what_is_its_own_until_its_token_is_revoked(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("mật khẩu\n", encoding="utf-8")
    config = f'{MCP}password_file = "password"\n'
    async with reporting_city(tmp_path, config) as city:
        _, reader = token(tmp_path, PersonRole.CITY_READER)
        city.client.headers["Authorization"] = f"Bearer {reader}"
        incident = await city.cut("s1")
        del city.client.headers["Authorization"]
        _, carrier = token(tmp_path, PersonRole.CARRIER, "cuu-long")
        name, commune = token(tmp_path, PersonRole.COMMUNE, "00004")
        async with asking(city, carrier) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            assert tools.isdisjoint({"summary", "list_sites", "list_audit", "list_deliveries"})
            faults = await call(client, "current_faults")
            assert (faults["links"], faults["incidents"]) == ([], [])
            assert "no link" in await call(client, "current_faults", carrier="song-hong")
            assert incident in await call(client, "incident", id=incident)
            site = await call(client, "site", name="s1")
            assert site["site"] is None
            assert [link["carrier"] for link in site["links"]] == ["cuu-long"]
            assert "no tool" in await call(client, "summary")
        async with asking(city, commune) as client:
            faults = await call(client, "current_faults")
            assert [link["site"] for link in faults["links"]] == ["s1"]
            assert faults["incidents"] is None
            assert "no site" in await call(client, "site", name="s0")
            store = open_store(tmp_path / STORE_FILE)
            api_tokens.revoke(store, name)
            store.dispose()
        for headers in ({}, {"Authorization": f"Bearer {commune}"}):
            refused = await city.client.post("/mcp", json=PING, headers=headers)
            assert refused.status_code == 401
        other = {"Authorization": f"Bearer {reader}", "Origin": "https://evil.example"}
        assert (await city.client.post("/mcp", json=PING, headers=other)).status_code == 403
        good = {"Authorization": f"Bearer {reader}", **ACCEPT}
        assert (await city.client.get("/mcp", headers=good)).status_code == 405
        large = b" " * (MOST_BYTES + 1)
        assert (await city.client.post("/mcp", content=large, headers=good)).status_code == 413
        assert (await city.client.post("/mcp", json=PING, headers=good)).status_code == 200


async def test_without_the_setting_there_is_no_such_page(tmp_path: Path) -> None:
    async with reporting_city(tmp_path) as city:
        assert (await city.client.post("/mcp", json=PING)).status_code == 404


async def test_on_standard_input_the_store_is_asked(tmp_path: Path) -> None:
    async with reporting_city(tmp_path) as city:
        incident = await city.cut("s1")
    _, secret = token(tmp_path, PersonRole.CARRIER, "cuu-long")
    token_file = tmp_path / "token"
    token_file.write_text(secret, encoding="utf-8")
    config = ["mcp", "--config", configuration(tmp_path)]
    async with Client(program(config)) as client:
        faults = await call(client, "current_faults", place="ba dinh")
        assert [record["id"] for record in faults["incidents"]] == [incident]
    async with Client(program([*config, "--token-file", str(token_file)])) as client:
        assert (await call(client, "current_faults"))["incidents"] == []


def program(arguments: list[str]) -> StdioServerParameters:
    start = (
        "import sys; from thongsuot_collector.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    return StdioServerParameters(command=sys.executable, args=["-c", start, *arguments])


PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
ACCEPT = {"Accept": "application/json, text/event-stream"}


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
