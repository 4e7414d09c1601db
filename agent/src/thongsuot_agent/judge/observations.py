"""
Observations: which probe points of a link answered since a moment, on which rung; the ladder as
seen in one round.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.site_probes import RANK, ProbePoint
from thongsuot_agent.judge.tracks import share_silent_lately, silent_lately
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment

FAST_KINDS = ("icmp", "dns")
"""Kinds whose answers come within a round; a web request may take longer and is not waited for."""
SERVICES_WITNESS = ""
"""Services count as one witness together: they may stand in one data centre behind one wall."""


class Observation(msgspec.Struct, frozen=True, gc=False):
    """One series in a round: it answered, or was silent (both false: its failures say nothing)."""

    track: Track
    point: ProbePoint
    rung: Segment
    answered: bool
    silent: bool

    @property
    def counts(self) -> bool:
        """Whether its silence is evidence: it was not known before."""
        return self.silent and not self.track.known_unresponsive

    @property
    def witness(self) -> str:
        """Whose word this is: an anchor's own, or that of all services together."""
        return SERVICES_WITNESS if self.point.is_service else self.point.target


@dataclass(frozen=True, slots=True)
class Observations:
    """All series of a link that were measured since ``since_ns``."""

    since_ns: int
    seen: tuple[Observation, ...]

    def answered(self, family: Family | None = None) -> list[Observation]:
        """Return what answered, in one family or any."""
        return [s for s in self.seen if s.answered and family in (None, s.track.family)]

    def silent_beyond(self, rung: Segment, family: Family | None = None) -> list[Observation]:
        """Return what is silent, unexcused, on higher rungs than this one."""
        rank = RANK[rung]
        return [
            s
            for s in self.seen
            if s.counts and RANK[s.rung] > rank and family in (None, s.track.family)
        ]

    def top(self, family: Family | None = None) -> Segment | None:
        """
        Return the highest rung that is proved good: something on it answered. ``None``: nothing
        did.
        """
        return max((s.rung for s in self.answered(family)), key=RANK.__getitem__, default=None)

    def families(self) -> set[Family]:
        """Return the families in which something beyond the site was measured."""
        return {s.track.family for s in self.seen if RANK[s.rung] > RANK[Segment.LAN]}


@dataclass(frozen=True, slots=True)
class SilenceCandidate:
    """A silence and who was silent."""

    fault: Diagnosis
    silent: tuple[Observation, ...]
    is_ripe: bool = True


def rung_of(point: ProbePoint, facts: LinkFacts | None) -> Segment:
    """
    Return the rung that an answer from a post proves; a box of the site that forwards is on the
    LAN.
    """
    if point.is_first_resolver and facts is not None and facts.local_resolver:
        return Segment.LAN
    return point.rung


def observation_of_run(
    at: LinkContext, point: ProbePoint, track: Track, reachability: Reachability
) -> Observation:
    """Return one run as an observation."""
    rung = rung_of(point, at.link.facts)
    return Observation(
        track,
        point,
        rung,
        reachability is Reachability.ANSWERED,
        reachability is Reachability.SILENT,
    )


LAN_LEAST_LOST, LAN_LOSSY_RATIO = 2, 0.2
"""Of the gateway's latest eight echoes in a family: a LAN that works loses none."""
IN_FLIGHT_NS = 2_100_000_000
"""
A run that was under way when a round began, and is given up in it, speaks in it: 2 s for lookups.
"""


def observe_round(at: LinkContext, since_ns: int) -> Observations:
    """
    Return what was seen on a link in a round that began at a moment.

    An answer counts if its run began in the round. A silence counts if it became known in the
    round: no second run is made of a series that is under way. While the link is out this is not
    so, for then an old silence would hide its return.

    A web request takes longer than a round. Where nothing beyond the site has answered since it
    began, its silence speaks on: with echoes dropped by the carrier it is half of all proof. So
    does the answer to a request that began since a silence that is not yet believed was first seen
    (2026-11: a carrier that polices echoes was told of a dead transit while pages were opened in
    1.5 s over a line that the site's own download filled, none within one round of 1.2 s).
    """
    observed: list[Observation] = []
    held = at.link.silence
    is_out = is_outage(held.fault)
    requests_since_ns = min(since_ns, held.round_ns) if held.is_pending and not is_out else since_ns
    under_way_ns = 0 if is_out else IN_FLIGHT_NS
    proved_ns = _last_proof_ns(at)
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        if point is None:
            continue
        answered = track.answered_ns is not None and track.answered_ns >= since_ns
        began_ns = track.silent_ns or 0
        silent = (
            not answered
            and track.silences > 0
            and track.silent_heard_ns >= since_ns
            and began_ns >= since_ns - under_way_ns
        )
        if track.kind not in FAST_KINDS and track.silences and not is_out:
            silent = silent or (not answered and began_ns > proved_ns)
        elif track.kind not in FAST_KINDS and not track.silences:
            answered = track.answered_ns is not None and track.answered_ns >= requests_since_ns
        if answered or silent or (track.failed_ns or 0) >= since_ns:
            observed.append(
                Observation(track, point, rung_of(point, at.link.facts), answered, silent)
            )
    return Observations(since_ns, tuple(observed))


