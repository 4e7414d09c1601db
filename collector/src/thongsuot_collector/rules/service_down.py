"""
One service fails at many sites: the service itself is at fault.

Unless all of them have the same carrier, and other sites reach it, or nothing answers; or another
carrier reaches it at the same time. Then the fault is between their carriers and the service, and
no measurement at the sites shows whose it is.
"""

from collections.abc import Sequence

from thongsuot_collector.incidents.cluster import FaultCluster
from thongsuot_collector.incidents.fault import NS_PER_S, Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.outage import (
    clusters_by_kind,
    common_state,
    group_hold_s,
    is_harmless,
)
from thongsuot_collector.incidents.party import CITY, ResponsibleParty, Severity
from thongsuot_collector.incidents.rule import Candidate, GroupRule, RuleSentences
from thongsuot_collector.incidents.service_reach import ServiceReach, service_reach
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text

_SITES = 3
"""
Each has compared all of its links first, and so has evidence from two carriers; three do not err
alike.
"""

_ONE_CARRIER = "one_carrier"
_SOME_CARRIERS = "some_carriers"
_SEVERAL_SYMPTOMS = "several_symptoms"

_UNANSWERED = frozenset({Symptom.SERVICE_TIMEOUT, Symptom.SERVICE_SLOW})
"""Symptoms without an answer of the service itself; a refusal or a wrong page is its own fault."""


def group_key(fault: Fault, _network: NetworkState) -> str | None:
    """Group faults of services, by service."""
    return fault.subject.service if fault.subject.is_service else None


def assess(service: str, faults: Sequence[Fault], network: NetworkState) -> list[Candidate]:
    """Return the periods in which a service failed at more than one site."""
    counted = [fault for fault in faults if not network.is_excused(fault)]
    total = len(network.sites_with(service))
    least = max(2, min(_SITES, total))
    clusters = clusters_by_kind(counted, network, lambda _chain: least)
    return [_candidate(service, cluster, total, network) for cluster in clusters]


def _candidate(service: str, cluster: FaultCluster, total: int, network: NetworkState) -> Candidate:
    state, symptom, intervals = common_state(cluster.faults)
    severity = Severity.CRITICAL if state is State.DOWN else Severity.MAJOR
    if symptom is Symptom.CERTIFICATE_EXPIRING:
        severity = Severity.WARNING
    is_one_carrier = _is_between_one_carrier_and_the_service(service, symptom, cluster, network)
    reach = None if is_one_carrier else _reach_by_others(service, symptom, cluster, network)
    # Two unanswering services may share hosts or a path: no measurement distinguishes these.
    is_shared = symptom is Symptom.SERVICE_TIMEOUT and all(
        network.is_another_service_unanswered(fault.subject) for fault in cluster.faults
    )
    variant = _ONE_CARRIER if is_one_carrier else "" if reach is None else _SOME_CARRIERS
    if not variant and len({interval.symptom for interval in intervals}) > 1:
        variant = _SEVERAL_SYMPTOMS
    return Candidate(
        faults=cluster.faults,
        start_ns=cluster.start_ns,
        end_ns=cluster.end_ns,
        state=state,
        segment=Segment.SERVICE,
        symptom=symptom,
        party=CITY
        if is_one_carrier or reach or is_shared
        else ResponsibleParty(Party.PORTAL, service),
        severity=severity,
        hold_s=_hold_s(cluster, network, reach),
        limit_s=0.0,
        total=total,
        variant=variant,
        reach=reach,
        is_notifiable=not all(is_harmless(fault, network) for fault in cluster.faults),
        is_certain=any(fault.is_certain for fault in cluster.faults),
    )


def _is_between_one_carrier_and_the_service(
    service: str, symptom: Symptom, cluster: FaultCluster, network: NetworkState
) -> bool:
    """
    Return whether all failing sites have the same carrier, and there is no other evidence.

    Then neither the carrier nor the operator can be named as responsible: it may be either.
    """
    sites = {fault.subject.site for fault in cluster.faults}
    carriers = {network.only_carrier_of(site) for site in sites}
    if len(carriers) > 1 or "" in carriers:
        return False
    if symptom in _UNANSWERED:
        return True
    others = (subject for subject in network.sites_with(service) if subject.site not in sites)
    return any(
        network.state_of(subject) is State.UP
        and network.only_carrier_of(subject.site) not in carriers
        for subject in others
    )


def _reach_by_others(
    service: str, symptom: Symptom, cluster: FaultCluster, network: NetworkState
) -> ServiceReach | None:
    """Return who reaches the service over other carriers; a certificate's date needs no witness."""
    if symptom is Symptom.CERTIFICATE_EXPIRING:
        return None
    sites = {fault.subject.site for fault in cluster.faults}
    return service_reach(service, sites, network)


def _hold_s(cluster: FaultCluster, network: NetworkState, reach: ServiceReach | None) -> float:
    """
    Return how long the incident is held: where others seem to reach the service, until they have
    asked for it again, once a minute; if they fail as well, the operator is notified at once.
    """
    hold_s = group_hold_s(cluster.faults, network)
    if reach is None:
        return hold_s
    first_ns = min(fault.known_ns for fault in cluster.faults)
    waited_s = (network.now_ns - first_ns) / NS_PER_S
    return max(hold_s, network.settings.service_hold_s - waited_s)


RULE = GroupRule(
    code="service_down",
    title=Text("collector.rule_service_down.title"),
    precedence=40,
    group_key=group_key,
    assess=assess,
    covers=("service_fault",),
    sentences=RuleSentences(
        headline=Text("collector.rule_service_down.headline"),
        situation=Text("collector.rule_service_down.situation"),
        do=Text("collector.rule_service_down.do"),
        variants={
            _SEVERAL_SYMPTOMS: RuleSentences(
                headline=Text("collector.rule_service_down.several_symptoms.headline"),
                situation=Text("collector.rule_service_down.several_symptoms.situation"),
                do=Text("collector.rule_service_down.several_symptoms.do"),
            ),
            _SOME_CARRIERS: RuleSentences(
                headline=Text("collector.rule_service_down.some_carriers.headline"),
                situation=Text("collector.rule_service_down.some_carriers.situation"),
                do=Text("collector.rule_service_down.some_carriers.do"),
            ),
            _ONE_CARRIER: RuleSentences(
                headline=Text("collector.rule_service_down.one_carrier.headline"),
                situation=Text("collector.rule_service_down.one_carrier.situation"),
                do=Text("collector.rule_service_down.one_carrier.do"),
            ),
        },
    ),
)
