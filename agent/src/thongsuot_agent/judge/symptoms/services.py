"""
Services: what is wrong with a portal over one link, seen together with the link and with the other
links.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thongsuot_agent.judge.comparison import is_usable
from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, ServiceAddress, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.failure_modes import (
    STALLS,
    Attribution,
    FailureMode,
    Health,
    failure_mode_of,
    health_of,
)
from thongsuot_agent.judge.symptoms.flapping import flapping_diagnosis
from thongsuot_agent.judge.tracks import is_slow
from thongsuot_agent.judge.verdicts import UNKNOWN, link_slot, unknown_slot
from thongsuot_schema.catalogue import http
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom

REQUEST = http.KIND.name
SLOW_RUNS = 3
"""Slow runs in a row before a page is called slow: at one a minute, after three minutes."""
CLOCK_NS = 900 * 1_000_000_000
"""A certificate that was found valid so lately proves the device's clock."""

SAME_TIME_NS = 1_000_000_000
"""Runs that began so close together saw the same portal."""

_DEAD_FAMILY = {Symptom.IPV4_DOWN: Family.IP4, Symptom.IPV6_DOWN: Family.IP6}
_EXPLAINED: Mapping[Symptom, frozenset[Attribution]] = {
    Symptom.CARRIER_PARTIAL_OUTAGE: frozenset({Attribution.PATH}),
    Symptom.INTERNATIONAL_TRANSIT_SILENT: frozenset({Attribution.PATH}),
    Symptom.TRANSIT_SILENT: frozenset({Attribution.PATH, Attribution.NAME}),
    Symptom.ACCESS_FLAPPING: frozenset({Attribution.PATH, Attribution.NAME}),
    Symptom.ADDRESS_CONFLICT: frozenset({Attribution.PATH, Attribution.NAME}),
    Symptom.ACCESS_LOSS: frozenset({Attribution.PATH, Attribution.NAME}),
    Symptom.CARRIER_LOSS: frozenset({Attribution.PATH, Attribution.NAME}),
    Symptom.TRANSIT_LOSS: frozenset({Attribution.PATH, Attribution.NAME}),
    Symptom.LAN_LOSS: frozenset({Attribution.PATH, Attribution.NAME}),
    Symptom.LARGE_PACKETS_LOST: frozenset({Attribution.PATH}),
    Symptom.RESOLVER_SILENT: frozenset({Attribution.NAME}),
    # A lie leads to another host, which refuses, stalls or shows another certificate.
    Symptom.RESOLVER_FORGED_ANSWER: frozenset({Attribution.NAME, Attribution.PATH}),
}
"""Faults of a link that explain some failures of services: the lower fault silences the higher."""


@dataclass(frozen=True, slots=True)
class ServiceOverLink:
    """
    A service over one link: health by family, how it fails where it does, and what the link says.
    """

    link: LinkMemory
    health: Mapping[Family, Health]
    tracks: Mapping[Family, Track]

    @property
    def signature(self) -> str:
        """
        Its health and pace in every family, as text: when that changes there is something to judge.
        """
        return " ".join(
            f"{family}:{self.health[family].name}:{self.tracks[family].slow_runs >= SLOW_RUNS - 1}"
            for family in sorted(self.health)
        )

    @property
    def is_good(self) -> bool:
        """Whether it works in at least one family."""
        return any(health in {Health.GOOD, Health.PARTLY} for health in self.health.values())

    @property
    def is_whole(self) -> bool:
        """Whether it works in every family."""
        return bool(self.health) and all(h is Health.GOOD for h in self.health.values())

    @property
    def is_bad(self) -> bool:
        """Whether it is believed to fail in every family."""
        return bool(self.health) and all(h is Health.BAD for h in self.health.values())

    @property
    def is_doubtful(self) -> bool:
        """Whether something has to be asked again before anything is said."""
        return any(health is Health.DOUBTFUL for health in self.health.values())

    def failing(self, health: Health = Health.BAD) -> tuple[Track, FailureMode] | None:
        """Return how it fails in the first family that is in this health."""
        for family in sorted(self.health):
            if self.health[family] is health:
                track = self.tracks[family]
                return track, failure_mode_of(track.reason)
        return None


def service_over_link(at: LinkContext, link: LinkMemory, service: str) -> ServiceOverLink:
    """
    Return how a service is over one link, leaving out the families that it, or the link, has not.
    """
    dead = _DEAD_FAMILY.get(link.silence.fault.symptom) if link.silence.fault else None
    tracks = {
        track.family: track
        for track in link.tracks.values()
        if track.target == service and track.kind == REQUEST and _is_current(at, link, track)
    }
    living = {f: t for f, t in tracks.items() if f is not dead}
    offered = {
        family: track
        for family, track in living.items()
        if not (track.failures and track.reason is Reason.NAME_WITHOUT_ADDRESS)
    }
    # A portal without IPv6 is an ordinary portal; one without any address is none.
    chosen = offered or living
    needed = at.settings.service_failures
    failing = _failing_addresses(at, service)
    health = {f: health_of(t, needed, at.now_ns, failing) for f, t in chosen.items()}
    return ServiceOverLink(link, health, chosen)


