"""
Transport of httpx for all clients that have an ``httpx.AsyncClient``: a request that is cancelled
leaves no connection behind, no answer is decompressed, and none changes what is asked next.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

_UNREAD = ("Content-Encoding", "Location", "Set-Cookie")
"""Headers of an answer that httpx acts upon."""


class ClosingTransport(httpx.AsyncHTTPTransport):
    """
    Closes the connection of a request that is cancelled during its TLS handshake.

    httpcore 1.0.9 leaves it to the garbage collector. Against a server that accepts connections and
    then says nothing, that was one open connection for each attempt: the time limit of a whole
    request is a cancellation, too.

    Asks for no compressed answer, and decompresses none: httpx does so before a caller can count
    the bytes, and 980 of them, compressed twice, took 950 MiB of memory. Who compresses regardless
    is known by the status; the body is what came.

    No redirect is followed and no cookie kept, and httpx does not get to see them: it reads where a
    redirect leads even if it is not to follow it, raises ``InvalidURL`` for ``mailto:``, which is
    no ``httpx.HTTPError``, and keeps every cookie for as long as the client exists.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; see ``httpx.AsyncHTTPTransport``."""
        request.headers["Accept-Encoding"] = "identity"
        opened: list[Any] = []  # httpcore's AsyncNetworkStream

        async def note(event: str, info: Mapping[str, Any]) -> None:
            if event == "connection.connect_tcp.complete":
                opened.append(info["return_value"])

        request.extensions = {**request.extensions, "trace": note}
        try:
            response = await super().handle_async_request(request)
        except asyncio.CancelledError:
            for stream in opened:
                await stream.aclose()
            raise
        for name in _UNREAD:
            if name in response.headers:
                del response.headers[name]
        return response
