"""
Many links of one carrier do not reach beyond it: abroad, or other domestic networks.

If several carriers lose a direction at once, each is notified about its own circuits.
"""

from collections.abc import Sequence

import msgspec

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.outage import DEGRADED, carrier_candidates
from thongsuot_collector.incidents.rule import Candidate, GroupRule, RuleSentences
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text

_BETWEEN = " "
"""A separator that occurs in no carrier's name."""

_SILENT = frozenset({Symptom.TRANSIT_SILENT, Symptom.INTERNATIONAL_TRANSIT_SILENT})


def group_key(fault: Fault, network: NetworkState) -> str | None:
    """Group faults beyond the carrier, by carrier and direction."""
    interval = fault.main_phase.interval
    carrier = network.carrier_of(fault.subject) if fault.subject.is_link else ""
    if interval.segment is not Segment.TRANSIT or not carrier:
        return None
    is_foreign = interval.symptom is Symptom.INTERNATIONAL_TRANSIT_SILENT
    return f"{carrier}{_BETWEEN}{'foreign' if is_foreign else 'domestic'}"


def assess(group: str, faults: Sequence[Fault], network: NetworkState) -> list[Candidate]:
    """Return the periods in which a carrier's transit failed in one direction."""
    carrier, _, _ = group.partition(_BETWEEN)
    candidates = carrier_candidates(carrier, faults, network)
    # "Have not reached" is only true for silence; late or partial arrival is reported as such.
    return [
        msgspec.structs.replace(candidate, variant="" if candidate.symptom in _SILENT else DEGRADED)
        for candidate in candidates
    ]


RULE = GroupRule(
    code="transit_outage",
    title=Text("collector.rule_transit_outage.title"),
    precedence=30,
    group_key=group_key,
    assess=assess,
    covers=("link_fault",),
    sentences=RuleSentences(
        headline=Text("collector.rule_transit_outage.headline"),
        situation=Text("collector.rule_transit_outage.situation"),
        do=Text("collector.rule_transit_outage.do"),
        variants={
            DEGRADED: RuleSentences(
                headline=Text("collector.rule_transit_outage.degraded.headline"),
                situation=Text("collector.rule_transit_outage.degraded.situation"),
                do=Text("collector.rule_transit_outage.degraded.do"),
            ),
        },
    ),
)
