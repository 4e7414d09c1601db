"""
``./run up``: agent, collector and Prometheus on this device, measuring the device's own links.

The uplinks are discovered, their gateways and name servers are the anchors, and the portals come
from a file that is written once and can then be edited. Prints one line per address on standard
output (``name: http://127.0.0.1:PORT/…``). Runs until Ctrl-C or SIGTERM; the record stays in the
folder.
"""

import argparse
import os
import re
import shutil
import socket
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from thongsuot_lab.errors import LabError
from thongsuot_lab.stack.device import DeviceStack
from thongsuot_lab.stack.session import StopRequested, print_progress, stop_on_signals, watch

EXIT_FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stack; returns 0 when it was stopped, 1 when it could not run, 2 for a mistake."""
    options = _parser().parse_args(arguments)
    stop_on_signals()
    folder: Path = options.folder.absolute()
    try:
        portals = _portals(folder)
        stack = DeviceStack(
            folder,
            site=options.site,
            portals=portals,
            with_prometheus=not options.no_prometheus and shutil.which("prometheus") is not None,
            ca_file=options.ca_file,
        )
        try:
            stack.start()
            for name, url in stack.addresses.items():
                print(f"{name}: {url}/")
            sys.stdout.flush()
            print_progress(f"portals come from {portals}; edit it and start again. Ctrl-C ends.")
            watch(stack)
        finally:
            print_progress("stopping …")
            stack.stop()
    except StopRequested:
        print_progress(f"stopped; the record is in {folder}")
        return 0
    except LabError as error:
        print_progress(f"up: {error}")
        return EXIT_FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run up", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=Path(".thongsuot"), help="record and files (%(default)s)"
    )
    parser.add_argument("--site", default=_site_name(), help="name of this site (%(default)s)")
    parser.add_argument("--ca-file", type=Path, help="certificate authorities for the portals")
    parser.add_argument("--no-prometheus", action="store_true", help="leave Prometheus out")
    return parser


def _site_name() -> str:
    """Return this machine's name in the characters that a site's name may have."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", socket.gethostname().lower()).strip("-._")
    return plain[:62] or "device"


def _portals(folder: Path) -> Path:
    """Return the file of portals; it is written with the public services if it does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        folder.chmod(0o755)
    file = folder / "portals.toml"
    if not file.exists():
        shipped = resources.files("thongsuot_lab.stack").joinpath("portals.toml")
        file.write_bytes(shipped.read_bytes())
    return file


if __name__ == "__main__":
    sys.exit(main())
