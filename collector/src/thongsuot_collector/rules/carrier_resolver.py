"""A carrier's name servers fail for many of its links."""

from collections.abc import Sequence

import msgspec

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.outage import RESOLVER_SYMPTOMS, carrier_candidates
from thongsuot_collector.incidents.rule import Candidate, GroupRule, RuleSentences
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text

_SLOW = "slow"


def group_key(fault: Fault, network: NetworkState) -> str | None:
    """Group faults of name servers, by carrier."""
    if not fault.subject.is_link:
        return None
    if fault.main_phase.interval.symptom not in RESOLVER_SYMPTOMS:
        return None
    return network.carrier_of(fault.subject) or None


def assess(carrier: str, faults: Sequence[Fault], network: NetworkState) -> list[Candidate]:
    """Return the failures of a carrier's name servers."""
    return [
        msgspec.structs.replace(candidate, variant=_SLOW)
        if candidate.symptom is Symptom.RESOLVER_SLOW
        else msgspec.structs.replace(candidate, variant="")
        for candidate in carrier_candidates(carrier, faults, network)
    ]


RULE = GroupRule(
    code="carrier_resolver",
    title=Text("collector.rule_carrier_resolver.title"),
    precedence=30,
    group_key=group_key,
    assess=assess,
    covers=("link_fault",),
    sentences=RuleSentences(
        headline=Text("collector.rule_carrier_resolver.headline"),
        situation=Text("collector.rule_carrier_resolver.situation"),
        do=Text("collector.rule_carrier_resolver.do"),
        variants={
            _SLOW: RuleSentences(
                headline=Text("collector.rule_carrier_resolver.slow.headline"),
                situation=Text("collector.rule_carrier_resolver.slow.situation"),
                do=Text("collector.rule_carrier_resolver.slow.do"),
            ),
        },
    ),
)
