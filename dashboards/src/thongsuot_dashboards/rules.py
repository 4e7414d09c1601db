"""Imports no grafanalib: users who only want rules need nothing more."""

from importlib import import_module
from pkgutil import iter_modules

from thongsuot_dashboards import alerts, recording_rules
from thongsuot_dashboards.rule_file import RuleGroup, rule_file_text

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
            "Links and services are judged by the incident engine: the collector itself notifies "
            "about them.",
        ),
    }


def load_alert_groups() -> dict[str, RuleGroup]:
    """
    Return every group by the name of its module.

    Raises:
        TypeError: a module has no group.
    """
    groups: dict[str, RuleGroup] = {}
    for module in iter_modules(alerts.__path__):
        group: object = import_module(f"{alerts.__name__}.{module.name}").GROUP
        if not isinstance(group, RuleGroup):
            raise TypeError(f"alerts/{module.name}.py holds no RuleGroup named GROUP")
        groups[module.name] = group
    return groups
