"""The carrier's desk on a socket: uvicorn, with connections that the desk can cut."""

import asyncio
import socket
from contextlib import suppress

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

DRAIN_S = 1
"""How long answers under way may take at the end; a desk that hangs would take a minute."""


class CuttableProtocol(H11Protocol):
    """Shows the application its connection, so that it can be cut instead of answered."""

    def connection_made(  # type: ignore[override]  # as uvicorn's own
        self, transport: asyncio.Transport
    ) -> None:
        """Take a connection."""
        super().connection_made(transport)
        # uvicorn copies this into the state of each request.
        self.app_state = {**self.app_state, "transport": transport}


def serve(app: Starlette, sock: socket.socket) -> None:
    """Serve on a listening socket until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        app,
        http=CuttableProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=DRAIN_S,
    )
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[sock])
