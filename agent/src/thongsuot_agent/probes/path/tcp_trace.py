"""Traces the path to a target by TCP, like a web page's own packets, in a worker with scapy."""

from thongsuot_agent.links.egress import Egress
from thongsuot_agent.probes.path.hops import HopAnswer, hop_from, last_number
from thongsuot_agent.probes.path.tcp_protocol import TcpTraceReport, TcpTraceRequest
from thongsuot_agent.probes.path.trace import TracePacing, TraceResult
from thongsuot_agent.worker import WorkerFailed, request_report
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import QualityFlag
from thongsuot_schema.statistics import median

WORKER = "thongsuot_agent.probes.path.tcp_worker"
START_S = 10.0
"""For Python and scapy to start on a slow device."""


class TraceFailed(Exception):
    """The worker could not trace the path; ``reason`` is always an unmeasured one."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


async def trace_by_tcp(
    egress: Egress, port: int, flow: int, pace: TracePacing
) -> tuple[TraceResult, int, str]:
    """
    Return a trace, its cost in bytes, and a text about a changed segment size on the path.

    Raises:
        TraceFailed: scapy is missing, packet sockets are not allowed, or the worker failed.
    """
    request = TcpTraceRequest(
        interface=egress.interface,
        source=egress.source,
        destination=egress.destination,
        port=port,
        flow=flow,
        count=pace.count,
        max_hops=pace.max_hops,
        timeout_s=pace.timeout_s,
        selector=egress.selector,
    )
    limit_s = START_S + pace.count * pace.max_hops * 0.02 + 3 * pace.timeout_s
    try:
        report = await request_report(WORKER, request, TcpTraceReport, limit_s)
    except WorkerFailed as error:
        raise TraceFailed(Reason.UNMEASURED_OTHERWISE, str(error)) from error
    if report.problem:
        raise TraceFailed(*_failure(report.problem))
    cost_bytes = report.sent_bytes + report.received_bytes
    return trace_from_report(report), cost_bytes, clamped_segment_text(report)


def _failure(problem: str) -> tuple[Reason, str]:
    if problem.startswith("scapy"):
        return Reason.NOT_SUPPORTED, "TCP needs scapy: install thongsuot-agent[path]"
    if problem.startswith("permission"):
        return (
            Reason.PERMISSION_DENIED,
            "TCP needs packet sockets: grant CAP_NET_RAW (AmbientCapabilities=CAP_NET_RAW)",
        )
    return Reason.UNMEASURED_OTHERWISE, problem


def trace_from_report(report: TcpTraceReport) -> TraceResult:
    """Return the trace of a report; its times are by the process's own clock."""
    at_target = [seen for seen in report.replies if seen.is_target and not seen.reason]
    target = min((seen.hops for seen in at_target), default=None)
    answers = [
        HopAnswer(
            number=reply.hops,
            address=reply.address,
            rtt_s=reply.rtt_s,
            reason=Reason(reply.reason) if reply.reason else None,
            labels=reply.labels,
        )
        for reply in report.replies
    ]
    last = target or last_number(answers)
    refusal = min(
        (seen for seen in report.replies if seen.reason), key=lambda seen: seen.hops, default=None
    )
    return TraceResult(
        hops=tuple(
            hop_from(number, report.sent.get(number, 0), answers) for number in range(1, last + 1)
        ),
        target_hops=target,
        target_rtt_s=median([s.rtt_s for s in at_target if s.hops == target]) if target else None,
        reason=None if refusal is None or target else Reason(refusal.reason),
        refused_by="" if refusal is None or target else refusal.address,
        doubts=(QualityFlag.SOFTWARE_STAMP,) if report.replies else (),
    )


def clamped_segment_text(report: TcpTraceReport) -> str:
    """Return the hop at which the segment size of the SYN had been changed, and its new value."""
    for seen in sorted(report.replies, key=lambda reply: reply.hops):
        size_bytes = seen.segment_bytes
        if size_bytes is not None and size_bytes != report.segment_bytes:
            return f"{report.segment_bytes} became {size_bytes} before hop {seen.hops}"
    return ""
