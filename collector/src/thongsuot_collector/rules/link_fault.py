"""One link of one site has a fault."""

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.outage import SLOW_SYMPTOMS, is_harmless
from thongsuot_collector.incidents.party import CITY, ResponsibleParty, Severity
from thongsuot_collector.incidents.rule import Candidate, SingleFaultRule
from thongsuot_schema.segment import Party, party_for
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text

_NOBODY_ACTS = frozenset({Symptom.LAN_CONGESTED})
"""The site's own traffic: shown, but nobody is notified because of a download."""
_MAY_QUEUE = SLOW_SYMPTOMS - {Symptom.TRANSIT_SLOW}
"""What a transfer of the site itself, which fills the line, looks like for a while."""
_SITE_FIRST = frozenset(
    {
        Symptom.SLOW_CAUSE_UNKNOWN,
        Symptom.GATEWAY_REPLACED,
        Symptom.FIRST_HOP_REPLACED,
        Symptom.DEVICE_MOVED,
    }
)
"""
Of unknown cause, which the site can find out: by pausing large transfers, or checking its
equipment.
"""


def assess(fault: Fault, network: NetworkState) -> Candidate | None:
    """Claim every fault of a link."""
    if not fault.subject.is_link:
        return None
    interval = fault.main_phase.interval
    hold_s, limit_s = _hold(fault, network)
    return Candidate(
        faults=(fault,),
        start_ns=fault.start_ns,
        end_ns=fault.end_ns,
        state=interval.state,
        segment=interval.segment,
        symptom=interval.symptom,
        party=_party(fault, network),
        severity=_severity(fault, network),
        hold_s=hold_s,
        limit_s=limit_s,
        is_notifiable=interval.symptom not in _NOBODY_ACTS and not is_harmless(fault, network),
        is_certain=fault.is_certain,
    )


def _hold(fault: Fault, network: NetworkState) -> tuple[float, float]:
    settings, interval = network.settings, fault.main_phase.interval
    hold_s: float | None = None
    if interval.symptom is Symptom.SLOW_CAUSE_UNKNOWN:
        hold_s = settings.own_queue_hold_s
    elif interval.state is State.UNKNOWN:
        hold_s = settings.unlocated_hold_s
    elif interval.state is State.DEGRADED and network.is_mobile(fault.subject):
        is_slow = interval.symptom in SLOW_SYMPTOMS
        hold_s = settings.slow_radio_hold_s if is_slow else settings.fading_hold_s
    elif interval.state is State.DEGRADED and interval.symptom in _MAY_QUEUE:
        hold_s = settings.slow_hold_s
    elif interval.state is State.DEGRADED:
        hold_s = settings.degraded_hold_s
    if hold_s is not None:
        return hold_s, hold_s
    if fault.lag_s > settings.late_s:
        return settings.late_hold_s, max(settings.late_hold_s, settings.hold_limit_s)
    return settings.hold_s, settings.hold_limit_s


def _party(fault: Fault, network: NetworkState) -> ResponsibleParty:
    interval = fault.main_phase.interval
    if interval.symptom in _SITE_FIRST:
        return ResponsibleParty(Party.COMMUNE, fault.subject.site)
    party = party_for(interval.segment)
    if party is Party.COMMUNE:
        return ResponsibleParty(party, fault.subject.site)
    carrier = network.carrier_of(fault.subject)
    if party is Party.CARRIER and carrier:
        return ResponsibleParty(party, carrier)
    return CITY


def _severity(fault: Fault, network: NetworkState) -> Severity:
    interval = fault.main_phase.interval
    if interval.state is State.UNKNOWN:
        return Severity.INDETERMINATE
    if interval.symptom in _NOBODY_ACTS or is_harmless(fault, network):
        return Severity.WARNING
    if interval.state is State.DEGRADED:
        return Severity.MINOR
    site = fault.subject.site
    others = [link for link in network.links_of_site(site) if link != fault.subject]
    # An unknown link may carry the site's traffic.
    is_carried = any(network.state_of(link) is not State.DOWN for link in others)
    return Severity.MAJOR if is_carried else Severity.CRITICAL


RULE = SingleFaultRule(
    code="link_fault",
    title=Text("collector.rule_link_fault.title"),
    precedence=10,
    assess=assess,
)
