"""
A carrier's desk as a process: ``python -m thongsuot_lab.carrier_desk``.

Its first line of output is ``port N``. It serves until it is told to end.
"""

import argparse
import socket
from pathlib import Path

from thongsuot_lab.carrier_desk.api import application
from thongsuot_lab.carrier_desk.customers import Conduct
from thongsuot_lab.carrier_desk.server import serve
from thongsuot_lab.carrier_desk.service_desk import ServiceDesk


def main() -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(prog="carrier_desk", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="%(default)s")
    parser.add_argument("--port", type=int, default=0, help="0: one that is free")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write everything down there")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="what customers must show")
    parser.add_argument(
        "--clerk-s",
        type=float,
        default=0.0,
        metavar="S",
        help="somebody begins to work on a new ticket after so long (0: nobody does)",
    )
    options = parser.parse_args()
    token = options.token_file.read_text("utf-8").strip() if options.token_file else ""
    desk = ServiceDesk(options.keep, clerk_s=options.clerk_s)
    with socket.create_server((options.host, options.port)) as sock:
        print(f"port {sock.getsockname()[1]}", flush=True)
        serve(application(desk, Conduct(token=token)), sock)


if __name__ == "__main__":
    main()
