"""Recovery: whether, and from which time, a link answers again. Pure."""

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import FaultSlot
from thongsuot_agent.judge.observations import Observations, rung_of
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


def unless_over(slot: FaultSlot, suspicion: Suspicion | None) -> Suspicion | None:
    """
    Return a suspicion, ``None`` if it rather shows that the confirmed outage is over.

    When a line answers again, and farther out nothing does yet but by echoes alone, these may be
    limited: the first such round counts towards the end (2026-12: a carrier that limits echoes was
    told of a blip of a second, because its line was called dead for four seconds more).
    """
    if suspicion is None or suspicion.is_sure or slot.is_pending:
        return suspicion
    is_over = is_line_dead(slot.fault) and is_line_dead(suspicion.fault)
    return None if is_over and _rank(suspicion.fault) > _rank(slot.fault) else suspicion


def are_pages_back(observed: Observations) -> bool:
    """
    Return whether a page came in a round: then everything up to its portal works.

    Such a round counts twice. Where echoes are lost, or limited, each round takes a second, and
    three of them longer than a blip may last unreported.
    """
    return any(
        observation.point.is_service and observation.track.successes
        for observation in observed.answered()
    )


def is_outage_contradicted(at: LinkContext) -> bool:
    """
    Return whether anything as far out as a confirmed outage beyond the site has answered since it
    began.
    """
    slot = at.link.silence
    if not is_line_dead(slot.fault):
        return False
    return any(
        (track.answered_ns or 0) > slot.onset_ns
        and (point := at.probes.point_of(track)) is not None
        and RANK[rung_of(point, at.link.facts)] >= _rank(slot.fault)
        for track in at.link.tracks.values()
    )


def is_line_dead(fault: Diagnosis | None) -> bool:
    """Return whether a fault is an outage beyond the site."""
    return is_outage(fault) and _rank(fault) > RANK[Segment.LAN]


def _rank(fault: Diagnosis | None) -> int:
    return -1 if fault is None or fault.segment is None else RANK[fault.segment]
