"""
Packing: compresses pages without secrets, for clients that accept it.

An attacker who sees the size of a compressed page, and can inject text into it, can guess its
secrets (BREACH): pages for signed-in visitors, or opened by a key, contain secrets and are not
compressed.
"""

import gzip
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from thongsuot_collector.web.answers import takes_gzip

_SMALLEST: Final = 1_000
_LEVEL: Final = 5
_SECRETS: Final = frozenset({"authorization", "cookie"})


class PackedPages:
    """Compresses pages; everything else passes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request by the wrapped application, compressed if allowed."""
        is_page_request = scope["type"] == "http" and _may_pack(scope)
        await self._app(scope, receive, _PackingSend(send) if is_page_request else send)


class _PackingSend:
    """Forwards messages; a page once it is complete."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            if headers.get("content-type", "").startswith("text/html"):
                self._start = message
                return
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_page(self._start, bytes(self._body))
            return
        await self._send(message)

    async def _send_page(self, start: Message, body: bytes) -> None:
        headers = MutableHeaders(raw=start["headers"])
        headers.add_vary_header("Accept-Encoding")
        if len(body) >= _SMALLEST:
            body = gzip.compress(body, _LEVEL, mtime=0)
            headers["Content-Encoding"] = "gzip"
            headers["Content-Length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _may_pack(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    has_secret = any(name in headers for name in _SECRETS) or b"key=" in scope["query_string"]
    return not has_secret and takes_gzip(headers.get("accept-encoding", ""))
