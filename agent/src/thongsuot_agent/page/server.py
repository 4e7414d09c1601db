"""The server behind the local page: bounded in connections, bytes and time; bodies are not read."""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Never

from thongsuot_agent.page.request import (
    HEAD_LIMIT_BYTES,
    HttpError,
    HttpPage,
    HttpRequest,
    encode_response,
    parse_request,
    status_page,
)

_log = logging.getLogger(__name__)

MAX_CONNECTIONS = 32
"""A counter's worth of browsers and a scraper; each costs a few KB for as long as it is open."""

_EXCHANGE_S = 5.0
"""One request and its response, from connection to end; a phone on bad wireless needs one."""


class LocalPageServer:
    """
    Serves pages; ``page_for`` returns the page for a request, ``None`` where there is none.

    It is called on the loop and must be quick.
    """

    def __init__(self, page_for: Callable[[HttpRequest], HttpPage | None]) -> None:
        self._page_for = page_for
        self._open = 0

    async def run(self, listen: str, on_ready: Callable[[str, int], None]) -> Never:
        """
        Serve for ever; ``on_ready`` is told host and port.

        Raises:
            OSError: the address cannot be listened on.
        """
        host, _, port = listen.rpartition(":")
        server = await asyncio.start_server(
            self._handle_connection, host.strip("[]"), int(port), limit=HEAD_LIMIT_BYTES
        )
        async with server:
            address = server.sockets[0].getsockname()
            on_ready(address[0], address[1])
            await server.serve_forever()
        raise AssertionError("serve_forever ends by cancellation only")

    async def _handle_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._open += 1
        try:
            async with asyncio.timeout(_EXCHANGE_S):
                writer.write(await self._answer(reader))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (TimeoutError, OSError) as error:
            _log.debug("page request ended early: %s", error)
        finally:
            self._open -= 1
            if not writer.is_closing():
                writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""
        except asyncio.LimitOverrunError:
            return encode_response(status_page(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE))
        if self._open > MAX_CONNECTIONS:
            return encode_response(status_page(HTTPStatus.SERVICE_UNAVAILABLE))
        try:
            request = parse_request(head)
        except HttpError as refused:
            return encode_response(status_page(refused.status))
        page = self._page_for(request) or status_page(HTTPStatus.NOT_FOUND)
        return encode_response(page, is_head=request.is_head)
