"""Reading a request's body, no further than allowed; ``protocol`` sees to it that it ends."""

from collections.abc import Awaitable, Callable, Mapping

from thongsuot_collector.errors import PushRefused, RefusalReason

Message = Mapping[str, object]
Receive = Callable[[], Awaitable[Message]]


class ClientGone(Exception):
    """The client closed before its body was complete. Nobody to answer."""


async def read_body(receive: Receive, *, limit_bytes: int, declared_bytes: int | None) -> bytes:
    """
    Return the body of an ASGI request.

    ``declared_bytes`` is its Content-Length, where it has one: too much is refused unread.

    Raises:
        PushRefused: it is too large.
        ClientGone: there is nobody left to answer.
    """
    if declared_bytes is not None and declared_bytes > limit_bytes:
        sentence = f"body of {declared_bytes} bytes; at most {limit_bytes} are taken"
        raise PushRefused(RefusalReason.TOO_LARGE, sentence)
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
            raise PushRefused(RefusalReason.TOO_LARGE, sentence)
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)
