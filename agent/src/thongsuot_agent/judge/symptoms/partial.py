"""Partial silence: the way works, but not to everywhere."""

from thongsuot_agent.judge.comparison import answers_elsewhere
from thongsuot_agent.judge.fault import Fault
from thongsuot_agent.judge.plan import RANK
from thongsuot_agent.judge.sight import Found, Seen, Sight, unheard, witnesses
from thongsuot_agent.judge.stand import Stand
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

FOREIGN_SILENT = Fault(
    state=State.DEGRADED, segment=Segment.TRANSIT, symptom=Symptom.FOREIGN_TRANSIT_SILENT
)
DOMESTIC_SILENT = Fault(
    state=State.DEGRADED, segment=Segment.TRANSIT, symptom=Symptom.TRANSIT_SILENT
)
PARTLY_SILENT = Fault(
    state=State.DEGRADED, segment=Segment.CARRIER, symptom=Symptom.CARRIER_PARTLY_SILENT
)
SHARE = 0.6
"""As many as this share of those that answer have to be silent: more than a third of all."""


def partly_silent(at: Stand, sight: Sight) -> Found | None:
    """
    Return which part of the world is silent over a link that reaches the rest.

    All foreign anchors, or all domestic ones beyond the carrier: the ways there are down, even if
    every link of the site sees it. A mixture: some ways inside the carrier are, but only where no
    other link finds the same targets silent; a target that no link reaches is dead itself.
    """
    silent = _wholly_silent(sight)
    if len(witnesses(silent)) < at.settings.quorum:
        return None
    beyond = [s for s in silent if RANK[s.rung] >= RANK[Segment.TRANSIT]]
    live = [s for s in sight.answered() if RANK[s.rung] >= RANK[Segment.TRANSIT]]
    for is_domestic, fault in ((False, FOREIGN_SILENT), (True, DOMESTIC_SILENT)):
        side = [s for s in beyond if s.post.domestic is is_domestic]
        is_whole = not any(s.post.domestic is is_domestic for s in live)
        is_alone = all(s.post.domestic is is_domestic for s in beyond)
        if is_whole and is_alone and live and len(witnesses(side)) >= at.settings.quorum:
            return Found(fault, tuple(side), not unheard(at, sight, Segment.CARRIER))
    blamed = [s for s in silent if _is_ours(at, s)]
    lowest = min((RANK[s.rung] for s in blamed), default=0)
    answering = {s.witness for s in sight.answered() if RANK[s.rung] >= lowest}
    # Two anchors may die at once, of other carriers or by themselves; a third of all will not.
    if len(witnesses(blamed)) < max(at.settings.quorum, SHARE * len(answering)):
        return None
    return Found(PARTLY_SILENT, tuple(blamed))


def _wholly_silent(sight: Sight) -> list[Seen]:
    """
    Return what is silent beyond the access, of targets that nothing at all came from.

    A kind of probe that no target so far out answers is filtered on the way (carriers drop ICMP):
    its silence is no destination's.
    """
    answered = sight.answered()
    targets = {s.post.target for s in answered}
    return [
        s
        for s in sight.silent_beyond(Segment.ACCESS)
        if s.post.target not in targets
        and any(a.post.kind == s.post.kind and RANK[a.rung] >= RANK[s.rung] for a in answered)
    ]


def _is_ours(at: Stand, seen: Seen) -> bool:
    """
    Return whether a silence is this link's: no other link that works finds the target silent too.
    """
    since_ns = seen.track.silent_since_ns or 0
    return answers_elsewhere(at, seen.post.target, since_ns) is not False
