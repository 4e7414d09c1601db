"""
Observations: which probe points of a link answered since a time, and on which rung; the ladder as
observed in one round.
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
"""Kinds whose answers arrive within a round; a web request may take longer and is not awaited."""
SERVICES_WITNESS = ""
"""
All services together count as one witness: they may be in one data centre behind one firewall.
"""


class Observation(msgspec.Struct, frozen=True, gc=False):
    """
    One series in a round: it answered, or was silent (both false: its failures prove nothing).
    """

    track: Track
    point: ProbePoint
    rung: Segment
    answered: bool
    silent: bool

    @property
    def counts(self) -> bool:
        """Whether its silence is evidence: it is not known to be unresponsive."""
        return self.silent and not self.track.known_unresponsive

    @property
    def witness(self) -> str:
        """The source of this evidence: the anchor itself, or all services together."""
        return SERVICES_WITNESS if self.point.is_service else self.point.target


@dataclass(frozen=True, slots=True)
class Observations:
    """All series of a link that were measured since ``since_ns``."""

    since_ns: int
    seen: tuple[Observation, ...]

    def answered(self, family: Family | None = None) -> list[Observation]:
        """Return the answering observations, in one family or any."""
        return [s for s in self.seen if s.answered and family in (None, s.track.family)]

    def silent_beyond(self, rung: Segment, family: Family | None = None) -> list[Observation]:
        """Return the silent observations that count, on rungs above this one."""
        rank = RANK[rung]
        return [
            s
            for s in self.seen
            if s.counts and RANK[s.rung] > rank and family in (None, s.track.family)
        ]

    def top(self, family: Family | None = None) -> Segment | None:
        """
        Return the highest working rung: a target on it answered. ``None`` if none did.
        """
        return max((s.rung for s in self.answered(family)), key=RANK.__getitem__, default=None)


@dataclass(frozen=True, slots=True)
class SilenceCandidate:
    """
    A silence and the silent targets. ``beyond``: the rung beyond which nothing at all answers, or
    nothing in ``family``; ``None`` if a part is silent and the rest is not.
    """

    fault: Diagnosis
    silent: tuple[Observation, ...]
    is_ripe: bool = True
    beyond: Segment | None = None
    family: Family | None = None


def rung_of(point: ProbePoint, facts: LinkFacts | None) -> Segment:
    """
    Return the rung proved by an answer of a probe point; a forwarding device of the site is on the
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
"""Of the gateway's latest eight echoes in a family: a working LAN loses none."""
IN_FLIGHT_NS = 2_100_000_000
"""
A run that was in flight at the start of a round, and fails in it, counts in it: 2 s for lookups.
"""


def observe_round(at: LinkContext, since_ns: int) -> Observations:
    """
    Return the observations of a link in a round that began at a time.

    An answer counts if its run began in the round. A silence counts if it was detected in the
    round: a series in flight gets no second run. This does not apply while the link is out, because
    an old silence would hide its return.

    A web request takes longer than a round. If no target beyond the site has answered since it
    began, its silence counts further: if the carrier drops echoes, it is half of all evidence. The
    same applies to the answer of a request that began after an unconfirmed silence was first
    observed (2026-11: a carrier that polices echoes was notified of a dead transit while pages
    loaded in 1.5 s over a line that the site's own download filled, none within one round of 1.2
    s).
    """
    observed: list[Observation] = []
    held = at.link.silence
    is_out = is_outage(held.fault)
    requests_since_ns = min(since_ns, held.round_ns) if held.is_pending and not is_out else since_ns
    under_way_ns = 0 if is_out else IN_FLIGHT_NS
    proved_ns = last_proof_ns(at, Segment.LAN)
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


def last_proof_ns(at: LinkContext, rung: Segment, family: Family | None = None) -> int:
    """
    Return the start of the latest run answered from beyond a rung, in one family or any; 0 if there
    was none.
    """
    return max(
        (
            track.answered_ns or 0
            for track in at.link.tracks.values()
            if (point := at.probes.point_of(track)) is not None
            and RANK[rung_of(point, at.link.facts)] > RANK[rung]
            and family in {None, track.family}
        ),
        default=0,
    )


def observe_latest(at: LinkContext, since_ns: int) -> Observations:
    """
    Return the targets that did not answer their latest runs, and those that have answered since a
    time.
    """
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
    Return whether a target beyond a rung that answered its last probe was not probed in the round.

    Confirmation probes may not be made. A target that was not probed may be reachable, so a rung
    cannot be declared silent without it.
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
    Return whether a series is known to be unresponsive, and did not answer its latest runs.

    A series that answers some runs is not unresponsive: its failures are loss.
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
    """Return whether an echo to the gateway that was sent since a time was lost."""
    return any(
        (track.silent_ns or 0) >= since_ns
        for track in at.link.tracks.values()
        if (point := at.probes.point_of(track)) is not None
        and point.is_gateway
        and not is_mute(track)
    )


def gateway_echoes(at: LinkContext) -> tuple[int, int]:
    """Return the number of the gateway's latest echoes that were lost, and their total."""
    lately = [
        silent_lately(track)
        for track in at.link.tracks.values()
        if (point := at.probes.point_of(track)) is not None
        and point.is_gateway
        and not is_mute(track)
    ]
    return sum(count for count, _ in lately), sum(count for _, count in lately)


def independent_witnesses(observed: Iterable[Observation]) -> set[str]:
    """Return the independent witnesses among observations."""
    return {s.witness for s in observed}


def loss_of_the_living(observations: Observations, silent: Sequence[Observation]) -> float:
    """
    Return the loss ratio of the latest runs of the targets that answered beside a silence.

    The loss of a lower rung, or of a neighbour on the same rung, at the same time explains as much
    of the silence: if a gateway answers once in ten times, its answer does not prove the LAN
    (2026-11: a LAN that intermittently lost seven of ten packets was reported as an outage of the
    carrier's line).
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
