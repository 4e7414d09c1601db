"""Outage: the assessment of simultaneous faults, shared by the group rules."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from thongsuot_collector.incidents.cluster import FaultCluster, find_clusters, min_cluster_size
from thongsuot_collector.incidents.fault import NS_PER_S, Fault, is_fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.party import ResponsibleParty, Severity
from thongsuot_collector.incidents.rule import Candidate
from thongsuot_collector.timeline.interval import Interval
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

RESOLVER_SYMPTOMS = frozenset(
    {Symptom.RESOLVER_SILENT, Symptom.RESOLVER_SLOW, Symptom.RESOLVER_FORGED_ANSWER}
)
"""Faults of a carrier's name servers, not of its lines."""

SLOW_SYMPTOMS = frozenset({Symptom.ACCESS_SLOW, Symptom.CARRIER_SLOW, Symptom.TRANSIT_SLOW})
"""Slowness of a line; over radio it varies with the conditions in the cell."""

HARMLESS_SYMPTOMS = frozenset({Symptom.IPV6_DOWN})
"""
Recorded without a notification: if only IPv6 is down, IPv4 answers, and browsers fall back to it in
a quarter of a second (RFC 8305).
"""

ONE_DIRECTION_SYMPTOMS = frozenset(
    {
        Symptom.CARRIER_PARTIAL_OUTAGE,
        Symptom.INTERNATIONAL_TRANSIT_SILENT,
        Symptom.TRANSIT_SILENT,
    }
)
"""
Some of the targets behind a link are silent: notified if a service that people use is out of reach.
Routers abroad, or of an exchange, that answer no echoes are recorded, and nobody has to act.
"""

DEGRADED = "degraded"
"""The variant of the sentences for a degradation, in contrast to a failure."""

DEAD = "dead"
"""The kind of all faults in which nothing works, whatever the symptom."""


def kind_of(interval: Interval) -> str:
    """
    Return the kind of a fault; only faults of the same kind are grouped. All dead links are of one
    kind, while loss and delay have causes of their own.
    """
    return DEAD if interval.state is State.DOWN else str(interval.symptom)


def clusters_by_kind(
    faults: Sequence[Fault],
    state: NetworkState,
    need: Callable[[Sequence[Fault]], int],
) -> Iterator[FaultCluster]:
    """
    Yield the clusters among faults of the same kind, the dead first.

    A fault belongs to each kind that it has shown: an outage that begins with loss and ends with
    silence stays one, and a fault that a cluster has taken is in no other.
    """
    kinds: dict[str, list[Fault]] = {DEAD: []}
    for fault in faults:
        shown = {
            kind_of(phase.interval)
            for phase in fault.phases
            if is_fault(fault.subject, phase.interval)
        }
        for kind in shown:
            kinds.setdefault(kind, []).append(fault)
    taken: set[str] = set()
    for kind in sorted(kinds, key=lambda kind: (kind != DEAD, kind)):
        left = [fault for fault in kinds[kind] if fault.id not in taken]
        for cluster in find_clusters(left, state.settings, need):
            taken.update(fault.id for fault in cluster.faults)
            yield cluster


def is_harmless(fault: Fault, state: NetworkState) -> bool:
    """Return whether a fault, in its current state, affects no watched service."""
    interval = fault.main_phase.interval
    if interval.symptom in HARMLESS_SYMPTOMS:
        return True
    if fault.subject.is_service:
        return interval.symptom is Symptom.SERVICE_PARTIAL_OUTAGE and _is_only_over_ipv6(fault)
    is_partial = interval.symptom in ONE_DIRECTION_SYMPTOMS and interval.state is not State.DOWN
    return is_partial and not state.is_any_service_unanswered_over(fault.subject)


def _is_only_over_ipv6(fault: Fault) -> bool:
    """Return whether all failed checks of a service used IPv6, and IPv4 was checked as well."""
    evidence = fault.main_phase.evidence
    failed = {item.family for item in evidence if item.outcome is Outcome.FAILED}
    worked = {item.family for item in evidence if item.outcome is Outcome.OK}
    return failed == {Family.IP6} and Family.IP4 in worked


