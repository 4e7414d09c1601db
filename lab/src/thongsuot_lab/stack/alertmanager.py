"""Alertmanager beside the collector: its command line and configuration."""

import shutil
from pathlib import Path

_CONFIGURATION = """\
# One alert for each incident and party, by the collector; people look at the page.
route:
  receiver: page
  group_by: [alertname, audience]
receivers:
  - name: page
"""


def installed() -> bool:
    """Return whether Alertmanager can be started on this machine."""
    return shutil.which("prometheus-alertmanager") is not None


def command(folder: Path, listen: str) -> list[str]:
    """Write the configuration below ``folder``; return the command, listening at ``host:port``."""
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "alertmanager.yml"
    configuration.write_text(_CONFIGURATION, encoding="utf-8")
    return [
        "prometheus-alertmanager",
        f"--config.file={configuration}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={listen}",
        "--cluster.listen-address=",
        "--log.level=warn",
    ]
