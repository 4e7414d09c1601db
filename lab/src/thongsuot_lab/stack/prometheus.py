"""Prometheus beside the collector: its command line, configuration and rules."""

import shutil
from pathlib import Path

from thongsuot_dashboards import collector_metrics, rules

OUT_OF_ORDER_WINDOW = "7d"
"""How old a sample may be when it arrives: a backlog of a week can be delivered."""

_CONFIGURATION = """\
# Measurements are pushed by the collector; only the collector itself is scraped.
global:
  scrape_interval: 15s
storage:
  tsdb:
    out_of_order_time_window: {window}
rule_files: ["{rules}/*.yml"]
scrape_configs:
  - job_name: {job}
    static_configs:
      - targets: ["{collector}"]
"""


def installed() -> bool:
    """Return whether Prometheus can be started on this machine."""
    return shutil.which("prometheus") is not None


def command(folder: Path, listen: str, collector: str) -> list[str]:
    """
    Write the configuration below ``folder`` and return the command that starts Prometheus.

    ``listen`` and ``collector`` are ``host:port``; the collector's own metrics are scraped there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in rules.rule_files().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    configuration = folder / "prometheus.yml"
    configuration.write_text(
        _CONFIGURATION.format(
            window=OUT_OF_ORDER_WINDOW,
            rules=folder / "rules",
            job=collector_metrics.JOB,
            collector=collector,
        ),
        encoding="utf-8",
    )
    return [
        "prometheus",
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={listen}",
        "--web.enable-remote-write-receiver",
        "--log.level=warn",
    ]
