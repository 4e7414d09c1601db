"""Comparison: the observations of the site's other links on the same targets."""

from collections.abc import Iterator

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import LinkMemory, Track
from thongsuot_agent.judge.witnesses import are_independent
from thongsuot_schema.state import State


def is_outage(fault: Diagnosis | None) -> bool:
    """
    Return whether a fault is a complete outage of the link (``unknown``: its location is not known
    yet).
    """
    return fault is not None and fault.state is not State.DEGRADED


def is_usable(link: LinkMemory) -> bool:
    """
    Return whether a link works well enough that its own failure to reach a target is evidence.
    """
    is_out = is_outage(link.facts_slot.fault) or is_outage(link.silence.fault)
    return link.known and not is_out and not link.flap_state.active


def is_settled(link: LinkMemory) -> bool:
    """
    Return whether no question about the link's own reachability, or its name servers, is open.
    """
    is_open = link.burst_ns is not None or (link.round is not None and link.round.is_burst)
    return not (is_open or link.silence.is_pending or link.resolver.is_pending)


def other_tracks(at: LinkContext, target: str) -> Iterator[tuple[LinkMemory, Track]]:
    """Yield the tracks of a target over the other usable links."""
    for other in at.memory.links.values():
        if other is not at.link and is_usable(other):
            yield from ((other, t) for t in other.tracks.values() if t.target == target)


def answers_elsewhere(at: LinkContext, target: str, since_ns: int) -> bool | None:
    """
    Return whether another usable link has received an answer from a target since a time.

    ``None``: no other link can decide. An answer proves that the target is up, whatever the links
    share; a failure over a link that shares the carrier, or equipment, with this one proves nothing
    more.
    """
    silent = False
    for other, track in other_tracks(at, target):
        if track.answered_ns is not None and track.answered_ns >= since_ns:
            return True
        if track.silent_ns is not None and track.silent_ns >= since_ns:
            silent = silent or _is_independent(at, other)
    return False if silent else None


def _is_independent(at: LinkContext, other: LinkMemory) -> bool:
    """
    Return whether another link is independent evidence; one that is not measured counts as
    independent.
    """
    probes = at.probes.beside.get(other.name)
    return probes is None or are_independent(at.probes.link, probes.link)
