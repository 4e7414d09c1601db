"""
``python -m thongsuot_dashboards.grafana --prometheus URL``: a local Grafana with the boards.

For users who have Grafana installed: it starts on loopback with a data folder of its own, which is
removed at the end, reads the generated provisioning files, and lets anybody on this machine look.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from thongsuot_dashboards.generated import write_files
from thongsuot_dashboards.text import Language

_PROGRAMS = ("grafana", "grafana-server")
_HOMES = ("/usr/share/grafana", "/usr/local/share/grafana", "/opt/grafana")
_NOT_FOUND = """\
cannot start Grafana: none of {programs} is on the PATH; nothing was done.
Install it from your distribution or from Grafana's own packages."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run Grafana until it ends; return its exit status, 1 if it is not installed."""
    options = _parser().parse_args(arguments)
    program = next((path for name in _PROGRAMS if (path := shutil.which(name))), None)
    if program is None:
        text = _NOT_FOUND.format(programs=", ".join(_PROGRAMS))
        print(text, file=sys.stderr)  # noqa: T201  # this is a command
        return 1
    with tempfile.TemporaryDirectory(prefix="thongsuot-grafana-") as name:
        folder = Path(name)
        write_files(folder)
        environment = os.environ | settings(
            folder, options.prometheus, options.language, options.port
        )
        print(f"grafana: http://127.0.0.1:{options.port}/d/thongsuot-city", flush=True)  # noqa: T201
        try:
            return subprocess.call(command(program), env=environment)
        except KeyboardInterrupt:
            return 0


def command(program: str) -> list[str]:
    """Return the command line; the home is the folder of the program's own pages."""
    beside = Path(program).resolve().parent.parent
    homes = [os.environ.get("GRAFANA_HOME", ""), *_HOMES, str(beside)]
    home = next((path for path in homes if path and Path(path, "conf").is_dir()), str(beside))
    subcommand = ["server"] if Path(program).name == "grafana" else []
    return [program, *subcommand, f"--homepath={home}"]


def settings(folder: Path, prometheus: str, language: str, port: int) -> Mapping[str, str]:
    """Return Grafana's settings as its environment (``GF_<SECTION>_<KEY>``)."""
    return {
        "GF_PATHS_DATA": str(folder / "data"),
        "GF_PATHS_LOGS": str(folder / "logs"),
        "GF_PATHS_PLUGINS": str(folder / "plugins"),
        "GF_PATHS_PROVISIONING": str(folder / "provisioning"),
        "GF_SERVER_HTTP_ADDR": "127.0.0.1",
        "GF_SERVER_HTTP_PORT": str(port),
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
        "PROMETHEUS_URL": prometheus,
        "THONGSUOT_BOARDS": str(folder / language),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run grafana", description=__doc__)
    parser.add_argument(
        "--prometheus", required=True, metavar="URL", help="the Prometheus to query"
    )
    parser.add_argument("--language", choices=[*Language], default="vi", help="(%(default)s)")
    parser.add_argument("--port", type=int, default=3000, help="on loopback (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
