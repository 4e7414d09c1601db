"""Clients for servers on loopback that speak plain HTTP."""

import asyncio
import re
import ssl
from collections.abc import Mapping

import httpx

NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""
``verify`` of a client that meets no TLS: every other client of httpx reads all authorities of the
web when it is made, 10 ms of CPU, and tests make thousands. It trusts nobody where TLS is met.
"""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


class PlainClient:
    """
    Posts over one connection that stays open, for a twentieth of the CPU that ``httpx`` takes.

    Its ``post`` is the part of ``httpx.AsyncClient`` that a device needs, one request after the
    other. It says what it is given: also what a client that means well would refuse to send.
    """

    def __init__(self, base_url: str, *, timeout_s: float | None = None) -> None:
        url = httpx.URL(base_url)
        self._host, self._port = url.host, url.port or 80
        self._timeout_s = timeout_s
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """
        Post once.

        Raises:
            httpx.TransportError: no connection, no whole answer, or none in time.
        """
        lines = [f"POST {url} HTTP/1.1", f"Host: {self._host}:{self._port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(content)}", "", ""]
        request = "\r\n".join(lines).encode("latin-1") + content
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._answered(request)
        except TimeoutError as error:
            self.close()
            raise httpx.ReadTimeout(f"no answer within {self._timeout_s} s") from error
        except (OSError, asyncio.IncompleteReadError) as error:
            self.close()
            raise httpx.NetworkError(str(error)) from error
        except BaseException:
            self.close()
            raise

    async def _answered(self, request: bytes) -> httpx.Response:
        if self._streams is not None:
            try:
                return await self._exchanged(request, *self._streams)
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                self.close()
                if isinstance(error, asyncio.IncompleteReadError) and error.partial:
                    raise
                # The server has closed it while nothing was asked.
        self._streams = await asyncio.open_connection(self._host, self._port)
        return await self._exchanged(request, *self._streams)

    async def _exchanged(
        self, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> httpx.Response:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        content = await reader.readexactly(int(length[1]) if length else 0)
        if _CLOSE.search(head):
            self.close()
        return httpx.Response(int(head.split(b" ", 2)[1]), content=content)

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
