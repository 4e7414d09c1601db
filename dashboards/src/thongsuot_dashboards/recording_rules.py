"""
Recording rules: expressions that Prometheus evaluates regularly so that boards open at once.

All but the hourly minutes (``link_minutes``) hold the *current* state: a rule evaluates the moment
at which it runs, so data that an agent delivers after an outage is not in them. Names begin with
``thongsuot:``, then level and quantity.
"""

from thongsuot_dashboards import link_minutes
from thongsuot_dashboards.line_figures import link_loss, link_rtt
from thongsuot_dashboards.link_minutes import LINK_LABELS, LINKS_ONLY
from thongsuot_dashboards.query import selector
from thongsuot_dashboards.rule_file import RecordingRule, RuleGroup
from thongsuot_schema.catalogue import verdict
from thongsuot_schema.inventory.communes import bundled_communes

LINK_STATE = selector(verdict.STATE.full_name, **LINKS_ONLY)
"""The verdict on a link itself: with a link, without a service."""

COMMUNE_NAME = "thongsuot:commune_name"
"""1, with the label ``commune_name``: the name of the commune with a code."""
SITE_STATE = "thongsuot:site_state"
"""0 all links up; 1 something is wrong; 2 every link is down."""
COMMUNE_STATE = "thongsuot:commune_state"
"""The state of the commune's worst site."""
CARRIER_LINKS = "thongsuot:carrier_links"
"""Links of a carrier with a known state, by medium."""
CARRIER_DOWN = "thongsuot:carrier_links_down"
"""The number of those that are down."""
LINK_RTT = "thongsuot:link_rtt_seconds"
"""Median of a link's round trips on its own segments over a minute."""
LINK_LOSS = "thongsuot:link_loss_ratio"
"""Share of a link's echoes lost on its own segments over a minute."""

_COMMUNE_NAMES = RuleGroup(
    name="thongsuot-names",
    every="1m",
    rules=tuple(
        RecordingRule(
            name=COMMUNE_NAME,
            expr="vector(1)",
            labels={"commune": commune.code, "commune_name": commune.name},
        )
        for commune in bundled_communes()
    ),
)

_SITE_STATE = (
    f"(max by (commune, site) ({LINK_STATE}) > bool 0)"
    f" + (min by (commune, site) ({LINK_STATE}) == bool 2)"
)

_CURRENT_STATE = RuleGroup(
    name="thongsuot-now",
    every="30s",
    rules=(
        RecordingRule(name=SITE_STATE, expr=_SITE_STATE),
        # Not from the rule above: promtool, which can evaluate rules for the past, would not find
        # it.
        RecordingRule(name=COMMUNE_STATE, expr=f"max by (commune) ({_SITE_STATE})"),
        RecordingRule(name=CARRIER_LINKS, expr=f"count by (carrier, medium) ({LINK_STATE})"),
        RecordingRule(name=CARRIER_DOWN, expr=f"sum by (carrier, medium) ({LINK_STATE} == bool 2)"),
        RecordingRule(name=LINK_RTT, expr=link_rtt(LINK_LABELS)),
        RecordingRule(name=LINK_LOSS, expr=link_loss(LINK_LABELS)),
    ),
)

GROUPS = (_COMMUNE_NAMES, _CURRENT_STATE, link_minutes.HOURS)
NAMES = tuple(
    dict.fromkeys(
        rule.name for group in GROUPS for rule in group.rules if isinstance(rule, RecordingRule)
    )
)
"""The name of every recorded series, each once."""


def with_name(expr: str) -> str:
    """Return an expression whose series carry the name of their commune as well."""
    return f"({expr}) * on (commune) group_left (commune_name) {COMMUNE_NAME}"
