"""
PromQL for the figures of a link: from echoes of its own segments, as on the pages.

The labels of a series do not say what its anchor stands for; the collector publishes that for each
anchor of the inventory (``anchor_info``), and the expressions join it by ``target``.
"""

from collections.abc import Callable

from thongsuot_dashboards import collector_metrics
from thongsuot_dashboards.query import selector
from thongsuot_schema.catalogue import icmp

WINDOW = "1m"
"""Twelve runs at the interval of 5 s: an event that ended a minute ago is out of the figure."""

_BEYOND = "!=gateway"
"""If no inventory describes the anchors, the site's own router is known by its name."""

_RTT = selector(icmp.RTT.full_name, target=_BEYOND)
_LOSS = selector(icmp.LOSS.full_name, target=_BEYOND)


def link_rtt(labels: str) -> str:
    """
    Return the median round trip of each link over the window.

    Where an anchor was probed in the window and did not answer, its last answer is not of now:
    Prometheus would show it for five minutes.
    """

    def median_of(series: str) -> str:
        return f"quantile by ({labels}) (0.5, {series})"

    # For an anchor that is probed less often than once per window, its newest run counts.
    newest = f"({_RTT} unless count_over_time({_LOSS}[{WINDOW}]))"
    return _of_nearest(f"(quantile_over_time(0.5, {_RTT}[{WINDOW}]) or {newest})", median_of)


def link_loss(labels: str) -> str:
    """
    Return the mean loss of each link over the window.

    A series without answers while another has some is silent, not lossy; if none has any, the link
    has lost everything.
    """

    def mean_of(series: str) -> str:
        return f"avg by ({labels}) ({series})"

    # For an anchor that is probed less often than once per window, its newest run counts.
    losses = f"(avg_over_time({_LOSS}[{WINDOW}]) or {_LOSS})"
    return f"{_of_nearest(f'({losses} < 1)', mean_of)} or min by ({labels}) ({losses}) == 1"


def _of_nearest(series: str, together: Callable[[str], str]) -> str:
    """
    Return a figure of each link from its own segments; from anchors in other domestic networks if
    no anchor of its own has any data; from all anchors if the inventory describes none.
    """
    info = collector_metrics.ANCHOR_INFO
    groups = (
        selector(info, segment="access|carrier"),
        selector(info, segment="=transit", domestic="=yes"),
    )
    described = [
        together(f"{series} * on (target) group_left () max by (target) ({group})")
        for group in groups
    ]
    return " or ".join((*described, together(f"{series} unless on (target) {info}")))
