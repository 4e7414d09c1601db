"""The rule files for Prometheus. Imports no grafanalib: who wants only rules needs nothing more."""

from thongsuot_dashboards import recording_rules
from thongsuot_dashboards.alert_loader import load_alert_groups
from thongsuot_dashboards.rule_file import rule_file_text

_MADE = "Made from dashboards/src; do not edit.\n"


def rule_files() -> dict[str, str]:
    """Return the text of each rule file by its path below the output folder."""
    return {
        "rules/recording.yml": rule_file_text(
            recording_rules.GROUPS,
            head=_MADE + "What the boards use. For Prometheus, rule_files.",
        ),
        "rules/platform.yml": rule_file_text(
            load_alert_groups().values(),
            head=_MADE
            + "Alerts about the platform itself; docs/runbook.md has a heading for each.\n"
            "Links and services are the incident engine's: the collector tells of them itself.",
        ),
    }
