"""Many links of one carrier failed together: one incident with its circuits."""

from collections.abc import Sequence

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.outage import DEGRADED, RESOLVER_SYMPTOMS, carrier_candidates
from thongsuot_collector.incidents.rule import Candidate, GroupRule, RuleSentences
from thongsuot_schema.segment import Segment
from thongsuot_schema.words.language import Text


def group_key(fault: Fault, network: NetworkState) -> str | None:
    """
    Group faults of the line or of the carrier's core, by carrier.

    Also the silence of a device at a site without another carrier: it could not report such a
    fault.
    """
    if fault.subject.is_device:
        return network.only_carrier_of(fault.subject.site) or None
    if not fault.subject.is_link:
        return None
    interval = fault.main_phase.interval
    if interval.segment not in {Segment.ACCESS, Segment.CARRIER}:
        return None
    if interval.symptom in RESOLVER_SYMPTOMS:
        return None
    return network.carrier_of(fault.subject) or None


def assess(carrier: str, faults: Sequence[Fault], network: NetworkState) -> list[Candidate]:
    """Return the outages of a carrier."""
    return carrier_candidates(carrier, faults, network)


RULE = GroupRule(
    code="carrier_outage",
    title=Text("collector.rule_carrier_outage.title"),
    precedence=40,
    group_key=group_key,
    assess=assess,
    covers=("link_fault", "site_power", "agent_silent"),
    sentences=RuleSentences(
        headline=Text("collector.rule_carrier_outage.headline"),
        situation=Text("collector.rule_carrier_outage.situation"),
        do=Text("collector.rule_carrier_outage.do"),
        variants={
            DEGRADED: RuleSentences(
                headline=Text("collector.rule_carrier_outage.degraded.headline"),
                situation=Text("collector.rule_carrier_outage.degraded.situation"),
                do=Text("collector.rule_carrier_outage.degraded.do"),
            ),
        },
    ),
)
