"""
Carried samples: the packets lost by one lookup or one web request.

A lookup counts as two queries, a request as its segments, with the number of retransmissions from
the kernel (TCP_INFO).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log

from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.reachability import Reachability, is_doubtful
from thongsuot_agent.judge.symptoms.pages import SEGMENTS
from thongsuot_schema.catalogue import dns, http
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Finding

LOOKUP, REQUEST = dns.KIND.name, http.KIND.name
QUESTIONS = 2
"""A lookup run queries IPv4 and IPv6 addresses; if it fails, one of the two was lost."""
LATE_LOOKUP_S, LATE_FACTOR = 0.5, 3.0
"""
A lookup that takes this long, and this multiple of the usual time, is no evidence of a lost packet.
"""
LOST_AT_ONCE = 3
"""
A server that is repeatedly gone for some seconds fails a number of lookups proportional to that
time.
"""
RETRANSMITTED = "retransmitted_segments"
"""Evidence of the web probe: segments that the kernel retransmitted, from TCP_INFO."""
INITIAL_TIMER_S = 1.0
"""After this time TCP retransmits its first packet (RFC 6298, section 2.1)."""
HEALTHY_RATIO = 0.01
"""TCP retransmits one segment in a hundred on good lines as well (tail loss probes, RFC 8985)."""
LOOKUPS_HEALTHY_RATIO = 0.004
"""As for echoes: queries are not repeated, so each lost one means a lost packet."""
DEGRADED_RATIO = 0.05
"""From here on pages stall: one of a lookup's two queries fails in one run of ten."""
BAD_ANSWERS = frozenset(
    {Reason.NAME_SERVER_FAILED, Reason.NAME_SERVER_REFUSED, Reason.NAME_ANSWER_FORGED}
)
"""Answers of a name server that are wrong for any name; the absence of a name may be true."""


@dataclass(frozen=True, slots=True)
class CarriedPackets:
    """Sent packets of a run or of several, and the lost ones among them."""

    sent: int
    lost: int


def packets_of(tracks: Iterable[Track]) -> CarriedPackets:
    """Return the packets of several series together, as counted for the current test."""
    counts = [(track.carried_sent, track.carried_lost) for track in tracks]
    return CarriedPackets(sum(sent for sent, _ in counts), sum(lost for _, lost in counts))


def sample_of(track: Track, finding: Finding, reachability: Reachability) -> CarriedPackets | None:
    """
    Return the loss sample of a run, ``None`` if it has none; call it before the track records the
    run.

    As for echoes, an unanswered lookup counts when its series is answered again, and only a few
    consecutive ones count: a dead server, or a cut path, is not a loss ratio. A failed request
    proves nothing: whether packets are lost or the portal is dead is a separate question.
    """
    if track.kind == LOOKUP and finding.reason in BAD_ANSWERS:
        # As good as lost, for the client.
        return CarriedPackets(QUESTIONS, 1)
    if reachability is not Reachability.ANSWERED:
        return None
    if track.kind == LOOKUP:
        lost = 0 if _is_late(track, finding) else min(track.silences, LOST_AT_ONCE)
        return CarriedPackets(QUESTIONS * (lost + 1), lost)
    if track.kind == REQUEST and finding.outcome is Outcome.OK:
        if _is_sent_again_in_vain(finding) or is_doubtful(finding):
            # A busy machine retransmits because it reads late (2026-12: a policer of echoes was
            # reported as a loss that such pages confirmed).
            return None
        text = finding.evidence.get(RETRANSMITTED, "0")
        lost = int(text) if text.isdecimal() else 0
        # After one loss several segments may be retransmitted: more than half counts as half.
        return CarriedPackets(SEGMENTS, min(lost, SEGMENTS // 2))
    return None


def _is_late(track: Track, finding: Finding) -> bool:
    """
    Return whether a name server answers late, so that earlier answers may have arrived after their
    time limit.

    A server with response times near the time limit also counted as lossy, and still did minutes
    after its end, until enough lookups had no loss (2026-12).
    """
    took_s = finding.values.get(dns.LOOKUP.name, 0.0)
    return took_s >= LATE_LOOKUP_S and took_s >= LATE_FACTOR * (track.usual_s or 0.0)


def healthy_ratio(kind: str) -> float:
    """Return the maximum loss ratio of a kind of probe on good lines."""
    return LOOKUPS_HEALTHY_RATIO if kind == LOOKUP else HEALTHY_RATIO


def _is_sent_again_in_vain(finding: Finding) -> bool:
    """
    Return whether every exchange of a page took longer than TCP's initial retransmission timer.

    Then no packet need have been lost (RFC 3522, the Eifel algorithm, calls it spurious): late is
    not lost. Case (2026-11): a portal that was slow by 1.6 s, and another that lost packets, were
    reported to the carriers as loss of everything beyond them.
    """
    steps = (http.CONNECT, http.TLS, http.FIRST_BYTE)
    took_s = [finding.values[step.name] for step in steps if step.name in finding.values]
    return bool(took_s) and min(took_s) >= INITIAL_TIMER_S


def evidence_nats(sent: int, lost: int, degraded: float, healthy: float) -> float:
    """Return the evidence of a count for one loss ratio against another."""
    return lost * log(degraded / healthy) + (sent - lost) * log((1 - degraded) / (1 - healthy))
