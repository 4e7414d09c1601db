"""The rule files for Prometheus. Imports no grafanalib: who wants only rules needs nothing more."""

from thongsuot_dashboards import alerts, recorded
from thongsuot_dashboards.rulefile import text_of

_MADE = "Made from dashboards/src; do not edit.\n"


def files() -> dict[str, str]:
    """Return the text of each rule file by its path below the output folder."""
    return {
        "rules/recording.yml": text_of(
            recorded.GROUPS,
            head=_MADE + "What the boards use. For Prometheus, rule_files.",
        ),
        "rules/platform.yml": text_of(
            alerts.load().values(),
            head=_MADE
            + "Alerts about the platform itself; docs/runbook.md has a heading for each.\n"
            "Links and services are the incident engine's: the collector tells of them itself.",
        ),
    }
