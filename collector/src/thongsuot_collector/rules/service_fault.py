"""One site finds a service broken, over every link it has."""

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.party import CITY, ResponsibleParty, Severity
from thongsuot_collector.incidents.rule import Candidate, SingleFaultRule
from thongsuot_schema.segment import Party
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text


def assess(trouble: Fault, picture: NetworkState) -> Candidate | None:
    """
    Claim every trouble of a service.

    While another site reaches it the operator is not called on the word of one: the city looks.
    """
    if not trouble.subject.is_service:
        return None
    settings, fault = picture.settings, trouble.main_phase.interval
    service = trouble.subject.service
    others = [one for one in picture.sites_with(service) if one != trouble.subject]
    is_reached = any(picture.state_of(one) is State.UP for one in others)
    hold_s = settings.service_hold_s if others else settings.hold_s
    return Candidate(
        faults=(trouble,),
        start_ns=trouble.start_ns,
        end_ns=trouble.end_ns,
        state=fault.state,
        segment=fault.segment,
        symptom=fault.symptom,
        party=CITY if is_reached else ResponsibleParty(Party.PORTAL, service),
        severity=_severity(fault.state, fault.symptom),
        hold_s=hold_s,
        limit_s=hold_s,
        total=len(others) + 1,
        is_certain=trouble.is_certain,
    )


def _severity(state: State, symptom: Symptom) -> Severity:
    if symptom is Symptom.CERTIFICATE_EXPIRING:
        return Severity.WARNING
    return Severity.MAJOR if state is State.DOWN else Severity.MINOR


RULE = SingleFaultRule(
    code="service_fault",
    title=Text("Một điểm không dùng được dịch vụ", "A service fails at one site"),
    assess=assess,
    depends_on=("service_down",),
)
