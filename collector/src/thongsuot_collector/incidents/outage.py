"""Outage: what the troubles of one carrier's links amount to; for the rules about carriers."""

from collections import Counter
from collections.abc import Iterable, Sequence

from thongsuot_collector.incidents.cluster import Cluster, clusters, enough
from thongsuot_collector.incidents.party import Responsible, Severity
from thongsuot_collector.incidents.picture import Picture
from thongsuot_collector.incidents.rule import Case
from thongsuot_collector.incidents.trouble import NS_PER_S, Trouble
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State


def carrier_cases(carrier: str, troubles: Sequence[Trouble], picture: Picture) -> list[Case]:
    """
    Return the outages among the troubles of one carrier's links.

    Devices that went silent, at sites that have no other carrier, belong to an outage that links
    elsewhere bear witness to; alone they prove nothing.
    """
    counted = [one for one in troubles if not picture.is_excused(one)]
    links = [one for one in counted if one.subject.is_link]

    def need(chain: Sequence[Trouble]) -> int:
        return enough(_population(carrier, chain, picture), picture.settings)

    return [
        _case(carrier, found, _silenced(found, counted, picture), picture)
        for found in clusters(links, picture.settings, need)
    ]


def group_hold_s(troubles: Iterable[Trouble], picture: Picture) -> float:
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


def speaking(troubles: Sequence[Trouble]) -> list[Trouble]:
    """Return the troubles that say what a group is like: those that go on, of the past all."""
    return [one for one in troubles if one.is_on] or list(troubles)


def most_common(values: Iterable[str]) -> str:
    """Return what occurs most; of equals the first in the alphabet."""
    counts = Counter(values)
    return min(counts, key=lambda one: (-counts[one], one))


def _case(carrier: str, cluster: Cluster, silenced: Sequence[Trouble], picture: Picture) -> Case:
    phases = [one.fault.interval for one in speaking(cluster.troubles)]
    dead = [one for one in phases if one.state is State.DOWN]
    is_down = 2 * len(dead) >= len(phases)
    spoken = dead if is_down else phases
    symptom = most_common(one.symptom for one in spoken)
    first = next(one for one in spoken if one.symptom == symptom)
    segments = [one.segment for one in phases if one.segment is not None]
    return Case(
        troubles=(*cluster.troubles, *silenced),
        start_ns=cluster.start_ns,
        end_ns=cluster.end_ns,
        state=State.DOWN if is_down else State.DEGRADED,
        segment=Segment(most_common(segments)),
        symptom=first.symptom,
        party=Responsible(Party.CARRIER, carrier),
        severity=Severity.CRITICAL if is_down else Severity.MAJOR,
        hold_s=group_hold_s(cluster.troubles, picture),
        limit_s=0.0,
        total=_population(carrier, cluster.troubles, picture),
        is_certain=any(one.is_certain for one in cluster.troubles),
    )


def _population(carrier: str, chain: Sequence[Trouble], picture: Picture) -> int:
    """Count the carrier's links of the sort that failed: over the air, by wire, or both."""
    mobile = {picture.is_mobile(one.subject) for one in chain}
    known = {one for one in picture.links_of_carrier(carrier) if picture.is_mobile(one) in mobile}
    return len(known | {one.subject for one in chain})


def _silenced(cluster: Cluster, troubles: Sequence[Trouble], picture: Picture) -> list[Trouble]:
    early_ns = round(picture.settings.together_s * NS_PER_S)
    return [
        one
        for one in troubles
        if one.subject.is_device
        and one.start_ns >= cluster.start_ns - early_ns
        and (cluster.end_ns is None or one.start_ns < cluster.end_ns)
    ]
