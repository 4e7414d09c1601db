"""Callbacks: where receivers call to say that something has changed with them."""

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from thongsuot_collector.notify.dispatch.channel import Channel, Polling
from thongsuot_collector.notify.dispatch.hub import PATH

_BODY_BYTES = 1 << 20


def callback_routes(channels: Mapping[str, Channel], nudge: Callable[[str], bool]) -> list[Route]:
    """
    Return the routes of callbacks, to be mounted where receivers reach the collector.

    Whoever does not know the token gets 404, like for a channel that there is not. What is posted
    is read to its end and thrown away: the receiver itself is asked (``nudge``).
    """

    async def called(request: Request) -> Response:
        name, token = request.path_params["channel"], request.path_params["token"]
        if name not in channels or not _knows(channels[name], token):
            return PlainTextResponse("not found", 404)
        read = 0
        async for part in request.stream():
            read += len(part)
            if read > _BODY_BYTES:
                return PlainTextResponse("too large", 413)
        nudge(name)
        return Response(status_code=204)

    where = f"{PATH}/{{channel}}/{{token}}"
    return [
        Route(where, called, methods=["POST"]),
        Route(f"{where}/{{event:path}}", called, methods=["POST"]),
    ]


def _knows(channel: Channel, token: str) -> bool:
    return isinstance(channel, Polling) and channel.hub.is_valid_token(token)
