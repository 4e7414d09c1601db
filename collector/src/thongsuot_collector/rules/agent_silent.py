"""
A device is not heard: why is not known until it is heard again.

Its last link may be cut, so that it cannot report, or the agent does not run.
"""

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.party import ResponsibleParty, Severity
from thongsuot_collector.incidents.rule import Candidate, RuleSentences, SingleFaultRule
from thongsuot_schema.segment import Party
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Text


def assess(fault: Fault, network: NetworkState) -> Candidate | None:
    """Claim every silence of a device; one that looks like power is claimed by ``site_power``."""
    if not fault.subject.is_device:
        return None
    hold_s = network.settings.silence_hold_s
    return Candidate(
        faults=(fault,),
        start_ns=fault.start_ns,
        end_ns=fault.end_ns,
        state=State.UNKNOWN,
        segment=None,
        symptom=fault.main_phase.interval.symptom,
        party=ResponsibleParty(Party.COMMUNE, fault.subject.site),
        severity=Severity.INDETERMINATE,
        hold_s=hold_s,
        limit_s=hold_s,
    )


RULE = SingleFaultRule(
    code="agent_silent",
    title=Text("Thiết bị giám sát mất liên lạc", "Monitoring device not reporting"),
    precedence=10,
    assess=assess,
    sentences=RuleSentences(
        headline=Text(
            "{site}: thiết bị giám sát mất liên lạc",
            "{site}: monitoring device not reporting",
        ),
        situation=Text(
            "Trung tâm không nhận được dữ liệu của thiết bị giám sát tại điểm {site}{since}. Chưa "
            "biết nguyên nhân: có thể đường truyền cuối cùng còn lại đã đứt, có thể thiết bị tắt.",
            "The centre has received nothing from the monitoring device of {site}{since}. The "
            "cause is not known: the last working line may be cut, or the device may be off.",
        ),
        do=Text(
            "Hãy kiểm tra thiết bị giám sát tại điểm có điện và đèn báo có sáng không, rồi xem "
            "trang trạng thái ngay trên thiết bị.",
            "Check at the point that the monitoring device has power and its lamp is lit, then "
            "look at the status page of the device itself.",
        ),
    ),
)