def _failing_addresses(at: LinkContext, service: str) -> frozenset[str]:
    """Return the addresses of a service that failed when they were last tried, over any link."""
    last: dict[str, tuple[int, bool]] = {}
    for link in at.memory.links.values():
        for track in link.tracks.values():
            if track.target == service:
                for name, address in track.addresses.items():
                    tried = (address.tried_ns, address.failures > 0)
                    last[name] = max(tried, last.get(name, tried))
    return frozenset(name for name, (_, fails) in last.items() if fails)


def diagnose_service(
    at: LinkContext, here: ServiceOverLink, elsewhere: Sequence[ServiceOverLink]
) -> Suspicion | None:
    """Return what is wrong with a service over a link that is itself usable."""
    failing = here.failing(Health.BAD) or here.failing(Health.PARTLY)
    if failing is None:
        return _slow(at, here, elsewhere)
    track, how = failing
    fault = _explained_by_link(here.link, how) or _attribute_failure(at, track, elsewhere, how)
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
    Return that a link loses large packets: handshakes stall on all services, small packets pass.

    In one family, as paths of the two may differ. Two services must stall, or one that works over
    another link; what fails over every link is the service's own trouble.
    """
    for family in (Family.IP4, Family.IP6):
        asked = [(s, o) for s, o in zip(elsewhere, here, strict=True) if family in o.health]
        stalling = [s for s, o in asked if _stalls(o, family)]
        if not stalling or any(o.health[family] is Health.GOOD for _, o in asked):
            continue
        others = {s: [o for o in elsewhere[s] if family in o.health] for s in stalling}
        works = [s for s in stalling if any(o.health[family] is Health.GOOD for o in others[s])]
        fails = [s for s in stalling if any(_stalls(o, family) for o in others[s])]
        if works or len(stalling) - len(fails) >= at.settings.quorum:
            return Diagnosis(
                state=State.DEGRADED, segment=Segment.ACCESS, symptom=Symptom.LARGE_PACKETS_LOST
            )
    return None


def _stalls(one: ServiceOverLink, family: Family) -> bool:
    return one.health[family] is Health.BAD and one.tracks[family].reason in STALLS


def link_slot_for_services(link: LinkMemory) -> FaultSlot | None:
    """
    Return the fault of a link that decides for every service over it, ``None`` if the link is
    usable.
    """
    if not link.known:
        return unknown_slot(link, link.facts_ns)
    return None if is_usable(link) else link_slot(link)


def service_evidence(overs: Sequence[ServiceOverLink]) -> tuple[Evidence, ...]:
    """Return what each link showed of a service, the link in question first."""
    found: list[Evidence] = []
    for place, one in enumerate(overs):
        for family, track in sorted(one.tracks.items()):
            found.append(
                Evidence(
                    kind=REQUEST,
                    target=track.target,
                    family=family,
                    segment=Segment.SERVICE,
                    outcome=Outcome.FAILED if track.failures else Outcome.OK,
                    reason=track.reason if track.failures else None,
                    ok=track.successes,
                    failed=track.failures,
                    link=one.link.name if place else "",
                )
            )
    return tuple(found)


def _is_current(at: LinkContext, link: LinkMemory, track: Track) -> bool:
    """
    Return whether a series is measured, and has been since the link is as it is.

    Failures of a time when the link was out say nothing about the service.
    """
    last_ns = max(track.worked_ns or 0, track.failed_ns or 0)
    is_of_outage = track.failures > 0 and (track.failed_ns or 0) < link.clear_ns
    is_measured = last_ns > (track.unmeasured_ns or 0) or at.now_ns - last_ns < CLOCK_NS
    return is_measured and not is_of_outage


def _explained_by_link(link: LinkMemory, how: FailureMode) -> Diagnosis | None:
    """Return the link's own fault where it explains a failure of this sort."""
    slots = (link.facts_slot, link.silence, link.large_packets, link.loss_fault, link.resolver)
    for fault in (flapping_diagnosis(link.flap_state), *(slot.fault for slot in slots)):
        if fault is not None and how.attribution in _EXPLAINED.get(fault.symptom, frozenset()):
            return Diagnosis(state=State.DOWN, segment=fault.segment, symptom=fault.symptom)
    return None


