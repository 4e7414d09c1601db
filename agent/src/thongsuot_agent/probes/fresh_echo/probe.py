"""
Whether a new flow gets through, and with which packet size.

Measures    per run, by default four small echoes, each from its own socket and so with its own
            identifier, which a NAT treats as a new flow: the share answered. In the LAN also two
            full-size echoes over an answered flow: the size of the largest packet that got through.
Failed      no flow was answered: timed out, or an ICMP error that quotes our request gives the
            reason.
Unmeasured  the link is down, has no address or no route; ICMP sockets are not allowed; the answer
            came in by another interface or to another address.
Source      RFC 792 and RFC 4443 for the echo; RFC 5508, section 3.1 for its identifier as that of a
            NAT session; RFC 8899 for full-size packets as the test of a path.
Cost        352 bytes per run over IPv4, 512 over IPv6; in the LAN 6,000 more.
"""

import asyncio
from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from thongsuot_agent.links.echo import PAYLOAD_BYTES, EchoChannel
from thongsuot_agent.links.egress import Egress
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.pending_echo import EchoResult
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probing.addresses import address_of
from thongsuot_agent.probing.contract import Probe, stateless
from thongsuot_agent.proto.icmp import ECHO_HEADER_BYTES, IP4_HEADER_BYTES, IP6_HEADER_BYTES
from thongsuot_schema.catalogue.fresh_echo import ANSWERED, PACKET
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.metric import Metric
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding
from thongsuot_schema.segment import Segment

FULL_SIZE_ECHOES = 2
"""Two full-size packets: a single one may be lost by chance."""

_NEAR = frozenset({Segment.LAN, Segment.ACCESS, Segment.CARRIER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one ``kind = "fresh_echo"`` entry."""

    flows: Annotated[int, Meta(ge=1, le=16)] = 4
    """New flows of one run, one small echo each."""

    size_bytes: Annotated[int, Meta(ge=128, le=1500)] = 1500
    """
    Size of a full-size packet with its IP header: the MTU of Ethernet, which the first packet of a
    page's TLS handshake has. On an interface with a smaller MTU it leaves in fragments of the
    largest size.
    """

    timeout_s: Annotated[float, Meta(ge=0.01, le=60.0)] = 1.0
    """Time limit of each echo."""


async def run(link: LiveLink, target: Target, family: Family, settings: Settings) -> Finding:
    """Open the flows of one run, and send full-size packets on one that was answered."""
    try:
        egress = link.egress(family, address_of(link, target, family))
        with ExitStack() as stack:
            flows = [
                stack.enter_context(closing(link.open_echoes(family)))
                for _ in range(settings.flows)
            ]
            small = await _send(flows, egress, settings.timeout_s, PAYLOAD_BYTES)
            answering = [
                flow for flow, echo in zip(flows, small, strict=True) if echo.rtt_s is not None
            ]
            full_size: list[EchoResult] = []
            if answering and target.segment is Segment.LAN:
                header_bytes = IP6_HEADER_BYTES if family is Family.IP6 else IP4_HEADER_BYTES
                payload_bytes = settings.size_bytes - header_bytes - ECHO_HEADER_BYTES
                both = answering[:1] * FULL_SIZE_ECHOES
                full_size = await _send(both, egress, settings.timeout_s, payload_bytes)
    except LinkUnusable as unusable:
        return failed_finding(unusable.reason, detail=unusable.detail)
    return finding_from(small, full_size)


async def _send(
    flows: Iterable[EchoChannel], egress: Egress, timeout_s: float, payload_bytes: int
) -> list[EchoResult]:
    """Send one echo over each flow at once; return the results in the same order."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_echo(flow, egress, timeout_s, payload_bytes)) for flow in flows]
    return [task.result() for task in tasks]


async def _echo(
    flow: EchoChannel, egress: Egress, timeout_s: float, payload_bytes: int
) -> EchoResult:
    """Send one echo; one that the kernel does not send leaves those of the other flows alone."""
    try:
        return await flow.echo(egress, timeout_s=timeout_s, payload_bytes=payload_bytes)
    except LinkUnusable as unusable:
        return EchoResult(reason=unusable.reason, detail=unusable.detail)


def finding_from(small: list[EchoResult], full_size: list[EchoResult]) -> Finding:
    """Return the combined result of the echoes of one run."""
    echoes = (*small, *full_size)
    doubts = tuple(sorted({doubt for echo in echoes for doubt in echo.doubts}))
    cost_bytes = sum(echo.sent_bytes + echo.received_bytes for echo in echoes)
    measured = [echo for echo in small if not _is_unmeasured(echo)]
    if not measured:
        reason = small[0].reason or Reason.UNMEASURED_OTHERWISE
        return failed_finding(reason, detail=small[0].detail, doubts=doubts, cost_bytes=cost_bytes)
    answered = [echo for echo in measured if echo.rtt_s is not None]
    values: dict[Metric, float] = {ANSWERED: len(answered) / len(measured)}
    if not answered:
        last = measured[-1]
        return failed_finding(
            last.reason or Reason.FAILED_OTHERWISE,
            values,
            detail=last.detail,
            doubts=doubts,
            cost_bytes=cost_bytes,
        )
    passed = [echo.sent_bytes for echo in full_size if echo.rtt_s is not None]
    if passed or (full_size and not any(_is_unmeasured(echo) for echo in full_size)):
        values[PACKET] = max(passed, default=answered[0].sent_bytes)
    return ok_finding(values, doubts=doubts, cost_bytes=cost_bytes)


def _is_unmeasured(echo: EchoResult) -> bool:
    return echo.reason is not None and outcome_of(echo.reason) is Outcome.UNMEASURED


def _applies(target: Target) -> bool:
    """
    Return whether a target is on the site: from there the point where new flows end can be located.
    """
    return target.role is Role.ANCHOR and bool(target.addresses) and target.segment in _NEAR


def _cost_bytes(target: Target, settings: Settings) -> int:
    """The cost of the more expensive family; the schedule counts a run for each family."""
    small_bytes = IP6_HEADER_BYTES + ECHO_HEADER_BYTES + PAYLOAD_BYTES
    full_size_echoes = FULL_SIZE_ECHOES if target.segment is Segment.LAN else 0
    return 2 * (settings.flows * small_bytes + full_size_echoes * settings.size_bytes)


def _timeout_s(settings: Settings) -> float:
    return 2 * settings.timeout_s


PROBE = Probe(
    settings=Settings,
    begin=stateless(run),
    applies=_applies,
    cost_bytes=_cost_bytes,
    timeout_s=_timeout_s,
)
