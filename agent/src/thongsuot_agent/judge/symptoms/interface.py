"""
Interface: faults reported by the interface itself. The only concern that is judged without packets.
"""

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.link_context import ns
from thongsuot_agent.judge.memory import LinkMemory
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

DIAL_S = 180.0
"""Time for a modem to boot and a session to be dialled once the port below has carrier."""


def _lan(symptom: Symptom, state: State = State.DOWN) -> Diagnosis:
    return Diagnosis(state=state, segment=Segment.LAN, symptom=symptom)


INTERFACE_ABSENT = _lan(Symptom.INTERFACE_ABSENT)
CABLE_UNPLUGGED = _lan(Symptom.CABLE_UNPLUGGED)
NO_ADDRESS = _lan(Symptom.NO_ADDRESS)
NO_ROUTE = _lan(Symptom.NO_ROUTE)
NO_ADDRESS4 = _lan(Symptom.NO_ADDRESS, State.DEGRADED)
NO_ROUTE4 = _lan(Symptom.NO_ROUTE, State.DEGRADED)
ADDRESS_CONFLICT = _lan(Symptom.ADDRESS_CONFLICT, State.DEGRADED)


SESSION_LOST = Diagnosis(
    state=State.DOWN, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SESSION_LOST
)
"""PPP or a modem's bearer is gone: the carrier's session, not a cable of the commune."""


def immediate_diagnosis(facts: LinkFacts) -> Diagnosis | None:
    """Return the fault that needs no waiting: without interface or carrier no packet can pass."""
    if facts.port_unplugged:
        # The session ends with its cable, sooner or later, whatever it reports now.
        return CABLE_UNPLUGGED
    if facts.point_to_point and not (facts.present and facts.carrier):
        return SESSION_LOST
    if not facts.present:
        return INTERFACE_ABSENT
    return None if facts.carrier else CABLE_UNPLUGGED


def note_port(link: LinkMemory, before: LinkFacts | None, after: LinkFacts) -> None:
    """
    Remember when the port below a session got its carrier back, until a session is dialled.

    A session that outlived the unplugged cable at this end may be dropped at the other, and ends
    just then (2026-12: a cable that had been out for three seconds was reported as a fault of the
    carrier's session).
    """
    is_up = _is_usable(after)
    if before is not None and before.port_unplugged and not after.port_unplugged:
        link.port_back_ns = link.facts_ns
    elif is_up and not (before is not None and _is_usable(before)):
        link.port_back_ns = None


def _is_usable(facts: LinkFacts) -> bool:
    return facts.usable(Family.IP4) or facts.usable(Family.IP6)


def diagnosis_at_once(link: LinkMemory, facts: LinkFacts, now_ns: int) -> Diagnosis | None:
    """
    Return the interface's immediate fault; a session that is dialled again after its cable was out
    is not the carrier's fault yet (2026-11: a modem that had been without power was reported as
    that).
    """
    fault = immediate_diagnosis(facts)
    if fault == SESSION_LOST and link.port_back_ns is not None:
        return CABLE_UNPLUGGED if now_ns - link.port_back_ns < ns(DIAL_S) else fault
    return fault


def diagnosis_after_grace(link: LinkMemory, facts: LinkFacts) -> Diagnosis | None:
    """
    Return the fault after the interface had time to be configured.

    A link without IPv6 is an ordinary link, even one that had it (a carrier may withdraw a prefix,
    and an unmeasured family proves nothing); one that had IPv4 and lost it has lost most portals.
    """
    if facts.point_to_point and not _is_usable(facts):
        # A modem without bearer keeps its interface, and loses address and route.
        return SESSION_LOST
    if not (facts.has_address4 or facts.has_address6):
        return NO_ADDRESS
    if _is_usable(facts):
        if link.had_ipv4 and not facts.usable(Family.IP4):
            return NO_ROUTE4 if facts.has_address4 else NO_ADDRESS4
        return ADDRESS_CONFLICT if facts.address_conflict else None
    return NO_ROUTE
