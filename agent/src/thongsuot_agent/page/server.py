"""
The server behind the local page: bounded in connections, bytes and time; bodies are not read.

A client that has not sent its request yet makes room for later ones, beginning with the address
that has most connections: no number of idle connections locks a clerk out of the page.
"""

import asyncio
import logging
from collections import Counter
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
    with_form,
)

_log = logging.getLogger(__name__)

MAX_CONNECTIONS = 32
"""Enough for a counter's browsers and a scraper; each costs a few KB while it is open."""

_EXCHANGE_S = 5.0
"""
Time limit of one request and its response, from connection to end; a phone on poor Wi-Fi needs it.
"""


class LocalPageServer:
    """
    Serves pages; ``page_for`` returns the page for a request, ``None`` if there is none.

    It is called on the event loop and must be quick.
    """

    def __init__(self, page_for: Callable[[HttpRequest], HttpPage | None]) -> None:
        self._page_for = page_for
        self._open: set[asyncio.StreamWriter] = set()
        self._silent: dict[asyncio.StreamWriter, str] = {}
        """Connections without a whole request yet, oldest first, and the address of each."""

    async def run(self, listen: str, on_ready: Callable[[str, int], None]) -> Never:
        """
        Serve until cancelled; ``on_ready`` is called with host and port.

        Raises:
            OSError: the server cannot listen on the address.
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
        self._open.add(writer)
        peer = writer.get_extra_info("peername")
        self._silent[writer] = str(peer[0]) if peer else ""
        self._make_room()
        try:
            async with asyncio.timeout(_EXCHANGE_S):
                writer.write(await self._answer(reader, writer))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (TimeoutError, OSError) as error:
            _log.debug("page request ended early: %s", error)
        finally:
            self._open.discard(writer)
            self._silent.pop(writer, None)
            if not writer.is_closing():
                writer.transport.abort()

    def _make_room(self) -> None:
        while len(self._open) > MAX_CONNECTIONS and len(self._silent) > 1:
            *others, _newest = self._silent
            ((crowded, _),) = Counter(self._silent[writer] for writer in others).most_common(1)
            oldest = next(writer for writer in others if self._silent[writer] == crowded)
            del self._silent[oldest]
            self._open.discard(oldest)
            oldest.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        try:
            request = await self._read_request(reader)
        except asyncio.IncompleteReadError:
            return b""
        except asyncio.LimitOverrunError:
            return encode_response(status_page(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE))
        except HttpError as refused:
            return encode_response(status_page(refused.status))
        finally:
            # Not before its body is here: a head alone would hold a place as long as silence does.
            self._silent.pop(writer, None)
        if len(self._open) > MAX_CONNECTIONS:
            return encode_response(status_page(HTTPStatus.SERVICE_UNAVAILABLE))
        page = self._page_for(request) or status_page(HTTPStatus.NOT_FOUND)
        return encode_response(page, is_head=request.is_head, takes_gzip=request.takes_gzip)

    async def _read_request(self, reader: asyncio.StreamReader) -> HttpRequest:
        request = parse_request(await reader.readuntil(b"\r\n\r\n"))
        if not request.form_bytes:
            return request
        return with_form(request, await reader.readexactly(request.form_bytes))
