"""
The capacity of a link in both directions and its latency under load, against the collector's
reflector.

Measures    goodput of several TCP streams after the slow start, down by our count and up by the
            receiver's; time to open a connection idle and under load in each direction, round trips
            per minute and a grade from the difference; the share of other traffic. Runs in a
            worker.
Failed      the server is not reached, refuses, breaks off; a certificate is not valid.
Unmeasured  the link is down or has no route; people are using it (its counters were watched); the
            server has no room; ``max_bytes`` was used up before the slow start was over; the
            worker died.
Source      RFC 6349 for the rate after slow start; draft-ietf-ippm-responsiveness.
Cost        up to 2 x ``max_bytes`` and a tenth more for headers and acknowledgements.
"""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.probes.throughput import figures
from thongsuot_agent.probes.throughput.protocol import LoadTestRequest
from thongsuot_agent.probing.contract import Probe, stateless
from thongsuot_agent.probing.link_load.preparation import (
    carried_bytes,
    check_server,
    reason_of,
)
from thongsuot_agent.probing.link_load.protocol import LoadTestReport
from thongsuot_agent.probing.link_load.reflector import Reflector, run_reflector_test
from thongsuot_agent.worker import request_report
from thongsuot_schema.catalogue import throughput as metrics
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.metric import Metric
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding

_WORKER = "thongsuot_agent.probes.throughput.worker"
_OVERHEAD = 1.1
_SLACK_S = 25.0
"""Time for the start of the worker, idle latency, and the wait for the receiver's count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one ``kind = "throughput"`` entry."""

    url: str = ""
    """
    The throughput reflector: scheme, host and port of ``[reflector] throughput_address``. There is
    no default: if it is empty, the result is unmeasured.
    """

    key_file: str = ""
    """
    File with the reflector's key; empty if it allows this site's addresses. A bare name is one of
    the service's credentials.
    """

    ca_file: str = ""
    """File of trusted certificate authorities (PEM); empty: those of the device."""

    family: str = ""
    """``ip4`` or ``ip6``; empty: IPv4 where it works, else IPv6."""

    streams: Annotated[int, Meta(ge=1, le=32)] = 4
    """Number of parallel TCP connections; a single one does not fill a long fast path."""

    warmup_s: Annotated[float, Meta(ge=0.5, le=10.0)] = 2.0
    """Start of each direction that is not counted: TCP is still finding the rate."""

    duration_s: Annotated[float, Meta(ge=2.0, le=15.0)] = 6.0
    """Duration of the measurement in each direction after that."""

    max_bytes: Annotated[int, Meta(ge=1_000_000, le=4_000_000_000)] = 400_000_000
    """
    Maximum data usage of one direction. On a faster link the measured time becomes shorter.
    """

    watch_s: Annotated[float, Meta(ge=0.5, le=30.0)] = 3.0
    """How long the interface's counters are observed before the test."""

    busy_bits_per_second: float = 1_000_000.0
    """
    Traffic that counts as an idle link; more means that the link is in use, and the test
    waits.
    """

    force: bool = False
    """Measure even if the link is in use."""

    def __post_init__(self) -> None:
        """Reject settings that cannot be run."""
        check_server(self.url, self.key_file, self.family)


async def run(link: LiveLink, target: Target, family: Family, settings: Settings) -> Finding:
    """Watch the link, find the server, fill the link in each direction, and evaluate the counts."""
    del target, family

    async def measure(reflector: Reflector) -> Finding:
        request = LoadTestRequest(
            route=reflector.route,
            url=reflector.url,
            key=reflector.key,
            ca_file=reflector.trusted.file,
            ca_folder=reflector.trusted.folder,
            streams=settings.streams,
            warmup_s=settings.warmup_s,
            duration_s=settings.duration_s,
            max_bytes=settings.max_bytes,
        )
        before = carried_bytes(link)
        report = await request_report(
            _WORKER, request, LoadTestReport, _timeout_s(settings) - settings.watch_s
        )
        carried = carried_bytes(link) - before
        return finding_from(
            report, settings, carried_bytes=carried, asked_bytes=reflector.cost_bytes
        )

    return await run_reflector_test(link, settings, measure)


def finding_from(
    report: LoadTestReport, settings: Settings, *, carried_bytes: int, asked_bytes: int = 0
) -> Finding:
    """Return the finding of a worker's report."""
    cost_bytes = report.cost_bytes + asked_bytes
    values = _values(report, settings, carried_bytes)
    if report.problem:
        reason = reason_of(report)
        if reason is Reason.RESOURCE_EXHAUSTED:
            return failed_finding(reason, detail="the server has no room", cost_bytes=cost_bytes)
        return failed_finding(reason, values, detail=report.problem, cost_bytes=cost_bytes)
    if metrics.DOWN not in values or metrics.UP not in values:
        return failed_finding(
            Reason.UNMEASURED_OTHERWISE,
            detail=f"max_bytes ({settings.max_bytes}) was used up too soon to tell a rate",
            cost_bytes=cost_bytes,
        )
    capped = [name for name, load in (("down", report.down), ("up", report.up)) if _capped(load)]
    evidence = {"ended_by_max_bytes": " ".join(capped)} if capped else {}
    return ok_finding(values, evidence=evidence, cost_bytes=cost_bytes)


def _capped(load: object) -> bool:
    return bool(getattr(load, "capped", False))


def _values(report: LoadTestReport, settings: Settings, carried: int) -> dict[Metric, float]:
    idle_s = figures.latency(report.idle)
    values: dict[Metric, float | None] = {metrics.IDLE_LATENCY: idle_s}
    added: list[float] = []
    for load, rate, latency, responsiveness in (
        (report.down, metrics.DOWN, metrics.DOWN_LATENCY, metrics.DOWN_RESPONSIVENESS),
        (report.up, metrics.UP, metrics.UP_LATENCY, metrics.UP_RESPONSIVENESS),
    ):
        if load is None:
            continue
        values[rate] = figures.rate(load, settings.warmup_s, settings.duration_s)
        values[latency] = loaded_s = figures.latency(load.timings)
        values[responsiveness] = figures.responsiveness(load.timings)
        if idle_s is not None and loaded_s is not None:
            added.append(max(0.0, loaded_s - idle_s))
    if added:
        values[metrics.GRADE] = figures.grade(max(added))
    if carried > 0 and report.up is not None:
        values[metrics.OTHER_TRAFFIC] = min(1.0, max(0.0, 1 - report.cost_bytes / carried))
    return {metric: value for metric, value in values.items() if value is not None}


def _applies(target: Target) -> bool:
    del target
    return False


def _cost_bytes(target: Target, settings: Settings) -> int:
    """Its maximum data usage: a budget must suffice to complete a started test."""
    del target
    return round(2 * settings.max_bytes * _OVERHEAD) if settings.url else 0


def _timeout_s(settings: Settings) -> float:
    return settings.watch_s + 2 * (settings.warmup_s + settings.duration_s) + _SLACK_S


PROBE = Probe(
    settings=Settings,
    begin=stateless(run),
    applies=_applies,
    cost_bytes=_cost_bytes,
    timeout_s=_timeout_s,
    per_link=True,
)
