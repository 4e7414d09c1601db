"""What a simulated run answers: from the troubles on its way to a finding."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

from msgspec import structs

from thongsuot_agent.judge.site_probes import ProbePoint
from thongsuot_schema.catalogue import dns, http, icmp
from thongsuot_schema.metric import Metric
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding
from thongsuot_schema.segment import Segment

if TYPE_CHECKING:
    from tests.agent.judge.simulated_site import InjectedFault, LinkNoise, SimulatedSite

FAR_FUTURE_S = 1_890_000_000.0
_HANDSHAKES = 6
"""Packets of a web request whose loss costs a retransmission, not the request."""
_SEGMENTS, _SENT_AGAIN_S = 12, 0.3
"""Segments of a page, and what one that is sent again costs (RFC 6298: at least 0.2 s on Linux)."""


RTT_S = {
    Segment.LAN: 0.001,
    Segment.ACCESS: 0.004,
    Segment.CARRIER: 0.006,
    Segment.TRANSIT: 0.012,
    Segment.SERVICE: 0.014,
}
TTL_S = 300.0
ABROAD_S = 0.180
RADIO_S = 0.025


def base_rtt_s(point: ProbePoint, link: str) -> float:
    """Return the round trip of a healthy link to a point."""
    far_s = 0.0 if point.domestic else ABROAD_S
    radio_s = RADIO_S if "mobile" in link and point.rung is not Segment.LAN else 0.0
    return RTT_S[point.rung] + far_s + radio_s


class LateAnswers:
    """Answers to echoes that came after their time, by series."""

    def __init__(self) -> None:
        self._late: dict[tuple[str, Family, str], tuple[float, float]] = {}

    def give_up(
        self,
        series: tuple[str, Family, str],
        at_s: float,
        rtt_s: float,
        finding: Finding,
        timeout_s: float,
    ) -> tuple[float, Finding]:
        """Give up an echo at its time; the one after it tells of an answer that came late."""
        late = self._late.get(series)
        if finding.outcome is Outcome.OK and rtt_s >= timeout_s:
            self._late[series] = (at_s + rtt_s, rtt_s)
            finding = failed_finding(Reason.TIMED_OUT)
        took_s = min(rtt_s, timeout_s)
        # The channel waits 5 s for what is late.
        if late is not None and late[1] <= 5.0 and late[0] <= at_s + took_s:
            finding = structs.replace(finding, evidence={"late_rtt_s": f"{late[1]:.3f}"})
            if self._late.get(series) == late:
                del self._late[series]
        return took_s, finding


def is_name_resolved(dice: random.Random, hits: list[InjectedFault]) -> bool:
    """Return whether either of two questions to the link's name server is answered."""
    share = 1.0 - math.prod(1.0 - hit.loss for hit in hits if hit.reason is None)
    is_mute = any(hit.reason is Reason.NAME_SERVER_TIMED_OUT for hit in hits)
    return not is_mute and (share < 0.5 or any(dice.random() > share for _ in "ab"))


def without_name(hits: list[InjectedFault], *, remembers: bool) -> tuple[float, Finding]:
    """Return what a request finds whose name nobody looks up: its last address is tried."""
    if not remembers:
        return 4.0, failed_finding(Reason.NAME_SERVER_TIMED_OUT)
    is_cut = any(hit.loss >= 0.99 or hit.reason is Reason.TIMED_OUT for hit in hits)
    evidence = {"by_last_address": "timed_out" if is_cut else "reached"}
    finding = failed_finding(Reason.NAME_SERVER_TIMED_OUT, evidence=evidence)
    return (10.0 if is_cut else 4.2), finding


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
    share = _lost_share(hits, noise)
    if _is_lost(dice, post, share):
        reason = Reason.NAME_SERVER_TIMED_OUT if post.kind == "dns" else Reason.TIMED_OUT
        return timeout_s, failed_finding(reason)
    rtt_s = base_s + abs(dice.gauss(0.0, noise.jitter_s)) + sum(hit.delay_s for hit in hits)
    if dice.random() < noise.spike:
        rtt_s += noise.spike_s
    return _reply(dice, post, rtt_s, share, world)


def _lost_share(hits: list[InjectedFault], noise: LinkNoise) -> float:
    share = noise.loss
    for hit in hits:
        if hit.reason is None:
            share = 1.0 - (1.0 - share) * (1.0 - hit.loss)
    return share


def _is_lost(dice: random.Random, post: ProbePoint, share: float) -> bool:
    if post.kind == "http":
        # TCP retransmits: a web request fails only when nothing at all comes through.
        return all(dice.random() < share for _ in range(_HANDSHAKES))
    # A lookup asks two questions at once, and fails with either.
    return any(dice.random() < share for _ in range(2 if post.kind == "dns" else 1))


def _reply(
    dice: random.Random, post: ProbePoint, rtt_s: float, share: float, world: SimulatedSite
) -> tuple[float, Finding]:
    if post.kind == "icmp":
        return rtt_s, ok_finding({icmp.RTT: rtt_s, icmp.LOSS: 0.0})
    if post.kind == "dns":
        lookup_s = rtt_s + dice.expovariate(200.0)
        if lookup_s >= world.timeout_s["dns"]:
            return world.timeout_s["dns"], failed_finding(Reason.NAME_SERVER_TIMED_OUT)
        return lookup_s, ok_finding({dns.LOOKUP: lookup_s, dns.ANSWERS: 2.0, dns.TTL: TTL_S})
    again = sum(dice.random() < share for _ in range(_SEGMENTS))
    total_s = rtt_s * 4 + 0.05 + dice.expovariate(20.0) + again * _SENT_AGAIN_S
    values: dict[Metric, float] = {
        http.TOTAL: total_s,
        http.STATUS: 200.0,
        http.CERTIFICATE_EXPIRY: world.expiry_s.get(post.target, FAR_FUTURE_S),
    }
    evidence = {"retransmitted_segments": str(again)} if again else {}
    return total_s, ok_finding(values, evidence=evidence)
