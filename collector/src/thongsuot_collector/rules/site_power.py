"""
A device is off, or everything at a site failed at once: most likely it has no power.

While it lasts this is an inference (all links were good until the last report, then silence); the
next boot shows how long the device was off.
"""

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.party import ResponsibleParty, Severity
from thongsuot_collector.incidents.rule import Candidate, RuleSentences, SingleFaultRule
from thongsuot_collector.timeline.interval import Basis
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text

_WAYS = 2
"""
Two links that share no carrier, equipment or duct do not fail at once by chance. A single silent
link is no evidence, and two links of one carrier count as one.
"""


def is_power_loss(fault: Fault, network: NetworkState) -> bool:
    """Return whether a device's silence is a power loss."""
    if fault.has_symptom(Symptom.DEVICE_OFF):
        return True
    if fault.phases[-1].interval.basis is not Basis.SILENCE:
        return False
    site = fault.subject.site
    is_well = all(network.current_fault_of(link) is None for link in network.links_of_site(site))
    return is_well and network.independent_ways_of(site) >= _WAYS


def assess(fault: Fault, network: NetworkState) -> Candidate | None:
    """Claim a fault that is, or looks like, a device without power."""
    if not fault.subject.is_device or not is_power_loss(fault, network):
        return None
    settings = network.settings
    is_known = fault.has_symptom(Symptom.DEVICE_OFF)
    return Candidate(
        faults=(fault,),
        start_ns=fault.start_ns,
        end_ns=fault.end_ns,
        state=State.UNKNOWN,
        segment=Segment.DEVICE,
        symptom=Symptom.DEVICE_OFF if is_known else Symptom.AGENT_SILENT,
        party=ResponsibleParty(Party.COMMUNE, fault.subject.site),
        severity=Severity.MAJOR,
        hold_s=settings.silence_hold_s,
        limit_s=settings.silence_hold_s,
    )


RULE = SingleFaultRule(
    code="site_power",
    title=Text("collector.rule_site_power.title"),
    precedence=20,
    assess=assess,
    sentences=RuleSentences(
        headline=Text("collector.rule_site_power.headline"),
        situation=Text("collector.rule_site_power.situation"),
        do=Text("collector.rule_site_power.do"),
    ),
)