def _last_proof_ns(at: LinkContext) -> int:
    """Return the start of the latest run that was answered from beyond the site."""
    return max(
        (
            track.answered_ns or 0
            for track in at.link.tracks.values()
            if (point := at.probes.point_of(track)) is not None
            and RANK[rung_of(point, at.link.facts)] > RANK[Segment.LAN]
        ),
        default=0,
    )


def observe_latest(at: LinkContext, since_ns: int) -> Observations:
    """Return who is silent by what was last heard of him, and who has answered since a moment."""
    observed: list[Observation] = []
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        silent = track.silences > 0
        answered = not silent and (track.answered_ns or 0) >= since_ns
        if point is not None and (silent or answered):
            observed.append(
                Observation(track, point, rung_of(point, at.link.facts), answered, silent)
            )
    return Observations(since_ns, tuple(observed))


def is_any_not_probed(
    at: LinkContext, observations: Observations, rung: Segment, family: Family | None = None
) -> bool:
    """
    Return whether a target beyond a rung that lived when last asked was not asked in the round.

    Confirmation probes may not be made. A target that was not probed may be reachable, so nothing
    can be called silent as a whole without it.
    """
    heard = {s.point.target for s in observations.seen if family in {None, s.track.family}}
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        if point is None or point.kind not in FAST_KINDS or track.target in heard:
            continue
        lives = (
            track.answered_ns is not None and not track.silences and not track.known_unresponsive
        )
        is_measured = (track.answered_ns or 0) > (track.unmeasured_ns or 0)
        is_meant = (
            family in {None, track.family} and RANK[rung_of(point, at.link.facts)] > RANK[rung]
        )
        if lives and is_measured and is_meant:
            return True
    return False


def is_mute(track: Track) -> bool:
    """
    Return whether a series is known not to answer, and has not for its latest runs.

    One that answers some is none: what it loses is loss.
    """
    silent, runs = silent_lately(track)
    return track.known_unresponsive and silent == runs


def is_gateway_lossy(at: LinkContext) -> bool:
    """
    Return whether the gateway has lost some of its latest echoes: it proves no more than those that
    it answered.
    """
    lost, runs = gateway_echoes(at)
    return lost >= LAN_LEAST_LOST and lost >= LAN_LOSSY_RATIO * runs


def gateway_lost_since(at: LinkContext, since_ns: int) -> bool:
    """Return whether an echo to the gateway that was sent since a moment was lost."""
    return any(
        (track.silent_ns or 0) >= since_ns
        for track in at.link.tracks.values()
        if (point := at.probes.point_of(track)) is not None
        and point.is_gateway
        and not is_mute(track)
    )


def gateway_echoes(at: LinkContext) -> tuple[int, int]:
    """Return how many of the gateway's latest echoes were lost, and how many those were."""
    lately = [
        silent_lately(track)
        for track in at.link.tracks.values()
        if (point := at.probes.point_of(track)) is not None
        and point.is_gateway
        and not is_mute(track)
    ]
    return sum(count for count, _ in lately), sum(count for _, count in lately)


def independent_witnesses(observed: Iterable[Observation]) -> set[str]:
    """Return the independent witnesses among what was seen."""
    return {s.witness for s in observed}


def loss_of_the_living(observations: Observations, silent: Sequence[Observation]) -> float:
    """
    Return the share of their latest runs that those lost who answered beside a silence.

    What a lower rung, or a neighbour on the same rung, loses at the same time explains as much of
    the silence: no answer of a gateway that is reached once in ten times proves the LAN (2026-11: a
    LAN that lost seven of ten packets by turns became an outage of the carrier's line).
    """
    own = {id(observation.track) for observation in silent}
    return share_silent_lately(
        observation.track
        for observation in observations.seen
        if observation.answered
        and id(observation.track) not in own
        and observation.point.kind in FAST_KINDS
        and not observation.track.known_unresponsive
    )
