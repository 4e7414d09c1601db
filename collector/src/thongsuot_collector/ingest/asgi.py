"""Shared by the ASGI endpoints: reading a body up to a limit, and the status of each refusal."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from thongsuot_collector.errors import PushRefused, RefusalReason

Message = Mapping[str, object]
Receive = Callable[[], Awaitable[Message]]


class ClientGone(Exception):
    """The client closed before its body was complete; no answer is possible."""


async def read_body(receive: Receive, *, limit_bytes: int, declared_bytes: int | None) -> bytes:
    """
    Return the body of an ASGI request.

    ``declared_bytes`` is its Content-Length, if any: a larger body is refused without reading it.

    Raises:
        PushRefused: it is too large.
        ClientGone: the client has closed the connection.
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


STATUS: Mapping[RefusalReason, HTTPStatus] = {
    RefusalReason.NO_TOKEN: HTTPStatus.UNAUTHORIZED,
    RefusalReason.BAD_TOKEN: HTTPStatus.UNAUTHORIZED,
    RefusalReason.WRONG_SITE: HTTPStatus.FORBIDDEN,
    RefusalReason.NO_CERTIFICATE: HTTPStatus.FORBIDDEN,
    RefusalReason.CERTIFICATE_EXPIRED: HTTPStatus.FORBIDDEN,
    RefusalReason.CERTIFICATE_REVOKED: HTTPStatus.FORBIDDEN,
    RefusalReason.CERTIFICATE_UNKNOWN: HTTPStatus.FORBIDDEN,
    RefusalReason.CERTIFICATE_OF_ANOTHER: HTTPStatus.FORBIDDEN,
    RefusalReason.TOO_OFTEN: HTTPStatus.TOO_MANY_REQUESTS,
    RefusalReason.OVER_BUDGET: HTTPStatus.TOO_MANY_REQUESTS,
    RefusalReason.WRONG_METHOD: HTTPStatus.METHOD_NOT_ALLOWED,
    RefusalReason.WRONG_CONTENT_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RefusalReason.WRONG_VERSION: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RefusalReason.BAD_CLOCK_HEADER: HTTPStatus.BAD_REQUEST,
    RefusalReason.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    RefusalReason.MALFORMED: HTTPStatus.BAD_REQUEST,
    RefusalReason.UNKNOWN_LAYOUT: HTTPStatus.CONFLICT,
    RefusalReason.CONFLICT: HTTPStatus.CONFLICT,
    # Caused by the sender's key, or by a change on the path: the device keeps the batch.
    RefusalReason.UNSIGNED: HTTPStatus.FORBIDDEN,
    RefusalReason.BAD_SIGNATURE: HTTPStatus.FORBIDDEN,
    RefusalReason.BACKLOG_DEFERRED: HTTPStatus.SERVICE_UNAVAILABLE,
    RefusalReason.JOURNAL_BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    RefusalReason.JOURNAL_REFUSED: HTTPStatus.SERVICE_UNAVAILABLE,
    RefusalReason.STORE_UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""
The agent's reaction to each is in ``thongsuot_schema.batch.push``: no retry after 4xx, a later one
after 429 and 5xx.
"""
