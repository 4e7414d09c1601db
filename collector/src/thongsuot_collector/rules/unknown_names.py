"""
A device reports on links or services that the inventory does not have.

The inventory is incomplete, the device belongs elsewhere, or its reports are false. In any case it
is one incident of the site, reported once to the city, however many names the device uses.
"""

from collections.abc import Sequence

from thongsuot_collector.incidents.fault import NS_PER_S, Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.party import CITY, Severity
from thongsuot_collector.incidents.rule import Candidate, GroupRule, RuleSentences
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Text

_APART_S = 3_600.0
"""It ends this long after the last of them: a device that invents names may pause."""


def group_key(fault: Fault, network: NetworkState) -> str | None:
    """Group faults of names that the inventory does not have, by site."""
    return None if network.is_known(fault.subject) else fault.subject.site


def assess(_site: str, faults: Sequence[Fault], network: NetworkState) -> list[Candidate]:
    """Return the periods in which a site reported faults of unknown names."""
    apart_ns = round(_APART_S * NS_PER_S)
    spells: list[list[Fault]] = []
    latest_ns = 0
    for fault in sorted(faults, key=lambda fault: (fault.start_ns, fault.id)):
        if spells and fault.start_ns - latest_ns <= apart_ns:
            spells[-1].append(fault)
        else:
            spells.append([fault])
        latest_ns = max(latest_ns, network.now_ns if fault.end_ns is None else fault.end_ns)
    return [_candidate(spell, network) for spell in spells]


def _candidate(faults: Sequence[Fault], network: NetworkState) -> Candidate:
    ends = [fault.end_ns for fault in faults]
    last_ns = max((end_ns for end_ns in ends if end_ns is not None), default=0)
    hold_s = network.settings.unlocated_hold_s
    return Candidate(
        faults=tuple(faults),
        start_ns=faults[0].start_ns,
        end_ns=None if None in ends else last_ns + round(_APART_S * NS_PER_S),
        state=State.UNKNOWN,
        segment=None,
        symptom=faults[-1].main_phase.interval.symptom,
        party=CITY,
        severity=Severity.WARNING,
        hold_s=hold_s,
        limit_s=hold_s,
        is_certain=any(fault.is_certain for fault in faults),
    )


RULE = GroupRule(
    code="unknown_names",
    title=Text("collector.rule_unknown_names.title"),
    precedence=20,
    group_key=group_key,
    assess=assess,
    sentences=RuleSentences(
        headline=Text("collector.rule_unknown_names.headline"),
        situation=Text("collector.rule_unknown_names.situation"),
        do=Text("collector.rule_unknown_names.do"),
    ),
)
