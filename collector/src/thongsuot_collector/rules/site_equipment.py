"""
All links of a site are lost on the site's own side at once: shared equipment has failed.

The lines' equipment has no power, or the switch between it and the device is off; the device itself
keeps running and reports it as soon as it can.
"""

from collections.abc import Sequence

from thongsuot_collector.incidents.fault import NS_PER_S, Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.outage import group_hold_s
from thongsuot_collector.incidents.party import ResponsibleParty, Severity
from thongsuot_collector.incidents.rule import Candidate, GroupRule, RuleSentences
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Text

_LINKS = 2


def group_key(fault: Fault, _network: NetworkState) -> str | None:
    """Group links that are down on the site's side, by site."""
    interval = fault.main_phase.interval
    is_own = fault.subject.is_link and interval.segment is Segment.LAN
    return fault.subject.site if is_own and interval.state is State.DOWN else None


def assess(site: str, faults: Sequence[Fault], network: NetworkState) -> list[Candidate]:
    """
    Return the periods in which all links of a site were lost together, until the first recovered.
    """
    links = network.links_of_site(site)
    if len(links) < _LINKS:
        return []
    together_ns = round(network.settings.together_s * NS_PER_S)
    candidates: list[Candidate] = []
    latest: dict[str, Fault] = {}
    for fault in sorted(faults, key=lambda fault: (fault.start_ns, fault.id)):
        latest = {
            link: other
            for link, other in latest.items()
            if fault.start_ns - other.start_ns <= together_ns
            and (other.end_ns is None or other.end_ns > fault.start_ns)
        }
        latest[fault.subject.link] = fault
        if len(latest) == len(links):
            candidates.append(_candidate(site, tuple(latest.values()), network))
            latest = {}
    return candidates


def _candidate(site: str, faults: tuple[Fault, ...], network: NetworkState) -> Candidate:
    ends = [fault.end_ns for fault in faults if fault.end_ns is not None]
    return Candidate(
        faults=faults,
        start_ns=min(fault.start_ns for fault in faults),
        end_ns=min(ends, default=None),
        state=State.DOWN,
        segment=Segment.LAN,
        symptom=faults[0].main_phase.interval.symptom,
        party=ResponsibleParty(Party.COMMUNE, site),
        severity=Severity.CRITICAL,
        hold_s=group_hold_s(faults, network),
        limit_s=0.0,
        total=len(faults),
        is_certain=any(fault.is_certain for fault in faults),
    )


RULE = GroupRule(
    code="site_equipment",
    title=Text("collector.rule_site_equipment.title"),
    precedence=50,
    group_key=group_key,
    assess=assess,
    covers=("link_fault",),
    sentences=RuleSentences(
        headline=Text("collector.rule_site_equipment.headline"),
        situation=Text("collector.rule_site_equipment.situation"),
        do=Text("collector.rule_site_equipment.do"),
    ),
)
