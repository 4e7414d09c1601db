"""Loss location: the rung on which the losses of a link begin."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log, sqrt

from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import LinkMemory
from thongsuot_agent.judge.observations import is_gateway_lossy, rung_of
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_agent.judge.tracks import ECHO
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family
from thongsuot_schema.segment import LADDER, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom

OTHERS_CLEAN_NATS = 2.3
"""
Evidence (10:1) that the other targets are healthy, to report the worst one alone: a host is not a
link.
"""
NOISY_S = 600.0
"""
How long a host is excluded that alone loses echoes; carriers rate-limit ICMP to their routers.
"""
LAN_CLEAN_NATS = 4.6
"""Evidence (100:1) that the gateway is reached without loss: the next rung is another party's."""
LAN_LOSSY_NATS = 3.0
"""Evidence (20:1) that it is not."""
LOSSY_NATS = 1.5
"""
Evidence (4:1) against the other rungs, all of which the carrier repairs: lines fail often …
"""
CLEAN_NATS = 4.6
"""… and evidence (100:1) for them: cores fail rarely."""
GATEWAY_HEARD_S = 60.0
"""
A gateway that answered this shortly before a loss does answer: on a metered link it is probed three
times meanwhile.
"""
DECIDE_ANYWAY_S = 120.0
"""
When loss has been suspected for this time, the likelier of the two is assumed for those rungs.
"""

FELT_LOSS_RATIO = 0.045
"""
As counted by the test, which is half of the real loss, because a burst counts once: one page in two
then loses one of its segments, so pages need not be awaited.
"""

LOSS_SYMPTOMS = {
    Segment.LAN: Symptom.LAN_LOSS,
    Segment.ACCESS: Symptom.ACCESS_LOSS,
    Segment.CARRIER: Symptom.CARRIER_LOSS,
    Segment.TRANSIT: Symptom.TRANSIT_LOSS,
}


@dataclass(frozen=True, slots=True)
class LossShare:
    """Echoes of a target, or of a rung, in the current test."""

    rung: Segment
    sent: int = 0
    lost: int = 0

    def plus(self, sent: int, lost: int) -> "LossShare":
        """Return the share with additional echoes."""
        return LossShare(self.rung, self.sent + sent, self.lost + lost)

    def at_least(self) -> float:
        """
        Return the loss ratio, less one standard deviation of the count.

        The test ends when many happen to be lost, so its ratio is above the true one. A nearer rung
        compared with that looks clean too soon (2026-11, 2 % on the line: the core was blamed in
        2.3 % of 2000 simulated cases, and in 0.6 % with this).
        """
        return (self.lost - sqrt(self.lost)) / self.sent if self.sent else 0.0

    def nats(self, degraded: float, healthy: float) -> float:
        """Return the evidence for one loss ratio against another."""
        kept = self.sent - self.lost
        return self.lost * log(degraded / healthy) + kept * log((1 - degraded) / (1 - healthy))


@dataclass(frozen=True, slots=True)
class LanRatios:
    """
    The loss ratios of all echoes beyond the site, which a lossy LAN would show as well.

    ``recent``: of the latest, if they are lost in blips; ``whole``: since the test began.
    """

    recent: float = 0.0
    whole: float = 0.0


@dataclass(frozen=True, slots=True)
class LossLocation:
    """The lossy rung or host; neither is set while more observations are needed."""

    suspicion: Suspicion | None = None
    is_one_host: bool = False


def echoes_counted(link: LinkMemory) -> LossShare:
    """Return the echoes of all targets in the current test."""
    share = LossShare(Segment.TRANSIT)
    for track in link.tracks.values():
        share = share.plus(track.sent, track.lost)
    return share


def locate_loss(at: LinkContext, onset_ns: int, *, blip_ratio: float = 0.0) -> LossLocation:
    """
    Return the rung on which the losses begin, or the one host that loses alone.

    ``blip_ratio`` is the loss ratio of all echoes, if they are lost in blips, each of which counts
    as one loss: a LAN with such blips would lose this share of the gateway's.
    """
    shares = _shares(at, onset_ns)
    worst = _lone_loser(shares, _raw_shares(at), at.settings)
    if worst is not None:
        for track in at.link.tracks.values():
            if track.target == worst:
                track.noisy_until_ns = at.now_ns + ns(NOISY_S)
        return LossLocation(is_one_host=True)
    is_enough = at.now_ns - onset_ns >= ns(DECIDE_ANYWAY_S)
    ratios = LanRatios(recent=blip_ratio, whole=_raw_ratio(at))
    segment = _first_lossy(shares.values(), at.settings, ratios, is_enough=is_enough)
    if segment is None or (segment is not Segment.LAN and _is_lan_in_doubt(at, onset_ns)):
        return LossLocation()
    if any(RANK[rung] <= RANK[segment] for rung in _uncounted(at, shares, onset_ns)):
        return LossLocation()
    slow = at.link.slow.fault
    if slow is not None and slow.segment is not None and RANK[slow.segment] < RANK[segment]:
        # A queue that delays also drops: a small loss just behind it is chance.
        segment = slow.segment
    fault = Diagnosis(state=State.DEGRADED, segment=segment, symptom=LOSS_SYMPTOMS[segment])
    evidence = _loss_evidence(shares, at.settings)
    return LossLocation(Suspicion(fault=fault, onset_ns=onset_ns, evidence=evidence))


