"""Traces a route: when each hop limit is probed, and how its answers form a hop."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from thongsuot_agent.links.tracer import Tracer, TracerProbe
from thongsuot_agent.probes.path.hops import HopAnswer, hop_from, last_number
from thongsuot_schema.path import Hop
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import QualityFlag
from thongsuot_schema.statistics import median

GAP_S = 0.02
"""
Interval between probes. With a round-trip time of 20 ms, a target at 8 hops has answered before hop
ten is probed, and a router limited to one answer in 20 ms keeps up.
"""

HOPS_AT_ONCE = 4
"""
Known hops probed in one wake-up, and then the interval of as many probes: each router is probed no
faster for it. Four small packets of 100 bytes on the line delay the last by 0.24 ms at 10 Mbit/s.
"""

HOPS_AHEAD = 3
"""The number of hops probed beyond the last answering one, until the target answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePacing:
    """How a route is traced; the fields are those of the probe's settings."""

    count: int
    retries: int
    max_hops: int
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceResult:
    """
    The result of a trace.

    ``hops`` end with the last that answered, or with the refusal beyond it. ``target_hops`` is the
    distance of the target, ``None`` if it did not answer. ``reason`` says which router refused to
    forward a probe.
    """

    hops: tuple[Hop, ...]
    target_hops: int | None
    target_rtt_s: float | None = None
    reason: Reason | None = None
    refused_by: str = ""
    doubts: tuple[QualityFlag, ...] = ()


async def trace_route(tracer: Tracer, pace: TracePacing) -> TraceResult:
    """
    Probe all hops up to the target.

    The first round goes outwards until the target, or a router that refuses to forward, has
    answered. Further rounds cover the known hops. Silent hops are probed again at the end: routers
    limit how often they answer.
    """
    probes: list[TracerProbe] = []
    for hops in range(1, pace.max_hops + 1):
        probes.append(tracer.send(hops))
        await asyncio.sleep(GAP_S)
        tracer.collect()
        if _end(probes) is not None:
            break
    await tracer.wait_for(_wanted(probes), pace.timeout_s)
    end = _end(probes) or min(pace.max_hops, _last(probes) + HOPS_AHEAD)
    probes = [probe for probe in probes if probe.hops <= end]
    more: list[TracerProbe] = []
    for _ in range(pace.count - 1):
        for first in range(1, end + 1, HOPS_AT_ONCE):
            together = range(first, min(first + HOPS_AT_ONCE, end + 1))
            more += [tracer.send(hops) for hops in together]
            await asyncio.sleep(len(together) * GAP_S)
    await tracer.wait_for(more, pace.timeout_s)
    probes += more
    for _ in range(pace.retries):
        await _retry_silent(tracer, probes, pace)
    return _trace_result(probes)


async def _retry_silent(tracer: Tracer, probes: list[TracerProbe], pace: TracePacing) -> None:
    """Probe the silent hops once more; one by one if answers do not identify their probe."""
    last = _end(probes) or _last(probes)
    silent = [hops for hops in range(1, last) if not _answers(probes, hops)]
    again: list[TracerProbe] = []
    for hops in silent:
        again.append(tracer.send(hops))
        await asyncio.sleep(GAP_S)
        if tracer.nameless:
            await tracer.wait_for(again[-1:], pace.timeout_s)
    await tracer.wait_for(again, pace.timeout_s)
    probes += again


def _trace_result(probes: Sequence[TracerProbe]) -> TraceResult:
    target = _least(probes, _is_target)
    refusals = [probe for probe in probes if probe.answer is not None and probe.answer.reply.reason]
    answers = [
        HopAnswer(
            number=probe.hops,
            address=probe.answer.reply.address,
            rtt_s=probe.answer.rtt_s,
            reason=probe.answer.reply.reason,
            labels=probe.answer.reply.labels,
        )
        for probe in probes
        if probe.answer is not None
    ]
    sent = Counter(probe.hops for probe in probes)
    hops = tuple(
        hop_from(number, sent[number], answers)
        for number in range(1, (target or last_number(answers)) + 1)
    )
    reason, refused_by = None, ""
    if target is None and refusals:
        answer = min(refusals, key=lambda probe: probe.hops).answer
        assert answer is not None, "those without an answer were left out"
        reason, refused_by = answer.reply.reason, answer.reply.address
    doubts = {d for probe in probes if probe.answer for d in probe.answer.doubts}
    rtts = [
        probe.answer.rtt_s
        for probe in probes
        if probe.answer is not None and _is_target(probe) and probe.hops == target
    ]
    return TraceResult(
        hops=hops,
        target_hops=target,
        target_rtt_s=median(rtts) if rtts else None,
        reason=reason,
        refused_by=refused_by,
        doubts=tuple(sorted(doubts)),
    )


def _is_target(probe: TracerProbe) -> bool:
    answer = probe.answer
    return answer is not None and answer.reply.is_target and answer.reply.reason is None


def _end(probes: Sequence[TracerProbe]) -> int | None:
    """Return the distance of the nearest host that answers as the end of the path."""
    return _least(
        probes,
        lambda probe: (
            probe.answer is not None
            and (probe.answer.reply.is_target or probe.answer.reply.reason is not None)
        ),
    )


def _least(probes: Sequence[TracerProbe], wanted: Callable[[TracerProbe], bool]) -> int | None:
    return min((probe.hops for probe in probes if wanted(probe)), default=None)


def _last(probes: Sequence[TracerProbe]) -> int:
    return max((probe.hops for probe in probes if probe.answer is not None), default=0)


def _wanted(probes: Sequence[TracerProbe]) -> list[TracerProbe]:
    end = _end(probes)
    return [probe for probe in probes if end is None or probe.hops <= end]


def _answers(probes: Sequence[TracerProbe], hops: int) -> bool:
    return any(probe.hops == hops and probe.answer is not None for probe in probes)