def _attribute_failure(
    at: LinkContext, track: Track, elsewhere: Sequence[ServiceOverLink], how: FailureMode
) -> Diagnosis:
    """Return whose fault a failure is that nothing wrong with the link explains."""
    if how.attribution is Attribution.CLOCK and not _clock_is_proved(at):
        return UNKNOWN
    works = [_works_elsewhere(at, track, one, how) for one in elsewhere]
    if how.attribution in {Attribution.SERVICE, Attribution.CLOCK} or all(
        answer is False for answer in works
    ):
        return Diagnosis(state=State.DOWN, segment=Segment.SERVICE, symptom=how.symptom)
    if not any(works):
        return UNKNOWN
    symptom = _name_symptom(track.reason) if how.attribution is Attribution.NAME else how.symptom
    return Diagnosis(state=State.DOWN, segment=Segment.CARRIER, symptom=symptom)


def _works_elsewhere(
    at: LinkContext, track: Track, other: ServiceOverLink, how: FailureMode
) -> bool | None:
    """
    Return whether what fails in a track works over another link, in the same family.

    ``None``: it cannot be told. It was not asked there at the same time, or not often enough; it
    fails there by what that link has of its own; or it works at addresses that were not tried here,
    so either of the two, the way here or the address, may be dead.
    """
    needed = at.settings.service_failures
    theirs = other.tracks.get(track.family) or next(iter(other.tracks.values()))
    health = other.health[theirs.family]
    if health is not Health.GOOD:
        cannot_tell = health is Health.DOUBTFUL or _explained_by_link(other.link, how) is not None
        return None if cannot_tell else False
    if theirs.successes < needed or not _worked_then(theirs, track.failed_ns or 0):
        return None
    if theirs.family is not track.family:
        return True
    seen = theirs.addresses
    dead = {name: a for name, a in track.addresses.items() if a.failures >= needed}
    if not dead or not seen:
        return True
    # An address that fails here has to have worked there, at the time it was last tried here.
    return (
        True
        if any(
            name in seen and not seen[name].failures and _worked_then(seen[name], a.tried_ns)
            for name, a in dead.items()
        )
        else None
    )


def _worked_then(other: Track | ServiceAddress, moment_ns: int) -> bool:
    """
    Return whether something worked around a moment: before it at the latest, and not before only.
    """
    since_ns, last_ns = other.worked_since_ns, other.worked_ns
    if since_ns is None or last_ns is None:
        return False
    return since_ns <= moment_ns + SAME_TIME_NS and last_ns >= moment_ns - SAME_TIME_NS


def _is_at_the_same_time(failed: Track, other: Track) -> bool:
    """Return whether another link was asked when this one failed last."""
    last_ns = max(other.worked_ns or 0, other.failed_ns or 0)
    return last_ns >= (failed.failed_ns or 0) - SAME_TIME_NS


def is_compared(here: ServiceOverLink, elsewhere: Sequence[ServiceOverLink]) -> bool:
    """Return whether other links were asked for all that fails here, at the same time."""
    return all(
        _is_at_the_same_time(track, one.tracks[track.family])
        for track in here.tracks.values()
        if track.failures
        for one in elsewhere
        if track.family in one.tracks
    )


def _name_symptom(reason: Reason | None) -> Symptom:
    """Return what a carrier's name server does wrong with a name that others resolve."""
    lies = {Reason.NAME_ANSWER_FORGED, Reason.NAME_NOT_FOUND, Reason.NAME_WITHOUT_ADDRESS}
    return Symptom.RESOLVER_FORGED_ANSWER if reason in lies else Symptom.RESOLVER_SILENT


def _clock_is_proved(at: LinkContext) -> bool:
    """Return whether the device's clock is right enough to judge a certificate's dates."""
    if at.memory.wall_s is not None:
        return True
    return any(
        track.kind == REQUEST
        and track.expires_s is not None
        and track.worked_ns is not None
        and at.now_ns - track.worked_ns < CLOCK_NS
        for link in at.memory.links.values()
        for track in link.tracks.values()
    )


def _slow(
    at: LinkContext, here: ServiceOverLink, elsewhere: Sequence[ServiceOverLink]
) -> Suspicion | None:
    """Return that a page is slow over every link that works; over one alone it may be the way."""
    if here.link.slow.fault is not None or here.link.loss_fault.fault is not None:
        return None
    if not all(_is_slow_over(at, one) for one in (here, *elsewhere)):
        return None
    since_ns = [t.slow_since_ns for t in here.tracks.values() if t.slow_since_ns is not None]
    return Suspicion(
        fault=Diagnosis(
            state=State.DEGRADED, segment=Segment.SERVICE, symptom=Symptom.SERVICE_SLOW
        ),
        onset_ns=min(since_ns),
        evidence=service_evidence((here, *elsewhere)),
    )


def may_be_slow(one: ServiceOverLink, settings: Settings) -> bool:
    """Return whether a page was slow too few times to be called so."""
    return any(
        0 < track.slow_runs < SLOW_RUNS and is_slow(track, settings)
        for track in one.tracks.values()
    )


def _is_slow_over(at: LinkContext, one: ServiceOverLink) -> bool:
    return bool(one.tracks) and all(
        track.slow_runs >= SLOW_RUNS and is_slow(track, at.settings)
        for track in one.tracks.values()
    )
