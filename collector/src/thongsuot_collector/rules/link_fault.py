"""One link of one site has a fault."""

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.party import CITY, ResponsibleParty, Severity
from thongsuot_collector.incidents.rule import Candidate, SingleFaultRule
from thongsuot_schema.segment import Party, Segment, party_for
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text

_NOBODY_ACTS = frozenset({Symptom.LAN_CONGESTED})
"""The site's own traffic: shown, but nobody is called because somebody downloads."""


def assess(trouble: Fault, picture: NetworkState) -> Candidate | None:
    """Claim every trouble of a link."""
    if not trouble.subject.is_link:
        return None
    fault = trouble.main_phase.interval
    hold_s, limit_s = _hold(trouble, fault.state, picture)
    return Candidate(
        faults=(trouble,),
        start_ns=trouble.start_ns,
        end_ns=trouble.end_ns,
        state=fault.state,
        segment=fault.segment,
        symptom=fault.symptom,
        party=_party(trouble, fault.segment, picture),
        severity=_severity(trouble, picture),
        hold_s=hold_s,
        limit_s=limit_s,
        is_notifiable=fault.symptom not in _NOBODY_ACTS,
        is_certain=trouble.is_certain,
    )


def _hold(trouble: Fault, state: State, picture: NetworkState) -> tuple[float, float]:
    settings = picture.settings
    if state is State.UNKNOWN:
        return settings.unlocated_hold_s, settings.unlocated_hold_s
    if state is State.DEGRADED:
        return settings.degraded_hold_s, settings.degraded_hold_s
    if trouble.lag_s > settings.late_s:
        return settings.late_hold_s, max(settings.late_hold_s, settings.hold_limit_s)
    return settings.hold_s, settings.hold_limit_s


def _party(trouble: Fault, segment: Segment | None, picture: NetworkState) -> ResponsibleParty:
    party = party_for(segment)
    if party is Party.COMMUNE:
        return ResponsibleParty(party, trouble.subject.site)
    carrier = picture.carrier_of(trouble.subject)
    if party is Party.CARRIER and carrier:
        return ResponsibleParty(party, carrier)
    return CITY


def _severity(trouble: Fault, picture: NetworkState) -> Severity:
    fault = trouble.main_phase.interval
    if fault.state is State.UNKNOWN:
        return Severity.INDETERMINATE
    if fault.symptom in _NOBODY_ACTS:
        return Severity.WARNING
    if fault.state is State.DEGRADED:
        return Severity.MINOR
    site = trouble.subject.site
    others = [link for link in picture.links_of_site(site) if link != trouble.subject]
    # Of one that is not known it cannot be said that it does not carry the site.
    is_carried = any(picture.state_of(link) is not State.DOWN for link in others)
    return Severity.MAJOR if is_carried else Severity.CRITICAL


RULE = SingleFaultRule(
    code="link_fault",
    title=Text("Sự cố một đường truyền", "Fault of one link"),
    assess=assess,
    depends_on=("carrier_outage", "carrier_resolver", "transit_outage", "site_equipment"),
)
