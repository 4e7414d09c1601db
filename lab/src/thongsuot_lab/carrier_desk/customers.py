"""
How the carrier answers its customers: authentication, simulated misbehaviour, recorded exchanges.
"""

import asyncio
import hmac
import json
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from thongsuot_lab.carrier_desk import alarms, tickets
from thongsuot_lab.carrier_desk.documents import Json

BODY_BYTES: Final = 4 * 1024 * 1024
EXCHANGES_LIMIT: Final = 10_000
HANG_S: Final = 60.0
OPERATOR_PATH: Final = "/desk/"
"""
Paths below it need no token: they are for the carrier's own staff and are closed to customers.
"""


class TmfResponse(JSONResponse):
    """JSON as the APIs of TM Forum declare it."""

    media_type = "application/json;charset=utf-8"


def error_response(path: str, status: int, reason: str) -> TmfResponse:
    """Return the error document of the API that a path belongs to."""
    body: Json = {"code": str(status), "reason": reason}
    if not path.startswith((tickets.BASES[4], alarms.BASE)):
        body["@type"] = "Error"
    return TmfResponse(body, status)


@dataclass(slots=True)
class Conduct:
    """
    How customers are answered.

    ``token`` is what customers must present (empty: none is required). ``failure_mode`` is one of:
    ``well``; a status, which answers every request; ``hang`` (the change is made, but the answer is
    never sent); ``drop`` (the connection is cut); ``echo`` (the request is refused, and the answer
    repeats all of it). ``exchanges`` are requests with their answers.
    """

    token: str = ""
    failure_mode: str = "well"
    exchanges: list[Json] = field(default_factory=list)

    def refusal(self, request: Request, body: bytes) -> TmfResponse | None:
        """Return the answer to a request that ends here, ``None`` for one that is passed on."""
        path = request.url.path
        if self.failure_mode == "echo":
            shown = f"{path} {dict(request.headers)} {body.decode(errors='replace')}"
            return error_response(path, 400, shown)
        if self.failure_mode.isdigit():
            return error_response(path, int(self.failure_mode), "so it is")
        wanted = f"Bearer {self.token}".encode()
        shown_token = request.headers.get("authorization", "").encode()
        if self.token and not hmac.compare_digest(shown_token, wanted):
            return error_response(path, 401, "who are you?")
        if len(body) > BODY_BYTES:
            return error_response(path, 413, f"at most {BODY_BYTES} bytes are read")
        return None

    def record(self, request: Request, body: bytes, status: int, answer: bytes) -> None:
        """Keep a request and its answer."""
        if len(self.exchanges) >= EXCHANGES_LIMIT:
            return
        self.exchanges.append(
            {
                "method": request.method,
                "path": request.url.path,
                "query": dict(request.query_params),
                "request": _json_or_text(body),
                "status": status,
                "answer": _json_or_text(answer),
            }
        )


class CustomerMiddleware:
    """
    Authenticates customers and answers them according to ``conduct``.

    It is the outermost layer, so that refusals and errors are recorded like answers.
    """

    def __init__(self, app: ASGIApp, *, conduct: Conduct) -> None:
        self._app = app
        self._conduct = conduct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"].startswith(OPERATOR_PATH):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        if self._conduct.failure_mode == "drop":
            await _cut(request)
            return
        answer = await self._answer(request, body)
        status: int = answer[0]["status"]
        self._conduct.record(
            request, body, status, b"".join(message.get("body", b"") for message in answer)
        )
        is_change = request.method != "GET" and status < 400
        if self._conduct.failure_mode == "hang" and is_change:
            await _hang(request)
            return
        for message in answer:
            await send(message)

    async def _answer(self, request: Request, body: bytes) -> list[Message]:
        """Return the messages of a response, the start of it first."""
        messages: list[Message] = []

        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def keep(message: Message) -> None:
            messages.append(message)

        answering: ASGIApp = self._conduct.refusal(request, body) or self._app
        await answering(request.scope, replay, keep)
        return messages


async def _hang(request: Request) -> None:
    """
    Keep a customer waiting without an answer until it disconnects, or for as long as any client
    would wait.
    """
    try:
        async with asyncio.timeout(HANG_S):
            await _disconnected(request)
    except TimeoutError:
        await _cut(request)


async def _cut(request: Request) -> None:
    """Cut the connection; ``server.CuttableProtocol`` has put it where it can be reached."""
    request.state.transport.abort()
    await _disconnected(request)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _json_or_text(body: bytes) -> object:
    """Return the content of a body: ``None`` if it is empty, the text if it is not JSON."""
    if not body:
        return None
    try:
        document: object = json.loads(body)
    except ValueError:
        return body.decode(errors="replace")
    return document