def is_losing_since(at: LinkContext, since_ns: int) -> bool:
    """
    Return whether echoes to more than one host beyond the site were lost since a time.

    Or to the only one; hosts that never answer, or lose alone, do not count.
    """
    asked: set[str] = set()
    losing: set[str] = set()
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        if point is None or track.kind != ECHO or point.is_gateway or not track.sent:
            continue
        if track.known_unresponsive or track.noisy_until_ns > at.now_ns:
            continue
        asked.add(track.target)
        if (track.silent_ns or 0) >= since_ns:
            losing.add(track.target)
    return bool(losing) and len(losing) >= min(at.settings.quorum, len(asked))


def is_of_ip6_alone(at: LinkContext) -> bool:
    """
    Return whether IPv6 has loss that IPv4 does not have: browsers then use IPv4, a quarter of a
    second later (RFC 8305).
    """
    shares = {family: LossShare(Segment.TRANSIT) for family in Family}
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        if track.kind == ECHO and point is not None and not point.is_gateway:
            shares[track.family] = shares[track.family].plus(track.sent, track.lost)
    ratio = max(shares[Family.IP6].at_least(), at.settings.loss_degraded_ratio)
    nats = shares[Family.IP4].nats(ratio, at.settings.loss_healthy_ratio)
    return shares[Family.IP6].lost > 0 and nats <= -OTHERS_CLEAN_NATS


def is_plain(suspicion: Suspicion) -> bool:
    """Return whether the loss beyond the carrier is so large that every page must show it."""
    far = [evidence for evidence in suspicion.evidence if evidence.segment is Segment.TRANSIT]
    lost, sent = sum(e.failed for e in far), sum(e.ok + e.failed for e in far)
    return lost >= FELT_LOSS_RATIO * max(1, sent)


def _is_lan_in_doubt(at: LinkContext, onset_ns: int) -> bool:
    """Return whether the gateway has lost echoes recently; one that limits them is not awaited."""
    return at.now_ns - onset_ns < ns(DECIDE_ANYWAY_S) and is_gateway_lossy(at)


def _shares(at: LinkContext, onset_ns: int) -> dict[str, LossShare]:
    """
    Return the echoes of each target in the current test.

    The gateway's echoes are counted individually: the test excludes most echoes of a blip, and
    those without a later answer, and with either a gateway looked clean. A gateway that has
    answered nothing since well before the loss began never answers, and proves nothing.
    """
    shares: dict[str, LossShare] = {}
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        if point is None or track.kind != ECHO:
            continue
        sent, lost = track.sent, track.lost
        if point.is_gateway:
            heard_ns, since_ns = track.answered_ns, onset_ns - ns(GATEWAY_HEARD_S)
            is_heard = heard_ns is not None and heard_ns >= since_ns
            sent, lost = (track.raw_sent, track.raw_lost) if is_heard else (0, 0)
        if sent:
            share = shares.get(track.target, LossShare(rung_of(point, at.link.facts)))
            shares[track.target] = share.plus(sent, lost)
    return shares


def _raw_shares(at: LinkContext) -> dict[str, LossShare]:
    """Return every echo to each target beyond the site in the current test, also those of blips."""
    shares: dict[str, LossShare] = {}
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        if point is not None and track.kind == ECHO and not point.is_gateway:
            share = shares.get(track.target, LossShare(rung_of(point, at.link.facts)))
            shares[track.target] = share.plus(track.raw_sent, track.raw_lost)
    return shares


def _raw_ratio(at: LinkContext) -> float:
    """Return the loss ratio of all echoes to targets beyond the site in the current test."""
    return max(0.0, _together(_raw_shares(at).values()).at_least())


def _uncounted(at: LinkContext, shares: Mapping[str, LossShare], onset_ns: int) -> set[Segment]:
    """
    Return the rungs whose targets answer, but were not counted yet in the current test.

    It begins with a lost echo, in bursts again and again: until nearer targets have been counted,
    they prove nothing (2026-12: a single lost echo from abroad, the fifth in two minutes, became
    the loss of a line on which nothing else had been counted).
    """
    since_ns = onset_ns - ns(GATEWAY_HEARD_S)
    answering = {
        rung_of(point, at.link.facts)
        for track in at.link.tracks.values()
        if track.kind == ECHO
        and track.answered_ns is not None
        and track.answered_ns >= since_ns
        and (point := at.probes.point_of(track)) is not None
    }
    return answering - {share.rung for share in shares.values()}


