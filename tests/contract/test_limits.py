"""What boards colour is what the judge and the collector call bad: one figure, said once."""

from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.links.lateness import LATE_S
from thongsuot_collector.ingest.clock import AGREES_WITHIN_NS
from thongsuot_schema.catalogue import dns, host, http, icmp
from thongsuot_schema.metric import Limits, Metric


def limits(metric: Metric) -> Limits:
    assert metric.limits is not None, metric.name
    return metric.limits


def test_limits_of_the_catalogue_are_those_of_the_judge() -> None:
    judge = Settings()
    assert limits(icmp.LOSS).warn == judge.loss_healthy_ratio
    assert limits(icmp.LOSS).bad == judge.loss_degraded_ratio
    assert limits(icmp.RTT).bad == judge.slow_limit_s
    assert limits(dns.LOOKUP).bad == judge.lookup_slow_s
    assert limits(http.TOTAL).bad == judge.service_slow_s


def test_limits_of_clocks_are_those_that_are_acted_on() -> None:
    assert limits(host.CLOCK_ERROR).bad == AGREES_WITHIN_NS / 1e9
    assert limits(host.LOOP_LATE).warn == LATE_S
