"""
Evidence: the compact basis of a verdict: every series of the round, lowest rung first, then the
other links.
"""

from thongsuot_agent.judge.comparison import other_tracks
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.observations import Observation, Observations
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Evidence

OWN_LIMIT = 20
"""Maximum number of the link's own series: two families of ten targets."""
OTHER_LIMIT = 8
"""Maximum number of other links' series."""


def gather_evidence(at: LinkContext, observations: Observations) -> tuple[Evidence, ...]:
    """
    Return the observations of a round, and other links' last observations of the targets that do
    not answer here.
    """
    ordered = sorted(observations.seen, key=_order)
    own = [_evidence_of(observation.track, observation.rung) for observation in ordered[:OWN_LIMIT]]
    others: list[Evidence] = []
    for target in dict.fromkeys(
        s.point.target for s in ordered if s.silent and not s.point.is_gateway
    ):
        for other, track in other_tracks(at, target):
            point = at.probes.point_of(track)
            if point is not None:
                others.append(_evidence_of(track, point.rung, other.name))
    return (*own, *others[:OTHER_LIMIT])


def _order(observation: Observation) -> tuple[int, str, str, str]:
    return (
        RANK[observation.rung],
        observation.track.target,
        observation.track.kind,
        observation.track.family.value,
    )


def _evidence_of(track: Track, rung: Segment, link: str = "") -> Evidence:
    tally = track.tally
    return Evidence(
        kind=track.kind,
        target=track.target,
        family=track.family,
        segment=rung,
        outcome=Outcome.FAILED if track.failures else Outcome.OK,
        reason=track.reason if track.failures else None,
        ok=tally.ok,
        failed=tally.failed,
        unmeasured=tally.unmeasured,
        link=link,
    )
