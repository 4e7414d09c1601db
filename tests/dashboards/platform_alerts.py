"""Every alert about the platform, for the laws about all of them."""

from thongsuot_dashboards.rule_file import AlertRule
from thongsuot_dashboards.rules import load_alert_groups

ALERTS = [
    rule
    for group in load_alert_groups().values()
    for rule in group.rules
    if isinstance(rule, AlertRule)
]
