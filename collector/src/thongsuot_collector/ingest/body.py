"""Reading a request's body, no further than allowed and no longer than allowed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from thongsuot_collector.ingest.refusal import PushRefused, Why

Message = Mapping[str, object]
Receive = Callable[[], Awaitable[Message]]

WITHIN_S = 30.0
"""A whole body; 256 KiB in that time is 70 kbit/s, slower than 2G."""


class ClientGone(Exception):
    """The client closed before its body was complete. Nobody to answer."""


async def read_body(receive: Receive, *, limit_bytes: int, declared_bytes: int | None) -> bytes:
    """
    Return the body of an ASGI request.

    ``declared_bytes`` is its Content-Length, where it has one: too much is refused unread.

    Raises:
        PushRefused: it is too large, or does not come in time.
        ClientGone: there is nobody left to answer.
    """
    if declared_bytes is not None and declared_bytes > limit_bytes:
        sentence = f"body of {declared_bytes} bytes; at most {limit_bytes} are taken"
        raise PushRefused(Why.TOO_LARGE, sentence)
    try:
        async with asyncio.timeout(WITHIN_S):
            return await _read(receive, limit_bytes)
    except TimeoutError as error:
        sentence = f"the body did not come within {WITHIN_S:.0f} s"
        raise PushRefused(Why.TOO_SLOW, sentence) from error


async def _read(receive: Receive, limit_bytes: int) -> bytes:
    parts: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        assert isinstance(part, bytes)
        size_bytes += len(part)
        if size_bytes > limit_bytes:
            sentence = f"body over {limit_bytes} bytes; no more are taken"
            raise PushRefused(Why.TOO_LARGE, sentence)
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)
