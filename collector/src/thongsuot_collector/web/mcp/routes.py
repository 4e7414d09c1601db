"""MCP over HTTP: one POST per message, protected by the tokens of the API."""

import logging
from http import HTTPStatus

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from thongsuot_collector.web.access import PageAccess, is_same_origin
from thongsuot_collector.web.mcp.server import server_for
from thongsuot_collector.web.mcp.tools import CityTools
from thongsuot_collector.web.responses import HEADERS

PATH = "/mcp"

MOST_BYTES = 64 << 10
"""Maximum size of a request: a call has a tool and a few arguments."""

# It logs three lines for each request.
logging.getLogger("mcp").setLevel(logging.WARNING)


class McpEndpoint:
    """
    Streamable HTTP without sessions: each request is authenticated, and gets one JSON answer.

    A server is created for each request with the scope of its visitor: a revoked token is invalid
    from the next request on.
    """

    def __init__(self, tools: CityTools, access: PageAccess) -> None:
        self._tools = tools
        self._access = access

    def routes(self) -> list[Route]:
        """Return the routes. There is no stream of server messages (GET)."""
        return [Route(PATH, self, methods=["POST"])]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        visitor = await self._access.visitor(request)
        if visitor.role is None:
            refusal = await self._access.refusal(request)
            await refusal(scope, receive, send)
            return
        if not is_same_origin(request):
            # Another site's page would send requests in the name of its reader.
            await Response(status_code=HTTPStatus.FORBIDDEN)(scope, receive, send)
            return
        body = await _read_body(request)
        manager = StreamableHTTPSessionManager(
            server_for(self._tools, lambda: visitor),
            json_response=True,
            stateless=True,
            max_request_body_size=MOST_BYTES,
        )
        async with manager.run():
            await manager.handle_request(scope, _replaying(body, receive), send)


async def _read_body(request: Request) -> bytes:
    """
    Return the body, read before the SDK does: it would log a client that leaves halfway as an
    error, with its traceback.

    Raises:
        ClientDisconnect: the client has left.
        HTTPException: 413, it is too large.
    """
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers=HEADERS)
    return bytes(body)


def _replaying(body: bytes, receive: Receive) -> Receive:
    """Return a receive function that first gives a body that was read already."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