def _lone_loser(
    shares: Mapping[str, LossShare], raw: Mapping[str, LossShare], settings: Settings
) -> str | None:
    """
    Return the target with most of the losses if the others do not confirm them.

    The others are those equally far away: nearer ones may well be clean. ``raw``: every echo of
    each target, as the test counts one loss of a blip that takes echoes of several.
    """
    beyond = {t: share for t, share in shares.items() if share.rung is not Segment.LAN}
    if len(beyond) < settings.quorum:
        return None
    worst = max(sorted(beyond), key=lambda target: beyond[target].lost)
    others = [target for target in beyond if target != worst]
    beside = [t for t in others if RANK[beyond[t].rung] >= RANK[beyond[worst].rung]] or others
    healthy, degraded = settings.loss_healthy_ratio, settings.loss_degraded_ratio
    if _together(beyond[target] for target in beside).nats(degraded, healthy) <= -OTHERS_CLEAN_NATS:
        return worst
    # A host that loses half of its echoes is soon known to be alone: what lost as much of all would
    # show at once (2026-12: 11 of 23 to another carrier's anchor, whose core failed, and none of
    # 136 to the others; as pages of one portal failed as well, a loss beyond the line's own carrier
    # was reported).
    rest = _together(raw[target] for target in beside if target in raw)
    ratio = max(degraded, beyond[worst].at_least())
    is_spared = rest.nats(degraded, healthy) < 0.0 and rest.nats(ratio, healthy) <= -CLEAN_NATS
    return worst if is_spared else None


def _together(shares: Iterable[LossShare]) -> LossShare:
    total = LossShare(Segment.TRANSIT)
    for share in shares:
        total = total.plus(share.sent, share.lost)
    return total


def _first_lossy(
    shares: Iterable[LossShare], settings: Settings, ratios: LanRatios, *, is_enough: bool
) -> Segment | None:
    """
    Return the rung after the last clean one; ``None`` while a rung is undecided.

    A rung is compared with those beyond it: is it as lossy as they are, or as a healthy one?
    """
    rungs: dict[Segment, LossShare] = {}
    for share in shares:
        rungs[share.rung] = rungs.get(share.rung, LossShare(share.rung)).plus(
            share.sent, share.lost
        )
    proved = Segment.LAN
    for rung in (rung for rung in LADDER if rung in rungs and rung in LOSS_SYMPTOMS):
        beyond = LossShare(rung)
        for other in rungs.values():
            if RANK[other.rung] > RANK[rung]:
                beyond = beyond.plus(other.sent, other.lost)
        ratio = max(beyond.at_least(), settings.loss_degraded_ratio)
        nats = rungs[rung].nats(ratio, settings.loss_healthy_ratio)
        if rung is Segment.LAN:
            # The recent loss ratio may be well above that of the whole test, by which a LAN with
            # growing loss looked clean (2026-11): a rung that is lossy by the recent ratio is not
            # clean.
            of_blips = rungs[rung].nats(
                min(0.5, max(ratio, ratios.recent)), settings.loss_healthy_ratio
            )
            # What is clean by that ratio alone must be so with two deviations more, and by the
            # ratio of the whole test: blips are reported just after one (2026-12: of a router's
            # blips, which took 5 of 518 of its own echoes, the carrier was notified).
            with_more = rungs[rung].plus(0, round(2.0 * sqrt(rungs[rung].lost)))
            of_whole = with_more.nats(
                min(0.5, max(ratio, ratios.whole)), settings.loss_healthy_ratio
            )
            nats = max(nats, of_blips) if nats > 0.0 else min(nats, of_whole)
            if nats >= LAN_LOSSY_NATS:
                return rung
            if nats > -LAN_CLEAN_NATS:
                return None
        elif nats >= LOSSY_NATS or (is_enough and nats > 0.0):
            return LADDER[RANK[proved] + 1]
        elif nats > -CLEAN_NATS and not is_enough:
            return None
        proved = rung
    return None


def _loss_evidence(shares: Mapping[str, LossShare], settings: Settings) -> tuple[Evidence, ...]:
    ordered = sorted(shares.items(), key=lambda named: (RANK[named[1].rung], named[0]))
    return tuple(
        Evidence(
            kind=ECHO,
            target=target,
            segment=share.rung,
            outcome=Outcome.OK,
            ok=share.sent - share.lost,
            failed=share.lost,
            metric=icmp.LOSS.name,
            value=share.lost / share.sent,
            limit=settings.loss_degraded_ratio,
        )
        for target, share in ordered
    )
