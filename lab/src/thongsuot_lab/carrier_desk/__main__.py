"""
A carrier's desk as a process: ``python -m thongsuot_lab.carrier_desk``.

Its first line of output is ``port N``. It serves until it is terminated.
"""

import argparse
import asyncio
import socket
from contextlib import suppress
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from thongsuot_lab.carrier_desk.api import application
from thongsuot_lab.carrier_desk.customers import Conduct
from thongsuot_lab.carrier_desk.service_desk import ServiceDesk


def main() -> None:
    """Serve until terminated."""
    parser = argparse.ArgumentParser(prog="carrier_desk", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="%(default)s")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="file that keeps tickets and alarms"
    )
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="token that customers must present"
    )
    parser.add_argument(
        "--clerk-s",
        type=float,
        default=0.0,
        metavar="S",
        help="seconds until somebody begins to work on a new ticket (0: never)",
    )
    options = parser.parse_args()
    token = options.token_file.read_text("utf-8").strip() if options.token_file else ""
    desk = ServiceDesk(options.keep, clerk_s=options.clerk_s)
    with socket.create_server((options.host, options.port)) as sock:
        print(f"port {sock.getsockname()[1]}", flush=True)
        serve(application(desk, Conduct(token=token)), sock)


DRAIN_S = 1
"""
How long pending answers may take at shutdown; waiting for a desk that hangs would take a minute.
"""


class CuttableProtocol(H11Protocol):
    """
    Gives the application access to its connection, so that it can cut it instead of answering.
    """

    def connection_made(  # type: ignore[override]  # as uvicorn's own
        self, transport: asyncio.Transport
    ) -> None:
        """Accept a connection."""
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


if __name__ == "__main__":
    main()
