"""
Attribution: whose fault a service's failure is, from the link's own faults and from the other
links.
"""

from collections.abc import Mapping, Sequence

import msgspec

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import LinkMemory, ServiceAddress, Track
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_agent.judge.symptoms.borrowed_resolver import is_borrowed_resolver
from thongsuot_agent.judge.symptoms.failure_modes import (
    FAILURE_SYMPTOMS,
    FOREIGN_CERTIFICATE,
    Attribution,
    FailureMode,
    Health,
    failure_mode_of,
)
from thongsuot_agent.judge.symptoms.flapping import flapping_diagnosis
from thongsuot_agent.judge.symptoms.loss import loss_ratio
from thongsuot_agent.judge.symptoms.missing_names import is_missing_alone
from thongsuot_agent.judge.symptoms.new_flows import are_new_flows_lost
from thongsuot_agent.judge.symptoms.own_queue import CAUSE_UNKNOWN
from thongsuot_agent.judge.symptoms.pages import may_be_dropped
from thongsuot_agent.judge.symptoms.service_over_link import (
    REQUEST,
    ServiceOverLink,
    networks_of_tracks,
)
from thongsuot_agent.judge.symptoms.service_proofs import (
    clock_is_proved,
    fails_otherwise,
    fell_away_apart,
    is_large_packet_witness_missing,
    is_way_proved,
)
from thongsuot_agent.judge.symptoms.translated import translator_fault
from thongsuot_agent.judge.tracks import (
    ECHO,
    MISSING,
    SILENT_REASONS,
    STALLS,
    share_silent_lately,
    silent_lately,
)
from thongsuot_agent.judge.verdicts import UNKNOWN
from thongsuot_agent.judge.witnesses import are_independent
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

INTERCEPTED = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.CONNECTION_INTERCEPTED)
SERVICES_INTERCEPTED = 2
"""If this many services, and all of them, change at once, it is not a service's certificate."""
HEAVY_LOSS_RATIO = 0.15
"""
Loss ratio of the latest echoes to targets beyond the carrier: a page may then miss its time limit.
"""
LOSS_MEMORY_NS = 600 * NS_PER_S
SLOW_BESIDE = 2
"""
One page in a thousand is slow because of a retransmitted packet; two so close together are not.
"""
DEAD_RUNS = 3
"""If a path loses half of all packets, one connection in ten does not open in time."""
SAME_SPELL_NS = 3_000_000_000
"""Pages opened this close together saw the same spell of a path."""
SAME_TIME_NS = NS_PER_S
"""Runs that began this close together saw the same state of the portal."""

RELATION = Diagnosis(
    state=State.UNKNOWN, segment=None, symptom=Symptom.SERVICE_UNREACHABLE_OVER_LINK
)
"""
A service that one carrier alone does not reach: it may refuse that carrier's addresses, or the path
between the two may be cut. The site cannot distinguish these, so no party is named.
"""

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
    Symptom.LAN_LARGE_PACKETS_LOST: frozenset({Attribution.PATH}),
    Symptom.LARGE_PACKETS_CAUSE_UNKNOWN: frozenset({Attribution.PATH}),
    Symptom.NEW_CONNECTIONS_FAIL: frozenset({Attribution.PATH, Attribution.NAME}),
    Symptom.LAN_NEW_CONNECTIONS_FAIL: frozenset({Attribution.PATH, Attribution.NAME}),
    Symptom.CARRIER_NEW_CONNECTIONS_FAIL: frozenset({Attribution.PATH, Attribution.NAME}),
    Symptom.RESOLVER_SILENT: frozenset({Attribution.NAME}),
    Symptom.RESOLVER_CAUSE_UNKNOWN: frozenset({Attribution.NAME}),
    Symptom.RESOLVER_SLOW: frozenset({Attribution.NAME}),
    # A forged answer leads to another host, which refuses, stalls or shows another certificate.
    Symptom.RESOLVER_FORGED_ANSWER: frozenset({Attribution.NAME, Attribution.PATH}),
}
"""Faults of a link that explain certain failures of services: the lower fault masks the higher."""
_OUT_OF_TIME = SILENT_REASONS | {Reason.NAME_SERVER_TIMED_OUT}
"""Failures that a slow link explains: time-outs."""


