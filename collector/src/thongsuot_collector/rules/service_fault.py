"""One site finds a service broken over all of its links."""

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.outage import is_harmless
from thongsuot_collector.incidents.party import CITY, ResponsibleParty, Severity
from thongsuot_collector.incidents.rule import Candidate, SingleFaultRule
from thongsuot_schema.segment import Party
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text


def assess(fault: Fault, network: NetworkState) -> Candidate | None:
    """
    Claim every fault of a service.

    While another site reaches it, the evidence of one site is not enough to notify the operator:
    the city investigates. It also does if another service does not answer either: the site cannot
    tell whether their shared hosts or the path to them failed (2026-11: an exchange that dropped
    large packets was reported to a portal).
    """
    if not fault.subject.is_service:
        return None
    settings, interval = network.settings, fault.main_phase.interval
    service = fault.subject.service
    others = [site for site in network.sites_with(service) if site != fault.subject]
    is_reached = any(network.state_of(site) is State.UP for site in others)
    is_shared = (
        interval.symptom is Symptom.SERVICE_TIMEOUT
        and network.is_another_service_unanswered(fault.subject)
    )
    hold_s = settings.service_hold_s if others else settings.hold_s
    return Candidate(
        faults=(fault,),
        start_ns=fault.start_ns,
        end_ns=fault.end_ns,
        state=interval.state,
        segment=interval.segment,
        symptom=interval.symptom,
        party=CITY if is_reached or is_shared else ResponsibleParty(Party.PORTAL, service),
        severity=_severity(interval.state, interval.symptom),
        hold_s=hold_s,
        limit_s=hold_s,
        total=len(others) + 1,
        is_notifiable=not is_harmless(fault, network),
        is_certain=fault.is_certain,
    )


def _severity(state: State, symptom: Symptom) -> Severity:
    if symptom is Symptom.CERTIFICATE_EXPIRING:
        return Severity.WARNING
    return Severity.MAJOR if state is State.DOWN else Severity.MINOR


RULE = SingleFaultRule(
    code="service_fault",
    title=Text("collector.rule_service_fault.title"),
    precedence=10,
    assess=assess,
)
