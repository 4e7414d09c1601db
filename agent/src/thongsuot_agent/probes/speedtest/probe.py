"""
The results of speedtest-cli on a link, against Ookla's servers or the collector's own pages.

Measures    the rates down and up and the latency, by speedtest-cli's own method, in a worker:
            comparable with users' own speed tests. The upload is counted by the sender.
Failed      no server is reached, or speedtest-cli failed; its own error text is added.
Unmeasured  the link is down or has no route; people are using it; the worker died; ``max_bytes``
            ended the test.
Source      speedtest-cli 2.1.3.
Cost        up to ``max_bytes``; the cost of each run is the interface's traffic meanwhile.
"""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes.speedtest.protocol import SpeedtestReport, SpeedtestRequest
from thongsuot_agent.probing.contract import Probe, stateless
from thongsuot_agent.probing.link_load.preparation import (
    MeasurementPostponed,
    carried_bytes,
    check_server,
    locate_server,
    require_quiet,
)
from thongsuot_agent.worker import WorkerFailed, request_report
from thongsuot_schema.catalogue import speedtest as metrics
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.metric import Metric
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding

_WORKER = "thongsuot_agent.probes.speedtest.worker"
_RUN_S = 60.0
_EVIDENCE_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one ``kind = "speedtest"`` entry."""

    url: str = ""
    """
    A server with the pages of Speedtest Mini, such as the throughput reflector (which must allow
    this site's addresses); empty: Ookla's servers.
    """

    family: str = ""
    """``ip4`` or ``ip6``, for a configured server; empty: IPv4 if it works, else IPv6."""

    timeout_s: Annotated[float, Meta(ge=1.0, le=60.0)] = 10.0
    """Time limit of each request without data."""

    max_bytes: Annotated[int, Meta(ge=1_000_000, le=4_000_000_000)] = 400_000_000
    """Maximum data usage of a run, both directions; at the limit it ends without a result."""

    watch_s: Annotated[float, Meta(ge=0.5, le=30.0)] = 3.0
    """How long the interface's counters are observed before the test."""

    busy_bits_per_second: float = 1_000_000.0
    """Traffic that counts as an idle link; more means that the link is in use."""

    force: bool = False
    """Measure even if the link is in use."""

    def __post_init__(self) -> None:
        """Reject settings that cannot be run."""
        check_server(self.url, "", self.family)


async def run(link: LiveLink, target: Target, family: Family, settings: Settings) -> Finding:
    """Watch the link, then let speedtest-cli fill it."""
    del target, family
    cost_bytes = 0
    try:
        if not settings.force:
            await require_quiet(
                link,
                watch_s=settings.watch_s,
                busy_bits_per_second=settings.busy_bits_per_second,
            )
        host = ""
        if settings.url and urlsplit(settings.url).hostname:
            server = await locate_server(link, settings.url, settings.family)
            cost_bytes, host = server.cost_bytes, server.route.host
        request = SpeedtestRequest(
            interface=link.spec.interface,
            url=settings.url.rstrip("/"),
            host=host,
            timeout_s=settings.timeout_s,
            max_bytes=settings.max_bytes,
            selector=link.selector,
        )
        before = carried_bytes(link)
        try:
            report = await request_report(_WORKER, request, SpeedtestReport, _RUN_S)
        finally:
            cost_bytes += carried_bytes(link) - before
    except LinkUnusable as unusable:
        return failed_finding(unusable.reason, detail=unusable.detail, cost_bytes=cost_bytes)
    except MeasurementPostponed as not_now:
        return failed_finding(not_now.reason, detail=not_now.detail, cost_bytes=not_now.cost_bytes)
    except WorkerFailed as failed:
        return failed_finding(
            Reason.UNMEASURED_OTHERWISE, detail=str(failed), cost_bytes=cost_bytes
        )
    return finding_from(report, cost_bytes)


def finding_from(report: SpeedtestReport, cost_bytes: int) -> Finding:
    """Return the finding of a worker's report."""
    if report.problem:
        return failed_finding(Reason.FAILED_OTHERWISE, detail=report.problem, cost_bytes=cost_bytes)
    if report.capped:
        return failed_finding(
            Reason.UNMEASURED_OTHERWISE,
            detail="max_bytes was used up before speedtest-cli was done",
            cost_bytes=cost_bytes,
        )
    measured: dict[Metric, float | None] = {
        metrics.DOWN: _in_bytes(report.down_bits_per_second),
        metrics.UP: _in_bytes(report.up_bits_per_second),
        metrics.LATENCY: report.latency_s,
    }
    values = {metric: value for metric, value in measured.items() if value is not None}
    evidence = {"server": report.server[:_EVIDENCE_LIMIT]} if report.server else {}
    return ok_finding(values, evidence=evidence, cost_bytes=cost_bytes)


def _in_bytes(bits_per_second: float | None) -> float | None:
    return None if bits_per_second is None else bits_per_second / 8


def _applies(target: Target) -> bool:
    del target
    return False


def _cost_bytes(target: Target, settings: Settings) -> int:
    del target
    return settings.max_bytes


def _timeout_s(settings: Settings) -> float:
    return settings.watch_s + _RUN_S + 10.0


PROBE = Probe(
    settings=Settings,
    begin=stateless(run),
    applies=_applies,
    cost_bytes=_cost_bytes,
    timeout_s=_timeout_s,
    per_link=True,
)
