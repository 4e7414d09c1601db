"""What a simulated run answers: from the troubles on its way to a finding."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from thongsuot_agent.judge.site_probes import ProbePoint
from thongsuot_schema.catalogue import dns, http, icmp
from thongsuot_schema.metric import Metric
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import Finding, failed_finding, ok_finding

if TYPE_CHECKING:
    from tests.agent.judge.simulated_site import InjectedFault, LinkNoise, SimulatedSite

FAR_FUTURE_S = 1_890_000_000.0
_HANDSHAKES = 6
"""Packets of a web request whose loss costs a retransmission, not the request."""


def simulate_answer(
    dice: random.Random,
    post: ProbePoint,
    base_s: float,
    hits: list[InjectedFault],
    world: SimulatedSite,
) -> tuple[float, Finding]:
    """Return how long a run took and what it found."""
    noise, timeout_s = world.noise, world.timeout_s[post.kind]
    for hit in hits:
        if hit.reason is not None:
            if outcome_of(hit.reason) is Outcome.UNMEASURED:
                return base_s, failed_finding(hit.reason)
            slow = hit.reason in {Reason.TLS_TIMED_OUT, Reason.RESPONSE_TIMED_OUT}
            late = hit.reason in {Reason.TIMED_OUT, Reason.NAME_SERVER_TIMED_OUT}
            took_s = timeout_s if slow or late else base_s
            return took_s, failed_finding(hit.reason)
    if _is_lost(dice, post, hits, noise):
        return timeout_s, failed_finding(Reason.TIMED_OUT)
    rtt_s = base_s + abs(dice.gauss(0.0, noise.jitter_s)) + sum(hit.delay_s for hit in hits)
    if dice.random() < noise.spike:
        rtt_s += noise.spike_s
    return _reply(dice, post, rtt_s, world)


def _is_lost(
    dice: random.Random, post: ProbePoint, hits: list[InjectedFault], noise: LinkNoise
) -> bool:
    share = noise.loss
    for hit in hits:
        if hit.reason is None:
            share = 1.0 - (1.0 - share) * (1.0 - hit.loss)
    if post.kind == "http":
        # TCP retransmits: a web request fails only when nothing at all comes through.
        return all(dice.random() < share for _ in range(_HANDSHAKES))
    return dice.random() < share


def _reply(
    dice: random.Random, post: ProbePoint, rtt_s: float, world: SimulatedSite
) -> tuple[float, Finding]:
    if post.kind == "icmp":
        if rtt_s >= world.timeout_s["icmp"]:
            return world.timeout_s["icmp"], failed_finding(Reason.TIMED_OUT)
        return rtt_s, ok_finding({icmp.RTT: rtt_s, icmp.LOSS: 0.0})
    if post.kind == "dns":
        lookup_s = rtt_s + dice.expovariate(200.0)
        return lookup_s, ok_finding({dns.LOOKUP: lookup_s, dns.ANSWERS: 2.0})
    total_s = rtt_s * 4 + 0.05 + dice.expovariate(20.0)
    values: dict[Metric, float] = {
        http.TOTAL: total_s,
        http.STATUS: 200.0,
        http.CERTIFICATE_EXPIRY: world.expiry_s.get(post.target, FAR_FUTURE_S),
    }
    return total_s, ok_finding(values)