def explained_by_link(link: LinkMemory, track: Track) -> Diagnosis | None:
    """Return the link's own fault if it explains a failure like that of a track."""
    how = failure_mode_of(track.reason)
    slow = link.slow.fault
    if slow is not None and track.reason in _OUT_OF_TIME:
        # A fault that delays all traffic makes some of it miss its time limit. Whose queue it is
        # stays open.
        is_open = slow.state is State.UNKNOWN
        return slow if is_open else msgspec.structs.replace(slow, state=State.DOWN)
    slots = (
        link.facts_slot,
        link.silence,
        link.large_packets,
        link.loss_fault,
        link.carried_fault,
        link.resolver,
    )
    for fault in (flapping_diagnosis(link.flap_state), *(slot.fault for slot in slots)):
        if fault is not None and how.attribution in _EXPLAINED.get(fault.symptom, frozenset()):
            # A fault without a location leaves the attribution open.
            state = State.UNKNOWN if fault.segment is None else State.DOWN
            return Diagnosis(state=state, segment=fault.segment, symptom=fault.symptom)
    return None


def attribute_failure(
    at: LinkContext, here: ServiceOverLink, track: Track, elsewhere: Sequence[ServiceOverLink]
) -> Diagnosis:
    """
    Attribute a failure that no fault of the link explains.

    Only links that share neither carrier nor infrastructure are independent witnesses: two through
    one core, or one device, fail together. Without any (one link, or all of one carrier) the
    service is blamed only if the path in general is proved: an empty comparison once blamed a
    portal for a cut fibre.
    """
    how = failure_mode_of(track.reason)
    if how.attribution is Attribution.CLOCK and not clock_is_proved(at):
        return UNKNOWN
    own_fault = Diagnosis(state=State.DOWN, segment=Segment.SERVICE, symptom=how.symptom)
    if how.attribution in {Attribution.SERVICE, Attribution.CLOCK}:
        return own_fault
    on_the_way = INTERCEPTED if _is_intercepted(at, track) else translator_fault(at, track)
    if on_the_way is not None:
        return on_the_way
    works = [_works_elsewhere(at, track, other) for other in elsewhere]
    if any(works):
        return _relation(at, track, how, _tracks_that_work(elsewhere, works))
    witnesses = [
        answer
        for other, answer in zip(elsewhere, works, strict=True)
        if are_independent(here.entry, other.entry)
    ]
    is_proved = all(answer is False for answer in works)
    if not witnesses:
        # A name server that does not answer proves nothing about the name.
        is_server = track.reason in {Reason.NAME_SERVER_TIMED_OUT, Reason.NAME_SERVER_REFUSED}
        is_proved = is_proved and not is_server and is_way_proved(at, track)
    is_proved = is_proved and not fell_away_apart(track, here.entry.carrier, elsewhere)
    is_proved = is_proved and not fails_otherwise(track, elsewhere)
    is_proved = is_proved and not is_large_packet_witness_missing(at, track)
    if is_proved and not _do_others_time_out(at, track) and not _may_be_lost(at, track):
        return own_fault
    # The failure is certain from any vantage point; its attribution is not.
    is_sure = all(answer is False for answer in works)
    return Diagnosis(state=State.UNKNOWN, segment=None, symptom=how.symptom) if is_sure else UNKNOWN


def _may_be_lost(at: LinkContext, failing: Track) -> bool:
    """
    Return whether an unanswered request may be part of the link's packet loss.

    Before a heavy loss is confirmed, it makes pages time out, first of one portal (2026-11: half of
    all packets were lost at the exchange, and the portal was notified). A policer loses no pages.
    """
    is_silent = failing.reason in SILENT_REASONS | {Reason.NAME_SERVER_TIMED_OUT}
    far = [
        track
        for track in at.link.tracks.values()
        if track.kind == ECHO
        # A host that became silent during this very loss is not one that never answers.
        and at.now_ns - (track.answered_ns or 0) <= LOSS_MEMORY_NS
        and (point := at.probes.point_of(track)) is not None
        and RANK[point.rung] >= RANK[Segment.TRANSIT]
    ]
    losing = {track.target for track in far if silent_lately(track)[0]}
    return (
        is_silent
        and at.link.policed_until_ns <= at.now_ns
        and len(losing) >= at.settings.quorum
        and share_silent_lately(far) >= HEAVY_LOSS_RATIO
    )


