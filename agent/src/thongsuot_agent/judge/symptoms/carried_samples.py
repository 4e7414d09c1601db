"""
Carried samples: what one lookup, or one web request, says of the packets that were lost beside it.

A lookup is two questions, a request its segments, of which the kernel says how many it had to send
again (TCP_INFO).
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
"""A lookup run asks for IPv4 and IPv6 addresses; when it fails one of the two was lost."""
LATE_LOOKUP_S, LATE_FACTOR = 0.5, 3.0
"""A lookup that takes so long, and so many times the usual, tells of no lost packet beside it."""
LOST_AT_ONCE = 3
"""A server that is gone for some seconds again and again fails as many lookups as it is long."""
RETRANSMITTED = "retransmitted_segments"
"""Evidence of the web probe: segments that the kernel sent again, by TCP_INFO."""
INITIAL_TIMER_S = 1.0
"""After so long TCP sends its first packet again (RFC 6298, section 2.1)."""
HEALTHY_RATIO = 0.01
"""TCP repeats one segment in a hundred on good lines as well (tail loss probes, RFC 8985)."""
LOOKUPS_HEALTHY_RATIO = 0.004
"""As of echoes: nothing repeats a question, so that each lost one was lost by a packet."""
DEGRADED_RATIO = 0.05
"""From here on pages stall: two questions of a lookup fail in one run of ten."""
BAD_ANSWERS = frozenset(
    {Reason.NAME_SERVER_FAILED, Reason.NAME_SERVER_REFUSED, Reason.NAME_ANSWER_FORGED}
)
"""Answers of a name server that are wrong whatever the name; that a name is gone may be true."""


@dataclass(frozen=True, slots=True)
class CarriedPackets:
    """Packets of one run that were sent, and those of them that were lost."""

    sent: int
    lost: int


def packets_of(tracks: Iterable[Track]) -> CarriedPackets:
    """Return the packets of some series together, as they are counted for the present test."""
    counts = [(track.carried_sent, track.carried_lost) for track in tracks]
    return CarriedPackets(sum(sent for sent, _ in counts), sum(lost for _, lost in counts))


def sample_of(track: Track, finding: Finding, reachability: Reachability) -> CarriedPackets | None:
    """
    Return what a run says of loss, ``None`` where it says nothing; before the track records it.

    As with echoes a lookup that nothing answers counts when its series is answered again, and no
    more than a few in a row count: a dead server, or a way that is cut, is no loss rate. A request
    that fails says nothing: whether packets are lost or the portal is dead is another question.
    """
    if track.kind == LOOKUP and finding.reason in BAD_ANSWERS:
        # As good as lost, for the one who asked.
        return CarriedPackets(QUESTIONS, 1)
    if reachability is not Reachability.ANSWERED:
        return None
    if track.kind == LOOKUP:
        lost = 0 if _is_late(track, finding) else min(track.silences, LOST_AT_ONCE)
        return CarriedPackets(QUESTIONS * (lost + 1), lost)
    if track.kind == REQUEST and finding.outcome is Outcome.OK:
        if _is_sent_again_in_vain(finding) or is_doubtful(finding):
            # A busy machine sends again what it has only read late (2026-12: a policer of echoes
            # was told as a loss that such pages bore out).
            return None
        text = finding.evidence.get(RETRANSMITTED, "0")
        lost = int(text) if text.isdecimal() else 0
        # After one loss several may be sent again: more than half says no more than half.
        return CarriedPackets(SEGMENTS, min(lost, SEGMENTS // 2))
    return None


def _is_late(track: Track, finding: Finding) -> bool:
    """
    Return whether a name server answers late, so that those before may have come after their time.

    A server that was slow at the edge of what is waited for was a lossy one as well, and stayed so
    for minutes after its end, until enough lookups had lost nothing (2026-12).
    """
    took_s = finding.values.get(dns.LOOKUP.name, 0.0)
    return took_s >= LATE_LOOKUP_S and took_s >= LATE_FACTOR * (track.usual_s or 0.0)


def healthy_ratio(kind: str) -> float:
    """Return the share of its packets that a kind of probe loses on good lines, at most."""
    return LOOKUPS_HEALTHY_RATIO if kind == LOOKUP else HEALTHY_RATIO


def _is_sent_again_in_vain(finding: Finding) -> bool:
    """
    Return whether every exchange of a page took longer than TCP waits before it sends again.

    Then nothing need have been lost (RFC 3522, the Eifel algorithm, calls it spurious): late is not
    lost. Case (2026-11): a portal that was slow by 1.6 s, and another that lost packets, were told
    to the carriers as the loss of all that lies beyond them.
    """
    steps = (http.CONNECT, http.TLS, http.FIRST_BYTE)
    took_s = [finding.values[step.name] for step in steps if step.name in finding.values]
    return bool(took_s) and min(took_s) >= INITIAL_TIMER_S


def evidence_nats(sent: int, lost: int, degraded: float, healthy: float) -> float:
    """Return the evidence of a count for one share of losses against another."""
    return lost * log(degraded / healthy) + (sent - lost) * log((1 - degraded) / (1 - healthy))
