"""
Alerting rules about the platform itself, one module a group; each holds one ``GROUP``.

Links and services are not judged here: that is the incident engine's work, which knows times,
parties and what belongs together (docs/decisions).
"""

from importlib import import_module
from pkgutil import iter_modules

from thongsuot_dashboards.rule_file import AlertRule, RuleGroup


def load() -> dict[str, RuleGroup]:
    """Return every group by the name of its module."""
    groups: dict[str, RuleGroup] = {}
    for module in iter_modules(__path__):
        found: object = import_module(f"{__name__}.{module.name}").GROUP
        if not isinstance(found, RuleGroup):
            message = f"alerts/{module.name}.py holds no Group named GROUP"
            raise TypeError(message)
        groups[module.name] = found
    return groups


def alerts() -> tuple[AlertRule, ...]:
    """Return every alerting rule."""
    return tuple(
        rule for group in load().values() for rule in group.rules if isinstance(rule, AlertRule)
    )
