"""One site finds a service broken, over every link it has."""

from thongsuot_collector.incidents.party import CITY, Responsible, Severity
from thongsuot_collector.incidents.picture import Picture
from thongsuot_collector.incidents.rule import Case, Single
from thongsuot_collector.incidents.trouble import Trouble
from thongsuot_schema.segment import Party
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text


def judge(trouble: Trouble, picture: Picture) -> Case | None:
    """
    Claim every trouble of a service.

    While another site reaches it the operator is not called on the word of one: the city looks.
    """
    if not trouble.subject.is_service:
        return None
    settings, fault = picture.settings, trouble.fault.interval
    service = trouble.subject.service
    others = [one for one in picture.sites_with(service) if one != trouble.subject]
    is_reached = any(picture.state_of(one) is State.UP for one in others)
    hold_s = settings.service_hold_s if others else settings.hold_s
    return Case(
        troubles=(trouble,),
        start_ns=trouble.start_ns,
        end_ns=trouble.end_ns,
        state=fault.state,
        segment=fault.segment,
        symptom=fault.symptom,
        party=CITY if is_reached else Responsible(Party.PORTAL, service),
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


RULE = Single(
    code="service_fault",
    title=Text("Một điểm không dùng được dịch vụ", "A service fails at one site"),
    judge=judge,
    depends_on=("service_down",),
)
