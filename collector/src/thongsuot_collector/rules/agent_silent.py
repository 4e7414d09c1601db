"""
A device is silent, for an unknown reason until it reports again.

Its last link may be cut, so that it cannot report, or the agent is not running.
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
    title=Text("collector.rule_agent_silent.title"),
    precedence=10,
    assess=assess,
    sentences=RuleSentences(
        headline=Text("collector.rule_agent_silent.headline"),
        situation=Text("collector.rule_agent_silent.situation"),
        do=Text("collector.rule_agent_silent.do"),
    ),
)
