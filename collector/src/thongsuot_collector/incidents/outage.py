"""Outage: what the troubles of one carrier's links amount to; for the rules about carriers."""

from collections import Counter
from collections.abc import Iterable, Sequence

from thongsuot_collector.incidents.cluster import FaultCluster, find_clusters, min_cluster_size
from thongsuot_collector.incidents.fault import NS_PER_S, Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.party import ResponsibleParty, Severity
from thongsuot_collector.incidents.rule import Candidate
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State


def carrier_candidates(
    carrier: str, troubles: Sequence[Fault], picture: NetworkState
) -> list[Candidate]:
    """
    Return the outages among the troubles of one carrier's links.

    Devices that went silent, at sites that have no other carrier, belong to an outage that links
    elsewhere bear witness to; alone they prove nothing.
    """
    counted = [one for one in troubles if not picture.is_excused(one)]
    links = [one for one in counted if one.subject.is_link]

    def need(chain: Sequence[Fault]) -> int:
        return min_cluster_size(_population(carrier, chain, picture), picture.settings)

    return [
        _candidate(carrier, found, _silent_devices(found, counted, picture), picture)
        for found in find_clusters(links, picture.settings, need)
    ]


def group_hold_s(troubles: Iterable[Fault], picture: NetworkState) -> float:
    """
    Return how long an outage is held: what was known first must not wait longer than its limit,
    and what planned work has left must get the time to come back. Where nobody tells of it but by
    news of the past, it may be over already, and the news of that on their way.
    """
    settings, now_ns = picture.settings, picture.now_ns
    known = list(troubles)
    first_ns = min(one.known_ns for one in known)
    left_s = (first_ns - now_ns) / NS_PER_S + settings.hold_limit_s
    hold_s = min(settings.hold_s, max(0.0, left_s))
    if all(one.lag_s > settings.late_s for one in known):
        hold_s = max(hold_s, settings.late_hold_s)
    since_ns = now_ns - round(settings.release_s * NS_PER_S)
    planned_ns = max(picture.planned_until_ns(one.subject, since_ns=since_ns) for one in known)
    return max(hold_s, (planned_ns - since_ns) / NS_PER_S)


def representative_faults(troubles: Sequence[Fault]) -> list[Fault]:
    """Return the troubles that say what a group is like: those that go on, of the past all."""
    return [one for one in troubles if one.is_ongoing] or list(troubles)


def most_common(values: Iterable[str]) -> str:
    """Return what occurs most; of equals the first in the alphabet."""
    counts = Counter(values)
    return min(counts, key=lambda one: (-counts[one], one))


def _candidate(
    carrier: str, cluster: FaultCluster, silenced: Sequence[Fault], picture: NetworkState
) -> Candidate:
    phases = [one.main_phase.interval for one in representative_faults(cluster.faults)]
    dead = [one for one in phases if one.state is State.DOWN]
    is_down = 2 * len(dead) >= len(phases)
    spoken = dead if is_down else phases
    symptom = most_common(one.symptom for one in spoken)
    first = next(one for one in spoken if one.symptom == symptom)
    segments = [one.segment for one in phases if one.segment is not None]
    return Candidate(
        faults=(*cluster.faults, *silenced),
        start_ns=cluster.start_ns,
        end_ns=cluster.end_ns,
        state=State.DOWN if is_down else State.DEGRADED,
        segment=Segment(most_common(segments)),
        symptom=first.symptom,
        party=ResponsibleParty(Party.CARRIER, carrier),
        severity=Severity.CRITICAL if is_down else Severity.MAJOR,
        hold_s=group_hold_s(cluster.faults, picture),
        limit_s=0.0,
        total=_population(carrier, cluster.faults, picture),
        is_certain=any(one.is_certain for one in cluster.faults),
    )


def _population(carrier: str, chain: Sequence[Fault], picture: NetworkState) -> int:
    """Count the carrier's links of the sort that failed: over the air, by wire, or both."""
    mobile = {picture.is_mobile(one.subject) for one in chain}
    known = {one for one in picture.links_of_carrier(carrier) if picture.is_mobile(one) in mobile}
    return len(known | {one.subject for one in chain})


def _silent_devices(
    cluster: FaultCluster, troubles: Sequence[Fault], picture: NetworkState
) -> list[Fault]:
    early_ns = round(picture.settings.together_s * NS_PER_S)
    return [
        one
        for one in troubles
        if one.subject.is_device
        and one.start_ns >= cluster.start_ns - early_ns
        and (cluster.end_ns is None or one.start_ns < cluster.end_ns)
    ]
