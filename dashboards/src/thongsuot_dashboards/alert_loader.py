"""Loads the alerting rules: each module of ``alerts`` holds one ``GROUP``."""

from importlib import import_module
from pkgutil import iter_modules

from thongsuot_dashboards import alerts
from thongsuot_dashboards.rule_file import AlertRule, RuleGroup


def load_alert_groups() -> dict[str, RuleGroup]:
    """
    Return every group by the name of its module.

    Raises:
        TypeError: a module holds no group.
    """
    groups: dict[str, RuleGroup] = {}
    for module in iter_modules(alerts.__path__):
        group: object = import_module(f"{alerts.__name__}.{module.name}").GROUP
        if not isinstance(group, RuleGroup):
            raise TypeError(f"alerts/{module.name}.py holds no RuleGroup named GROUP")
        groups[module.name] = group
    return groups


def alert_rules() -> tuple[AlertRule, ...]:
    """Return every alerting rule."""
    return tuple(
        rule
        for group in load_alert_groups().values()
        for rule in group.rules
        if isinstance(rule, AlertRule)
    )
