"""Services: the fault of a portal over one link, judged with that link and with the others."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import structs

from thongsuot_agent.judge.comparison import is_usable
from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.keys import PointKey, SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Track
from thongsuot_agent.judge.rounds import can_be_probed
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_agent.judge.symptoms.attribution import (
    LOSS_MEMORY_NS,
    SAME_SPELL_NS,
    attribute_failure,
    explained_by_link,
)
from thongsuot_agent.judge.symptoms.failure_modes import Health
from thongsuot_agent.judge.symptoms.near_flows import (
    LOCATED_LARGE_PACKETS,
    locate_large_packets_lost,
)
from thongsuot_agent.judge.symptoms.own_queue import is_slowed
from thongsuot_agent.judge.symptoms.service_over_link import (
    REQUEST,
    SLOW_RUNS,
    ServiceOverLink,
    networks_of,
    service_over_link,
)
from thongsuot_agent.judge.symptoms.traffic import is_link_busy
from thongsuot_agent.judge.tracks import (
    ECHO,
    SILENT_REASONS,
    STALLS,
    is_slow,
    share_silent_lately,
    slow_limit_s,
)
from thongsuot_agent.judge.verdicts import link_slot, unknown_slot
from thongsuot_schema.catalogue import http
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom

SMALL_LOST_RATIO = 0.06
"""Maximum loss ratio of the latest runs of echoes if only large packets are lost."""
LOSS_BEFORE_NS = 30 * NS_PER_S
"""Echoes lost from this long before a slow page count as simultaneous."""
LATE_ECHOES, LATE_ECHOES_NS = 2, 120 * NS_PER_S
"""This many series of late echoes to one host, in this time, are not chance."""
SLOW_OVER_LINK = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.SERVICE_SLOW)
"""A page that is slow over one carrier alone: either end may be at fault; no party is named."""

SLOW_PORTAL = Diagnosis(state=State.DEGRADED, segment=Segment.SERVICE, symptom=Symptom.SERVICE_SLOW)


def diagnose_service(
    at: LinkContext, here: ServiceOverLink, elsewhere: Sequence[ServiceOverLink]
) -> Suspicion | None:
    """Return the fault of a service over a link that is itself usable."""
    failing = here.failing(Health.BAD) or here.failing(Health.PARTLY)
    if failing is None:
        return _slow(at, here, elsewhere)
    track, _ = failing
    fault = explained_by_link(here.link, track) or attribute_failure(at, here, track, elsewhere)
    if fault.state is State.DOWN and not here.is_bad:
        # Another family, or another address, still works.
        symptom = fault.symptom
        if fault.segment is Segment.SERVICE:
            symptom = Symptom.SERVICE_PARTIAL_OUTAGE
        fault = Diagnosis(state=State.DEGRADED, segment=fault.segment, symptom=symptom)
    starts = [a.failed_since_ns for a in track.addresses.values() if a.failures]
    return Suspicion(
        fault=fault,
        onset_ns=track.failed_since_ns or min(starts, default=at.now_ns),
        evidence=service_evidence((here, *elsewhere)),
    )


def large_packets(
    at: LinkContext,
    here: Sequence[ServiceOverLink],
    elsewhere: Mapping[str, Sequence[ServiceOverLink]],
) -> Diagnosis | None:
    """
    Return the fault if a link loses large packets: handshakes stall on all services, small packets
    pass.

    In one family, because the paths of the two may differ. Two services must stall, or one that
    works over another link, when no other's state is still open; a service that fails over every
    link has its own fault. If small packets are lost as well, pages stall because of general loss
    (2026-11: of a router that lost most incoming packets), and if they are late because of a queue.
    """
    is_lossy = share_silent_lately(_echoes_beyond_site(at)) > SMALL_LOST_RATIO
    if is_lossy or is_slowed(at):
        return None
    for family in (Family.IP4, Family.IP6):
        asked = [(s, o) for s, o in zip(elsewhere, here, strict=True) if family in o.health]
        stalling = [s for s, o in asked if _stalls(o, family)]
        if not stalling or any(o.health[family] is Health.GOOD for _, o in asked):
            continue
        if len(stalling) < at.settings.quorum and any(
            _is_unheard(at, service, over, family)
            for service, over in zip(elsewhere, here, strict=True)
        ):
            continue
        others = {s: [o for o in elsewhere[s] if family in o.health] for s in stalling}
        # A service that is slow there as well is slow, and no evidence that large packets pass.
        works = [s for s in stalling if any(_passes(o, family) for o in others[s])]
        fails = [s for s in stalling if any(_stalls(o, family) for o in others[s])]
        if works or len(stalling) - len(fails) >= at.settings.quorum:
            if at.link.large_packets.fault in LOCATED_LARGE_PACKETS:
                return at.link.large_packets.fault
            starts = (o.tracks[family].failed_since_ns for s, o in asked if s in stalling)
            onset_ns = min((ns for ns in starts if ns is not None), default=at.now_ns)
            return locate_large_packets_lost(at, family, onset_ns)
    return None


def _echoes_beyond_site(at: LinkContext) -> Iterator[Track]:
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        is_beyond = point is not None and RANK[point.rung] > RANK[Segment.LAN]
        if track.kind == ECHO and is_beyond and not track.known_unresponsive:
            yield track


def _is_unheard(at: LinkContext, service: str, over: ServiceOverLink, family: Family) -> bool:
    """
    Return whether another service's state over the link in a family is still open.

    If a service stalls over one carrier alone, either end may be responsible (2026-12: on a metered
    line the other portal had not been opened yet, and the carrier was notified of large packets).
    One that answers shows nothing of large packets (2026-12: the other portal reset connections).
    """
    if family in over.health:
        is_answering = over.tracks[family].reason not in SILENT_REASONS
        health = over.health[family]
        return health is Health.DOUBTFUL or (health is Health.BAD and is_answering)
    track = at.link.tracks.get(SeriesKey(REQUEST, service, family))
    has_family = track is None or track.reason is not Reason.NAME_WITHOUT_ADDRESS
    point = at.probes.points.get(PointKey(REQUEST, service))
    return has_family and point is not None and can_be_probed(at.link, point, family)


def _stalls(over: ServiceOverLink, family: Family) -> bool:
    return over.health[family] is Health.BAD and over.tracks[family].reason in STALLS


def _passes(over: ServiceOverLink, family: Family) -> bool:
    return over.health[family] is Health.GOOD and not over.tracks[family].slow_runs


def link_slot_for_services(link: LinkMemory) -> FaultSlot | None:
    """
    Return the fault of a link that decides for every service over it, ``None`` if the link is
    usable.
    """
    if link.egress.others:
        # Services reached over another line of the site are reached; those that are not belong to
        # no party.
        is_reached = link.egress.is_other_line_alive
        return None if is_reached else unknown_slot(link, link.egress.since_ns)
    if not link.known:
        return unknown_slot(link, link.facts_ns)
    return None if is_usable(link) else link_slot(link)


def service_evidence(overs: Sequence[ServiceOverLink]) -> tuple[Evidence, ...]:
    """Return the evidence of each link about a service, the link in question first."""
    evidence: list[Evidence] = []
    for place, over in enumerate(overs):
        for family, track in sorted(over.tracks.items()):
            # An intermittent fault is a failure, whatever the present state is.
            comes_and_goes = bool(track.episodes_ns) and over.health[family] is Health.PARTLY
            is_failing = bool(track.failures) or comes_and_goes
            shown = Evidence(
                kind=REQUEST,
                target=track.target,
                family=family,
                segment=Segment.SERVICE,
                outcome=Outcome.FAILED if is_failing else Outcome.OK,
                reason=track.reason if is_failing else None,
                ok=track.successes,
                failed=max(track.failures, len(track.episodes_ns) if comes_and_goes else 0),
                link=over.link.name if place else "",
            )
            evidence += _by_status(shown, track)
    return tuple(evidence)


def _by_status(shown: Evidence, track: Track) -> list[Evidence]:
    """
    Return failures grouped by their HTTP status, with counts, and the rest.

    If episodes are counted instead of runs, not all of them have a known status.
    """
    if not track.statuses or shown.failed != track.failures:
        return [shown]
    by_count = sorted(track.statuses.items(), key=lambda item: -item[1])
    evidence = [
        structs.replace(
            shown,
            reason=Reason.STATUS_UNEXPECTED,
            failed=count,
            metric=http.STATUS.name,
            value=float(status),
        )
        for status, count in by_count
    ]
    rest = shown.failed - sum(track.statuses.values())
    if rest:
        evidence.append(structs.replace(shown, reason=track.other_reason, failed=rest))
    return evidence


def _slow(
    at: LinkContext, here: ServiceOverLink, elsewhere: Sequence[ServiceOverLink]
) -> Suspicion | None:
    """
    Return the fault if a page is slow: the portal's if every working link shows it.

    If it is slow over one link, while it is fast over another, the path may be slow as well.
    """
    if here.is_slow_by_link:
        return None
    is_slow_here = _is_slow_over(at, here) or any(
        _is_slow_by_other(at, here, other) for other in elsewhere
    )
    if not is_slow_here or here.link.slow.is_pending or is_link_busy(at, at.now_ns):
        return None
    if _is_way_slow(at, here) or (here.is_slow_at_times and not _is_control_quick(at, here)):
        fault = SLOW_OVER_LINK
    elif all(_is_slow_over(at, over) or _is_slow_by_other(at, over, here) for over in elsewhere):
        # Pages slow because of their line show nothing of the portal (2026-12: the exchange was
        # slow, as echoes over each site's other line showed, and two portals were named).
        is_open = any(over.is_slow_by_link for over in elsewhere)
        fault = SLOW_OVER_LINK if is_open else SLOW_PORTAL
    elif any(_is_quick_over(over) for over in elsewhere):
        fault = SLOW_OVER_LINK
    else:
        return None
    return Suspicion(
        fault=fault,
        onset_ns=min(_slow_starts_ns(here)),
        evidence=service_evidence((here, *elsewhere)),
    )


def _is_slow_by_other(at: LinkContext, here: ServiceOverLink, other: ServiceOverLink) -> bool:
    """
    Return whether a service is slow over a link by the usual time of another, where it is slow as
    well.

    If a page was first opened over a link when it was slow already, that counted as usual there,
    and the portal was fast and slow at once (2026-12: a portal that became slow just after its site
    had its power back). Until it has been fast over the link, the other link's usual time applies.
    """
    quick_ns = [ns for track in other.tracks.values() for ns in track.prompt_ns]
    before_ns = [ns for ns in quick_ns if ns < min(_slow_starts_ns(other))]
    if not before_ns or not here.is_whole or not _is_slow_over(at, other):
        return False
    limit_s = max(slow_limit_s(track, at.settings) for track in other.tracks.values())
    return all(
        track.successes >= SLOW_RUNS
        and (track.value_s or 0.0) > limit_s
        and min((track.worked_since_ns or 0, *track.prompt_ns)) > max(before_ns)
        for track in here.tracks.values()
    )


def _slow_starts_ns(here: ServiceOverLink) -> list[int]:
    """
    Return when each series became slow: its current series of slow runs, or the latest; for one
    that was never fast, its first run.
    """
    starts_ns = [
        track.slow_since_ns or track.slow_episodes_ns[-1]
        for track in here.tracks.values()
        if track.slow_since_ns is not None or track.slow_episodes_ns
    ]
    return starts_ns or [track.worked_since_ns or 0 for track in here.tracks.values()]


def _is_way_slow(at: LinkContext, here: ServiceOverLink) -> bool:
    """
    Return whether another service in another network is slow over the same link as well.

    If several are slow at once, the portal is not at fault but the path, whose party is unknown.
    The same applies if anchors beyond the carrier lose echoes at that time, or answer late
    (2026-11: a foreign path that was intermittently slow was attributed to the only portal on it).
    """
    controls = _controls(at, here)
    if any(
        track.slow_runs or over.is_slow_at_times or _is_slow_at_the_same_time(here, track)
        for over in controls
        for track in over.tracks.values()
    ):
        return True
    if here.is_slow_at_times and any(_is_nearly_as_often_slow(over, here) for over in controls):
        return True
    since_ns = min(_slow_starts_ns(here)) - LOSS_BEFORE_NS
    disturbed = {
        track.target
        for track in at.link.tracks.values()
        if track.kind == ECHO
        # A host that became silent during this very loss is not one that never answers.
        and at.now_ns - (track.answered_ns or 0) <= LOSS_MEMORY_NS
        and ((track.silent_ns or 0) >= since_ns or _is_late_by_turns(at, track))
        and (point := at.probes.point_of(track)) is not None
        and RANK[point.rung] >= RANK[Segment.TRANSIT]
    }
    return len(disturbed) >= at.settings.quorum


def _is_late_by_turns(at: LinkContext, echoes: Track) -> bool:
    """Return whether echoes were late repeatedly; one in five hundred always is."""
    since_ns = at.now_ns - LATE_ECHOES_NS
    return sum(start_ns >= since_ns for start_ns in echoes.slow_episodes_ns) >= LATE_ECHOES


def _is_nearly_as_often_slow(other: ServiceOverLink, here: ServiceOverLink) -> bool:
    """
    Return whether another service was slow a third as often, at other times.

    Loss beyond the carrier makes pages of different services slow at different times: 3 % loss was
    attributed to the portal that was the first to be slow three times (2026-11).
    """
    theirs, own = (
        sum(len(track.slow_episodes_ns) for track in over.tracks.values()) for over in (other, here)
    )
    return SLOW_RUNS * theirs >= own


def _controls(at: LinkContext, here: ServiceOverLink) -> list[ServiceOverLink]:
    """Return the services in other networks over the same link."""
    own = networks_of(here)
    names = {t.target for t in at.link.tracks.values() if t.kind == REQUEST}
    others = (service_over_link(at, at.link, name) for name in names - set(_names(here)))
    return [over for over in others if not networks_of(over) & own]


def _is_slow_at_the_same_time(here: ServiceOverLink, other: Track) -> bool:
    """Return whether another page was slow, or failed, at the same time as those of a service."""
    own = [ns for track in here.tracks.values() for ns in track.slow_episodes_ns]
    others = (*other.slow_episodes_ns, *other.episodes_ns)
    return any(abs(start_ns - ns) <= SAME_SPELL_NS for start_ns in others for ns in own)


def _is_control_quick(at: LinkContext, here: ServiceOverLink) -> bool:
    """
    Return whether another service was fast when this one was last slow; true if there is none.

    Intermittent faults are compared at the same time: a path that loses large packets for eight of
    every twenty seconds was attributed to the first portal that had been slow three times
    (2026-11).
    """
    controls = _controls(at, here)
    last_ns = max(_slow_starts_ns(here))
    return not controls or any(
        abs(prompt_ns - last_ns) <= SAME_SPELL_NS
        for over in controls
        for track in over.tracks.values()
        for prompt_ns in track.prompt_ns
    )


def _names(over: ServiceOverLink) -> list[str]:
    return [track.target for track in over.tracks.values()]


def _is_quick_over(over: ServiceOverLink) -> bool:
    return over.is_whole and all(
        not track.slow_runs and track.successes >= SLOW_RUNS for track in over.tracks.values()
    )


def may_be_slow(over: ServiceOverLink, settings: Settings) -> bool:
    """Return whether a page was slow too few times to be reported slow."""
    return any(
        0 < track.slow_runs < SLOW_RUNS and is_slow(track, settings)
        for track in over.tracks.values()
    )


def _is_slow_over(at: LinkContext, over: ServiceOverLink) -> bool:
    return over.is_slow_at_times or (
        bool(over.tracks)
        and all(
            track.slow_runs >= SLOW_RUNS and is_slow(track, at.settings)
            for track in over.tracks.values()
        )
    )
