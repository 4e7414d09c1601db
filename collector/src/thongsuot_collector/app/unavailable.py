"""Answers of a collector whose database is unavailable: every client is asked to retry."""

import asyncio
import logging
import socket
from types import TracebackType
from typing import Self

import msgspec
from starlette.datastructures import QueryParams
from starlette.responses import PlainTextResponse, Response

from thongsuot_collector.ingest.asgi import Receive
from thongsuot_collector.ingest.push_endpoint import Scope, Send
from thongsuot_collector.ingest.server import EmbeddedServer, make_server
from thongsuot_collector.ingest.settings import Listen
from thongsuot_collector.repeated_warnings import RepeatedWarnings
from thongsuot_collector.web import labels
from thongsuot_collector.web.responses import HEADERS
from thongsuot_schema.batch import push
from thongsuot_schema.words.language import language_from

_RETRY_S = "5"
_HEADERS = HEADERS | {"Retry-After": _RETRY_S}
_READINESS = "/readyz"
_PUSHES = {push.PATH_BATCHES, push.PATH_LAYOUTS, push.PATH_ADDRESS}
_REFUSAL = msgspec.json.encode(
    push.PushResponse(error="the collector cannot use its database; try again later")
)

_log = logging.getLogger(__name__)


class UnavailableServers:
    """
    Servers at the collector's sockets that answer 503 with ``Retry-After``, while it waits for its
    database.

    Without them the kernel would accept connections that nobody answers: agents and browsers would
    wait for their time-outs, and a proxy would not know.

    The sockets stay open when the servers end, for the collector itself.
    """

    def __init__(
        self, listen: Listen, sock: socket.socket, page_sock: socket.socket | None
    ) -> None:
        page_listen = Listen(trusted_proxies=listen.trusted_proxies)
        self._places = [(listen, sock)]
        if page_sock is not None:
            self._places.append((page_listen, page_sock))
        self._serving: list[tuple[EmbeddedServer, asyncio.Task[None]]] = []
        self._reason = ""
        self._warnings = RepeatedWarnings()

    async def __aenter__(self) -> Self:
        """Serve nothing yet."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End them."""
        await self.end()

    def start(self, reason: str) -> None:
        """
        Answer from now on, ``/readyz`` with the reason; only that changes if they do already. It is
        logged once a minute.
        """
        self._reason = reason
        ending = self._warnings.ending(reason)
        if ending is not None:
            _log.warning("%s; opening it again%s", reason, ending)
        if self._serving:
            return

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await _answer(self._reason, scope, receive, send)

        for listen, sock in self._places:
            server = make_server(app, listen)
            self._serving.append((server, asyncio.create_task(_serve(server, sock))))

    async def end(self) -> None:
        """Answer the requests in progress, and no more."""
        serving, self._serving = self._serving, []
        for server, _task in serving:
            server.end()
        await asyncio.gather(*(task for _server, task in serving))


async def _serve(server: EmbeddedServer, sock: socket.socket) -> None:
    # A server that is ended before it has begun does not close its sockets.
    with sock.dup() as own:
        await server.serve(sockets=[own])


async def _answer(reason: str, scope: Scope, receive: Receive, send: Send) -> None:
    # Read to its end: closing the connection would discard the answer (RFC 9112, section 9.6).
    while (await receive()).get("more_body"):
        pass
    if scope["path"] in _PUSHES:
        response = Response(_REFUSAL, 503, headers=_HEADERS, media_type="application/json")
    elif scope["path"] == _READINESS:
        response = PlainTextResponse(reason, 503, headers=_HEADERS)
    else:
        query = QueryParams(scope["query_string"])  # type: ignore[arg-type]
        text = labels.DATABASE_UNAVAILABLE.read(language_from(query.get("lang")))
        response = PlainTextResponse(text, 503, headers=_HEADERS)
    await response(scope, receive, send)  # type: ignore[arg-type]  # the same in ASGI
