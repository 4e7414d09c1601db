"""
Round-trip times by ICMP echo.

Measures    per run, by default one echo: the median round-trip time between the kernel's timestamps
            of sending the request and receiving the answer, the share of unanswered echoes, and the
            remaining hop limit of the last answer.
Failed      no echo of the run was answered: timed out, or an ICMP error that quotes our request
            gave the reason (host or network unreachable, filtered, hop limit exceeded).
Unmeasured  the link is down, has no address or no route; ICMP sockets are not allowed; the answer
            came in by another interface or to another address.
Source      RFC 792; RFC 4443, section 4; RFC 2681 for the definition of round-trip delay.
Cost        2 packets, 88 bytes over IPv4 and 128 over IPv6, per echo.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from thongsuot_agent.links.echo import PAYLOAD_BYTES
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.pending_echo import EchoResult
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probing.addresses import address_of
from thongsuot_agent.probing.contract import Probe, stateless
from thongsuot_agent.proto.icmp import ECHO_HEADER_BYTES, IP6_HEADER_BYTES
from thongsuot_schema.catalogue.icmp import DEAD, HOP_LIMIT, LOSS, OLD_FLOW, RTT
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.metric import Metric
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding
from thongsuot_schema.statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one ``kind = "icmp"`` entry."""

    count: Annotated[int, Meta(ge=1, le=100)] = 1
    """Echoes of one run."""

    spacing_s: Annotated[float, Meta(ge=0.0, le=10.0)] = 0.1
    """Interval between the echoes of a run."""

    timeout_s: Annotated[float, Meta(ge=0.01, le=60.0)] = 1.0
    """Time limit of each echo."""

    payload_bytes: Annotated[int, Meta(ge=8, le=1400)] = PAYLOAD_BYTES
    """Random bytes in each echo; at least 8, so that an answer cannot be guessed."""


async def run(link: LiveLink, target: Target, family: Family, settings: Settings) -> Finding:
    """Send the echoes of one run and wait for their answers."""
    if settings.count == 1:
        return finding_from([await _send_echo(link, target, family, settings, 0)])
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_send_echo(link, target, family, settings, number))
            for number in range(settings.count)
        ]
    return finding_from([task.result() for task in tasks])


async def _send_echo(
    link: LiveLink, target: Target, family: Family, settings: Settings, number: int
) -> EchoResult:
    if number:
        await asyncio.sleep(number * settings.spacing_s)
    try:
        egress = link.egress(family, address_of(link, target, family))
        return await link.echoes(family).echo(
            egress, timeout_s=settings.timeout_s, payload_bytes=settings.payload_bytes
        )
    except LinkUnusable as unusable:
        return EchoResult(reason=unusable.reason, detail=unusable.detail)


def finding_from(echoes: list[EchoResult]) -> Finding:
    """Return the combined result of the echoes of one run."""
    doubts = tuple(sorted({doubt for echo in echoes for doubt in echo.doubts}))
    cost_bytes = sum(echo.sent_bytes + echo.received_bytes for echo in echoes)
    measured = [echo for echo in echoes if not _is_unmeasured(echo)]
    if not measured:
        first = echoes[0]
        reason = first.reason or Reason.UNMEASURED_OTHERWISE
        return failed_finding(reason, detail=first.detail, doubts=doubts, cost_bytes=cost_bytes)
    answered = [echo for echo in measured if echo.rtt_s is not None]
    late = [echo.late_rtt_s for echo in measured if echo.late_rtt_s is not None]
    evidence = {"late_rtt_s": f"{late[-1]:.3f}"} if late else {}
    if any(echo.is_old_flow_dead for echo in measured):
        evidence[OLD_FLOW] = DEAD
    values: dict[Metric, float] = {LOSS: 1.0 - len(answered) / len(measured)}
    if not answered:
        last = measured[-1]
        reason = last.reason or Reason.FAILED_OTHERWISE
        return failed_finding(
            reason,
            values,
            detail=last.detail,
            doubts=doubts,
            evidence=evidence,
            cost_bytes=cost_bytes,
        )
    values[RTT] = median([echo.rtt_s for echo in answered if echo.rtt_s is not None])
    hop_limit = answered[-1].hop_limit
    if hop_limit is not None:
        values[HOP_LIMIT] = hop_limit
    return ok_finding(values, doubts=doubts, evidence=evidence, cost_bytes=cost_bytes)


def _is_unmeasured(echo: EchoResult) -> bool:
    return echo.reason is not None and outcome_of(echo.reason) is Outcome.UNMEASURED


def _applies(target: Target) -> bool:
    return target.role is Role.ANCHOR and bool(target.addresses)


def _cost_bytes(target: Target, settings: Settings) -> int:
    """The cost of the more expensive family; the schedule counts a run for each family."""
    del target
    return settings.count * 2 * (IP6_HEADER_BYTES + ECHO_HEADER_BYTES + settings.payload_bytes)


def _timeout_s(settings: Settings) -> float:
    return (settings.count - 1) * settings.spacing_s + settings.timeout_s


PROBE = Probe(
    settings=Settings,
    begin=stateless(run),
    applies=_applies,
    cost_bytes=_cost_bytes,
    timeout_s=_timeout_s,
)
