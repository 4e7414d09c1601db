"""Recovery: the time from which a link answers again. Pure."""

from thongsuot_agent.judge.memory import FaultSlot
from thongsuot_agent.judge.observations import Observations
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_schema.segment import Segment


def first_answer_ns(observed: Observations, since_ns: int, now_ns: int) -> int:
    """
    Return the start of the first run answered from beyond the site since a fault began.

    While an interface cannot send, no run fails: for their series, the answers before and after it
    are consecutive, so the series began too early. Then the latest answer counts.
    """
    starts: list[int] = []
    for observation in observed.answered():
        if RANK[observation.rung] > RANK[Segment.LAN]:
            first_ns = observation.track.answered_since_ns or 0
            starts.append(first_ns if first_ns >= since_ns else observation.track.answered_ns or 0)
    return min((start for start in starts if start >= since_ns), default=now_ns)


def return_ns(observed: Observations, slot: FaultSlot, now_ns: int) -> int:
    """
    Return the start of the first run that indicates the end of a silence.

    Only a series that was silent during it can do so: a first hop that answered throughout may have
    lost one echo meanwhile, and answered again since (2026-11: an outage of 1000 s ended after 390
    s).
    """
    segment = slot.fault.segment if slot.fault is not None else None
    rank = max(RANK[Segment.ACCESS], RANK[segment] if segment is not None else 0)
    starts = [
        observation.track.answered_since_ns or 0
        for observation in observed.answered()
        if RANK[observation.rung] >= rank and (observation.track.silent_ns or 0) >= slot.onset_ns
    ]
    return min((start for start in starts if start >= slot.onset_ns), default=now_ns)