def _do_others_time_out(at: LinkContext, failing: Track) -> bool:
    """
    Return whether a service in another network times out over the same link at the same time.

    If several services time out, the fault is not a portal's but in their common path. The same
    applies if they fail intermittently, at the same times or since the first began to fail: a path
    that lost large packets for eight of every twenty seconds was attributed to the portal that had
    failed three times, and one with growing loss of them to the first portal without a page
    (2026-11).

    A service that answers, even with an error or a refusal, is no such witness; nor is one with
    slow pages if the failing portal no longer accepts connections: no path loses all small packets
    of one portal and none of the other's.
    """
    own = networks_of_tracks([failing])
    if failing.reason not in SILENT_REASONS or not own:
        return False
    others = [
        networks_of_tracks([track])
        for track in at.link.tracks.values()
        if track.kind == REQUEST
        and track.target != failing.target
        and (
            (track.failures and track.reason in SILENT_REASONS)
            or _have_same_moments(failing, track)
            or _suffers_since(track, failing, at.now_ns)
        )
    ]
    return any(networks and not networks & own for networks in others)


def _have_same_moments(failing: Track, other: Track) -> bool:
    """Return whether another service was silent, or slow, when one recently began to fail."""
    own = (*failing.episodes_ns, failing.failed_ns or 0)
    theirs = other.unanswered_ns
    if not _takes_no_connection(failing):
        theirs = [*theirs, *other.slow_episodes_ns]
    return any(
        abs(start_ns - moment_ns) <= SAME_SPELL_NS for start_ns in theirs for moment_ns in own
    )


def _suffers_since(other: Track, failing: Track, now_ns: int) -> bool:
    """
    Return whether another service had a missing page, or two slow ones, since one began to fail.
    """
    since_ns = failing.failed_since_ns or now_ns
    if any(start_ns >= since_ns for start_ns in other.unanswered_ns):
        return True
    slow = sum(start_ns >= since_ns for start_ns in other.slow_episodes_ns)
    is_slow = slow + max(0, other.slow_runs - 1) >= SLOW_BESIDE
    return is_slow and not _takes_no_connection(failing)


def _takes_no_connection(failing: Track) -> bool:
    """Return whether connections to a service do not even open, for some consecutive runs."""
    return failing.failures >= DEAD_RUNS and failing.reason not in STALLS


def is_undecided(fault: Diagnosis | None) -> bool:
    """Return whether a fault is certain but not attributed to any party."""
    return fault is not None and (
        fault == UNKNOWN or (fault.state is State.UNKNOWN and fault.symptom in FAILURE_SYMPTOMS)
    )


def _tracks_that_work(
    elsewhere: Sequence[ServiceOverLink], works: Sequence[bool | None]
) -> list[Track]:
    """Return the tracks that show that a service works over other links."""
    return [
        track
        for over, answer in zip(elsewhere, works, strict=True)
        if answer
        for track in over.tracks.values()
    ]


def _relation(
    at: LinkContext, track: Track, how: FailureMode, working: Sequence[Track]
) -> Diagnosis:
    """Return the fault if a service works over another link at the same time."""
    if how.attribution is not Attribution.NAME:
        return RELATION
    is_dropped = track.reason is Reason.NAME_SERVER_TIMED_OUT and may_be_dropped(at, track)
    if is_dropped or loss_ratio(at.link) >= at.settings.loss_degraded_ratio:
        # Queries are lost with the rest of the traffic; soon the loss is confirmed, and explains
        # them.
        return CAUSE_UNKNOWN if is_dropped else UNKNOWN
    if are_new_flows_lost(at):
        # The query is a new flow as well: it may not have left the site's router.
        return RELATION
    if is_borrowed_resolver(at):
        # The server belongs to the whole device: it may serve the other carrier's customers only.
        return UNKNOWN
    if track.reason in MISSING and not is_missing_alone(at, track, working):
        # The other server may have cached a removed name.
        return RELATION
    symptom = _name_symptom(track.reason)
    return Diagnosis(state=State.DOWN, segment=Segment.CARRIER, symptom=symptom)


