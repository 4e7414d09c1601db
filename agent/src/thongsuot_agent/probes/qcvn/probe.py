"""
One sample of the rate each way by the method of QCVN 34:2022/BTTTT: a file to and from a server.

Measures    the rate of one file down and one up, each from the request to its last byte, including
            slow start; the regulation compares the mean of at least 1,000 samples at different
            hours with the contract (see ``qcvn`` in the agent's status).
Failed      the server is not reached, refuses, breaks off; a certificate is not good; a file took
            longer than ``timeout_s``.
Unmeasured  the link is down or has no route; people are using it; the server has no room; the
            worker died.
Source      QCVN 34:2022/BTTTT, average rates; the sizes of its files are our choice.
Cost        2 x ``file_bytes`` and a tenth more.
"""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.probes.qcvn.protocol import FileTestRequest
from thongsuot_agent.probing.contract import Probe, stateless
from thongsuot_agent.probing.link_load.preparation import (
    check_server,
    reason_of,
)
from thongsuot_agent.probing.link_load.protocol import LoadTestReport
from thongsuot_agent.probing.link_load.reflector import Reflector, run_reflector_test
from thongsuot_agent.worker import request_report
from thongsuot_schema.catalogue import qcvn as metrics
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.metric import Metric
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import outcome_of
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding

_WORKER = "thongsuot_agent.probes.qcvn.worker"
_OVERHEAD = 1.1
_SLACK_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one ``kind = "qcvn"`` entry; ``every_s = 2400`` has 1,116 moments a month."""

    url: str = ""
    """The throughput reflector, as for ``throughput``; empty is unmeasured."""

    key_file: str = ""
    """File with the reflector's key, as for ``throughput``."""

    ca_file: str = ""
    """File of trusted certificate authorities (PEM); empty: those of the device."""

    family: str = ""
    """``ip4`` or ``ip6``; empty: IPv4 where it works, else IPv6."""

    file_bytes: Annotated[int, Meta(ge=100_000, le=1_000_000_000)] = 10_000_000
    """Length of each file. A short file on a fast link measures only TCP's slow start."""

    timeout_s: Annotated[float, Meta(ge=1.0, le=300.0)] = 60.0
    """Time limit of each file."""

    watch_s: Annotated[float, Meta(ge=0.5, le=30.0)] = 2.0
    """How long the interface's counters are observed before the test."""

    busy_bits_per_second: float = 1_000_000.0
    """Traffic that counts as an idle link; more means that the link is in use."""

    force: bool = False
    """Measure even if the link is in use."""

    def __post_init__(self) -> None:
        """Reject settings that cannot be run."""
        check_server(self.url, self.key_file, self.family)


async def run(link: LiveLink, target: Target, family: Family, settings: Settings) -> Finding:
    """Watch the link, find the server, and transfer one file each way."""
    del target, family

    async def measure(reflector: Reflector) -> Finding:
        request = FileTestRequest(
            route=reflector.route,
            url=reflector.url,
            key=reflector.key,
            ca_file=reflector.trusted.file,
            ca_folder=reflector.trusted.folder,
            file_bytes=settings.file_bytes,
            timeout_s=settings.timeout_s,
        )
        report = await request_report(
            _WORKER, request, LoadTestReport, _timeout_s(settings) - settings.watch_s
        )
        return finding_from(report, settings, reflector.cost_bytes)

    return await run_reflector_test(link, settings, measure)


def finding_from(report: LoadTestReport, settings: Settings, asked_bytes: int = 0) -> Finding:
    """Return the finding of a worker's report."""
    cost_bytes = report.cost_bytes + asked_bytes
    values: dict[Metric, float] = {}
    if report.file_down_s:
        values[metrics.DOWN] = settings.file_bytes / report.file_down_s
    if report.file_up_s:
        values[metrics.UP] = settings.file_bytes / report.file_up_s
    if not report.problem:
        return ok_finding(values, cost_bytes=cost_bytes)
    reason = reason_of(report)
    kept = values if outcome_of(reason) is Outcome.FAILED else None
    return failed_finding(reason, kept, detail=report.problem, cost_bytes=cost_bytes)


def _applies(target: Target) -> bool:
    del target
    return False


def _cost_bytes(target: Target, settings: Settings) -> int:
    del target
    return round(2 * settings.file_bytes * _OVERHEAD) if settings.url else 0


def _timeout_s(settings: Settings) -> float:
    return settings.watch_s + 2 * settings.timeout_s + _SLACK_S


PROBE = Probe(
    settings=Settings,
    begin=stateless(run),
    applies=_applies,
    cost_bytes=_cost_bytes,
    timeout_s=_timeout_s,
    per_link=True,
)
