"""A proxy that keeps silent about a portal: whether it is dead itself, by real requests."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from thongsuot_agent.links.default_route import DefaultRoute
from thongsuot_agent.links.rtnetlink_client import RtnetlinkClient
from thongsuot_agent.probes.http.by_proxy import fetch_by_proxy
from thongsuot_agent.probing.certificates import Authorities
from thongsuot_agent.probing.fetch import FetchRequest, FetchResponse
from thongsuot_agent.probing.proxy import LinkProxy
from thongsuot_schema.reason import Reason

LOOPBACK = "127.0.0.1"
PORTAL = "http://portal.example/"
OWN_PAGE = "/"
"""The request target of the proxy's own page; those for other hosts hold the whole address."""
PATIENT_S = 120.0
"""A request that is answered or cut off never waits for it."""
PAGE = b"x" * 8000
"""More than all the rest that travels."""


@asynccontextmanager
async def proxy_answering(targets: set[str]) -> AsyncIterator[tuple[LinkProxy, list[str]]]:
    """A proxy that answers requests for these, and closes the connection on all others."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        target = head.split()[1].decode("ascii")
        asked.append(target)
        if target in targets:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, LOOPBACK, 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield LinkProxy(address=LOOPBACK, port=port), asked


async def fetched(proxy: LinkProxy) -> FetchResponse:
    request = FetchRequest(
        url=PORTAL,
        address=proxy.address,
        family=proxy.family,
        timeout_s=PATIENT_S,
        authorities=Authorities(),
        user_agent="test",
        body_limit_bytes=2 * len(PAGE),
    )
    with RtnetlinkClient() as kernel:
        return await fetch_by_proxy(DefaultRoute(kernel), request, proxy)


async def test_the_portals_page_comes_by_one_request() -> None:
    async with proxy_answering({PORTAL}) as (proxy, asked):
        response = await fetched(proxy)
    assert asked == [PORTAL]
    assert (response.reason, response.status, response.body) == (None, 200, PAGE)


async def test_a_proxy_that_answers_for_itself_cannot_reach_the_portal() -> None:
    async with proxy_answering({OWN_PAGE}) as (proxy, asked):
        response = await fetched(proxy)
    assert asked == [PORTAL, OWN_PAGE]
    assert response.reason is Reason.PROXY_CANNOT_REACH
    assert response.detail == "the proxy itself answers"
    assert (response.status, response.body) == (None, b"")
    assert response.cost_bytes > len(PAGE)


async def test_a_proxy_that_never_answers_is_silent() -> None:
    async with proxy_answering(set()) as (proxy, asked):
        response = await fetched(proxy)
    assert asked == [PORTAL, OWN_PAGE]
    assert (response.reason, response.status) == (Reason.PROXY_SILENT, None)


async def test_a_proxy_that_is_gone_is_silent() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))  # no other process gets the port, and nothing listens
        response = await fetched(LinkProxy(address=LOOPBACK, port=taken.getsockname()[1]))
    assert (response.reason, response.status) == (Reason.PROXY_SILENT, None)
