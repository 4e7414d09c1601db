"""
Routes of callbacks: a module without the HTTP client, which a collector without channels over HTTP
does not import.
"""

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from thongsuot_collector.notify.contract import AcceptsCallbacks, Channel

PATH = "/v1/callbacks"
"""The path of callbacks: ``/v1/callbacks/<channel>/<token>``, and below it."""

_BODY_BYTES = 1 << 20


def callback_routes(
    channels: Mapping[str, Channel], poll_now: Callable[[str], bool]
) -> list[Route]:
    """
    Return the routes of callbacks, to be mounted where receivers can reach them.

    A caller without the token gets 404, as for an unknown channel. The body is read to its end and
    discarded: the receiver itself is polled (``poll_now``).
    """

    async def called(request: Request) -> Response:
        name, token = request.path_params["channel"], request.path_params["token"]
        channel: object = channels.get(name)
        if not (isinstance(channel, AcceptsCallbacks) and channel.accepts_callback(token)):
            return PlainTextResponse("not found", 404)
        size_bytes = 0
        async for part in request.stream():
            size_bytes += len(part)
            if size_bytes > _BODY_BYTES:
                return PlainTextResponse("too large", 413)
        poll_now(name)
        return Response(status_code=204)

    where = f"{PATH}/{{channel}}/{{token}}"
    return [
        Route(where, called, methods=["POST"]),
        Route(f"{where}/{{event:path}}", called, methods=["POST"]),
    ]