def _is_intercepted(at: LinkContext, failing: Track) -> bool:
    """
    Return whether every service over the link shows a foreign certificate, of one issuer.

    Something on the path then intercepts all of them: a rogue device, the office's firewall, or the
    carrier. The site cannot tell which, so no service and no circuit is named.
    """
    if failing.reason not in FOREIGN_CERTIFICATE:
        return False
    tracks = [
        track
        for track in at.link.tracks.values()
        if track.kind == REQUEST and (track.worked_ns or track.failed_ns)
    ]
    names = {track.target for track in tracks if track.failures}
    issuers = {track.issuer for track in tracks if track.issuer and track.failures}
    is_everything = all(
        track.failures and track.reason in FOREIGN_CERTIFICATE
        for track in tracks
        if track.reason is not Reason.NAME_WITHOUT_ADDRESS
    )
    return is_everything and len(names) >= SERVICES_INTERCEPTED and len(issuers) <= 1


def _works_elsewhere(at: LinkContext, track: Track, other: ServiceOverLink) -> bool | None:
    """
    Return whether the failing service of a track works over another link, in the same family.

    ``None``: undecided. It was not probed there at the same time, or not often enough; it fails
    there because of that link; or it works at addresses that were not tried here, so the path here
    or the address may be dead.
    """
    needed = at.settings.service_failures
    theirs = other.tracks.get(track.family) or next(iter(other.tracks.values()))
    health = other.health[theirs.family]
    if health is not Health.GOOD:
        cannot_tell = health is Health.DOUBTFUL or explained_by_link(other.link, theirs) is not None
        return None if cannot_tell else False
    if theirs.successes < needed or not _worked_then(theirs, track.failed_ns or 0):
        return None
    if theirs.family is not track.family:
        return True
    known_addresses = theirs.addresses
    dead = {name: a for name, a in track.addresses.items() if a.failures >= needed}
    if not dead or not known_addresses:
        return True
    # An address that fails here must have worked there when it was last tried here.
    return (
        True
        if any(
            name in known_addresses
            and not known_addresses[name].failures
            and _worked_then(known_addresses[name], a.tried_ns)
            for name, a in dead.items()
        )
        else None
    )


def _worked_then(other: Track | ServiceAddress, moment_ns: int) -> bool:
    """
    Return whether a service worked around a time: shortly before it at the latest, and not only
    before.
    """
    since_ns, last_ns = other.worked_since_ns, other.worked_ns
    if since_ns is None or last_ns is None:
        return False
    return since_ns <= moment_ns + SAME_TIME_NS and last_ns >= moment_ns - SAME_TIME_NS


def _is_at_the_same_time(failed: Track, other: Track) -> bool:
    """Return whether another link was probed at the time of this link's last failure."""
    last_ns = max(other.worked_ns or 0, other.failed_ns or 0)
    return last_ns >= (failed.failed_ns or 0) - SAME_TIME_NS


def is_compared(here: ServiceOverLink, elsewhere: Sequence[ServiceOverLink]) -> bool:
    """Return whether other links were probed for everything that fails here, at the same time."""
    return all(
        _is_at_the_same_time(track, over.tracks[track.family])
        for track in here.tracks.values()
        if track.failures
        for over in elsewhere
        if track.family in over.tracks
    )


def _name_symptom(reason: Reason | None) -> Symptom:
    """Return the symptom of a carrier's name server for a name that others resolve."""
    lies = MISSING | {Reason.NAME_ANSWER_FORGED}
    return Symptom.RESOLVER_FORGED_ANSWER if reason in lies else Symptom.RESOLVER_SILENT
