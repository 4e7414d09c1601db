"""Clients that leave in the middle of a request, which anybody may do: no errors in the log."""

import asyncio
import logging
from pathlib import Path

import pytest

from tests.collector.running import collector, eventually
from thongsuot_schema.enrolment import PATH_ENROL


@pytest.mark.parametrize("path", ["/sign-in", PATH_ENROL, "/mcp"])
async def test_a_client_that_leaves_in_the_middle_of_its_request_is_no_error(
    tmp_path: Path, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "thongsuot_collector.web.responses")
    config = "[page]\nmcp = true\n"
    async with collector(tmp_path, config=config) as client:
        _, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port or 0)
        writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nname=".encode())
        await writer.drain()
        writer.close()
        await eventually(lambda: f"end of its request path={path}" in caplog.text)
        assert (await client.get("/healthz")).status_code == 200
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