def carrier_candidates(
    carrier: str, faults: Sequence[Fault], state: NetworkState
) -> list[Candidate]:
    """
    Return the outages among the faults of one carrier's links.

    Silent devices at sites without another carrier belong to an outage that links elsewhere prove;
    alone they prove nothing.
    """
    counted = [fault for fault in faults if not state.is_excused(fault)]
    links = [fault for fault in counted if fault.subject.is_link]

    def need(chain: Sequence[Fault]) -> int:
        sites = {link.site for link in _population(carrier, chain, state)}
        return min_cluster_size(len(sites), state.settings)

    return [
        _candidate(carrier, cluster, _silent_devices(cluster, counted, state), state)
        for cluster in clusters_by_kind(links, state, need)
    ]


def group_hold_s(faults: Iterable[Fault], state: NetworkState) -> float:
    """
    Return the hold of an outage: its first known fault must not wait longer than its limit, and
    faults left by planned work must get the time to recover. If all reports of an outage are late,
    it may be over already, and the report of its end in transit.
    """
    settings, now_ns = state.settings, state.now_ns
    known = list(faults)
    first_ns = min(fault.known_ns for fault in known)
    left_s = (first_ns - now_ns) / NS_PER_S + settings.hold_limit_s
    hold_s = min(settings.hold_s, max(0.0, left_s))
    if all(fault.lag_s > settings.late_s for fault in known):
        hold_s = max(hold_s, settings.late_hold_s)
    since_ns = now_ns - round(settings.release_s * NS_PER_S)
    planned_ns = max(state.planned_until_ns(fault.subject, since_ns=since_ns) for fault in known)
    is_fade = all(
        fault.main_phase.interval.symptom in SLOW_SYMPTOMS and state.is_mobile(fault.subject)
        for fault in known
    )
    if is_fade:
        # Of sixty cells some fade at any time (``settings``).
        hold_s = max(hold_s, settings.slow_radio_hold_s)
    return max(hold_s, (planned_ns - since_ns) / NS_PER_S)


def representative_faults(faults: Sequence[Fault]) -> list[Fault]:
    """Return the faults that represent a group: the ongoing ones, or all if it is over."""
    return [fault for fault in faults if fault.is_ongoing] or list(faults)


def common_state(faults: Sequence[Fault]) -> tuple[State, Symptom, list[Interval]]:
    """
    Return the most common state and symptom of a group, and the current symptom of each member.
    """
    intervals = [fault.main_phase.interval for fault in representative_faults(faults)]
    dead = [interval for interval in intervals if interval.state is State.DOWN]
    is_down = 2 * len(dead) >= len(intervals)
    symptom = most_common(interval.symptom for interval in (dead if is_down else intervals))
    return State.DOWN if is_down else State.DEGRADED, Symptom(symptom), intervals


def most_common(values: Iterable[str]) -> str:
    """Return the most frequent value; of equally frequent ones, the first in the alphabet."""
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value))


def _candidate(
    carrier: str, cluster: FaultCluster, silent: Sequence[Fault], state: NetworkState
) -> Candidate:
    common, symptom, intervals = common_state(cluster.faults)
    segments = [interval.segment for interval in intervals if interval.segment is not None]
    return Candidate(
        faults=(*cluster.faults, *silent),
        start_ns=cluster.start_ns,
        end_ns=cluster.end_ns,
        state=common,
        segment=Segment(most_common(segments)),
        symptom=symptom,
        party=ResponsibleParty(Party.CARRIER, carrier),
        severity=Severity.CRITICAL if common is State.DOWN else Severity.MAJOR,
        hold_s=group_hold_s(cluster.faults, state),
        limit_s=0.0,
        total=len(_population(carrier, cluster.faults, state)),
        variant="" if common is State.DOWN else DEGRADED,
        is_notifiable=any(
            not is_harmless(fault, state) for fault in representative_faults(cluster.faults)
        ),
        is_certain=any(fault.is_certain for fault in cluster.faults),
    )


def _population(carrier: str, chain: Sequence[Fault], state: NetworkState) -> set[Subject]:
    """Return the carrier's links of the types that failed: radio, wired, or both."""
    mobile = {state.is_mobile(fault.subject) for fault in chain}
    known = {link for link in state.links_of_carrier(carrier) if state.is_mobile(link) in mobile}
    return known | {fault.subject for fault in chain}


def _silent_devices(
    cluster: FaultCluster, faults: Sequence[Fault], state: NetworkState
) -> list[Fault]:
    early_ns = round(state.settings.together_s * NS_PER_S)
    return [
        fault
        for fault in faults
        if fault.subject.is_device
        and fault.start_ns >= cluster.start_ns - early_ns
        and (cluster.end_ns is None or fault.start_ns < cluster.end_ns)
    ]
