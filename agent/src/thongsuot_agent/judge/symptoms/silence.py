"""
Silence: nothing answers beyond a rung. The ladder itself.

An answer from any rung proves every rung below passable at that time. What is broken is the rung
after the highest that answered, if enough independent witnesses beyond it are silent, in a number
that mere loss does not explain. Where a rung has no lookout of its own it cannot be proved apart:
with no access anchor, silence beyond the gateway is ``access``.
"""

from collections.abc import Mapping, Sequence
from math import log

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.evidence import gather
from thongsuot_agent.judge.fault import Fault, Sighting
from thongsuot_agent.judge.memory import LinkMemory, Memory
from thongsuot_agent.judge.plan import RANK, Watch
from thongsuot_agent.judge.sight import SERVICES, Seen, Surroundings, witnesses
from thongsuot_agent.judge.symptoms.families import dead_family
from thongsuot_agent.judge.symptoms.partial import partly_silent
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

NS_PER_S = 1_000_000_000

GATEWAY_SILENT = Fault(state=State.DOWN, segment=Segment.LAN, symptom=Symptom.GATEWAY_SILENT)
ACCESS_SILENT = Fault(state=State.DOWN, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SILENT)
CARRIER_SILENT = Fault(state=State.DOWN, segment=Segment.CARRIER, symptom=Symptom.CARRIER_SILENT)
TRANSIT_SILENT = Fault(state=State.DOWN, segment=Segment.TRANSIT, symptom=Symptom.TRANSIT_SILENT)
SILENT_SOMEWHERE = Fault(state=State.UNKNOWN, segment=None, symptom=Symptom.ACCESS_SILENT)
"""Nothing answers, and it cannot be told yet whether the gateway lives."""

_AFTER: Mapping[Segment, Fault] = {
    Segment.LAN: ACCESS_SILENT,
    Segment.ACCESS: CARRIER_SILENT,
    Segment.CARRIER: TRANSIT_SILENT,
}
"""What is broken when this is the highest rung that answered."""


def detect(memory: Memory, link: LinkMemory, around: Surroundings) -> Sighting | None:
    """Return the worst silence seen on a link in a round; ``None`` when what can answer does."""
    sight, quorum = around.sight, around.settings.quorum
    top = sight.top()
    if top is None or RANK[top] <= RANK[Segment.LAN]:
        silent = sight.silent_beyond(Segment.LAN)
        # Where there is but one witness, its silence has to be believed; loss does not explain it
        # for long.
        if len(witnesses(silent)) < min(quorum, _available(link, around.watch)):
            return None
        return _sighting(memory, link, _nearest(link, around), silent, around)
    if top in _AFTER:
        silent = sight.silent_beyond(top)
        if len(witnesses(silent)) >= quorum:
            return _sighting(memory, link, _AFTER[top], silent, around)
    found = dead_family(around) or partly_silent(memory, link, around)
    if found is None:
        return None
    return _sighting(memory, link, found.fault, found.silent, around)


def _available(link: LinkMemory, watch: Watch) -> int:
    """
    Count the witnesses beyond the site that a link has, without those that are known to be silent.
    """
    found: set[str] = set()
    for track in link.tracks.values():
        post = watch.posts.get(f"{track.kind} {track.target}")
        if post is None or track.excused or RANK[post.rung] <= RANK[Segment.LAN]:
            continue
        found.add(SERVICES if post.is_service else post.target)
    return max(1, len(found))


def _nearest(link: LinkMemory, around: Surroundings) -> Fault:
    """Return what is broken when nothing beyond the site answers."""
    if around.sight.top() is not None:
        return ACCESS_SILENT
    gateways = [s for s in around.sight.seen if s.post.is_gateway]
    if any(s.silent and s.track.answered_ns is not None for s in gateways):
        return GATEWAY_SILENT
    return _by_neighbour(link, around)


def _by_neighbour(link: LinkMemory, around: Surroundings) -> Fault:
    """Return what is broken when the gateway never answers echoes: the link layer has to tell."""
    traffic, watch = link.traffic, around.watch
    if not traffic.neighbour_proved:
        # Either there is no link layer to ask (a point-to-point modem), and the interface, which is
        # fine, is all of the site's own side; or nobody has asked yet.
        has_asked = traffic.read_ns is not None or not watch.has_host
        has_gateway = any(post.is_gateway for post in watch.posts.values())
        return SILENT_SOMEWHERE if has_gateway or not has_asked else ACCESS_SILENT
    onset_ns = link.silence.onset_ns if is_outage(link.silence.fault) else around.sight.since_ns
    asked_ns = traffic.neighbour_ns
    if asked_ns is None or asked_ns < onset_ns:
        return SILENT_SOMEWHERE
    if not traffic.neighbour:
        return GATEWAY_SILENT
    is_fresh = asked_ns >= onset_ns + around.settings.neighbour_lag_s * NS_PER_S
    return ACCESS_SILENT if is_fresh else SILENT_SOMEWHERE


def _sighting(
    memory: Memory, link: LinkMemory, fault: Fault, silent: Sequence[Seen], around: Surroundings
) -> Sighting:
    """Return a fault with its onset, its evidence and its strength."""
    silence_nats = log(1.0 / min(0.95, max(around.settings.loss_floor_ratio, link.loss.ratio)))
    return Sighting(
        fault=fault,
        onset_ns=_onset_ns(silent),
        evidence=gather(memory, link, around.watch, around.sight),
        nats=silence_nats * sum(s.track.silences for s in silent),
        sure=_speaks_enough(link, silent, around.watch),
    )


def _onset_ns(silent: Sequence[Seen]) -> int:
    """Return the start of the first silent run since any of these last answered."""
    last_ns = max((s.track.answered_ns or 0 for s in silent), default=0)
    starts = [s.track.silent_since_ns or 0 for s in silent]
    return min((ns for ns in starts if ns >= last_ns), default=max(starts))


def _speaks_enough(link: LinkMemory, silent: Sequence[Seen], watch: Watch) -> bool:
    """Return whether more than one protocol is silent, where more than one is there to speak."""
    there = {post.kind for post in watch.posts.values() if RANK[post.rung] > RANK[Segment.LAN]}
    kinds = {s.post.kind for s in silent}
    if link.round is not None:
        # Asked, and not answered in the time that answers take.
        kinds.update(key.partition(" ")[0] for key in link.round.awaited)
    return len(kinds) >= min(2, len(there))
