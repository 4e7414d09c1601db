"""
Hysteresis: when a suspicion is confirmed and when it ends. Faults become visible only after their
hold time.
"""

from collections.abc import Mapping

from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.link_context import ns
from thongsuot_agent.judge.memory import FaultSlot
from thongsuot_agent.judge.settings import Hysteresis, Settings
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

_HYSTERESIS: Mapping[Symptom, str] = {
    # The interface's own state is confirmed at once (symptoms/facts.py), and held like a silence.
    Symptom.INTERFACE_ABSENT: "silence",
    Symptom.CABLE_UNPLUGGED: "silence",
    Symptom.ACCESS_SESSION_LOST: "silence",
    Symptom.NO_ADDRESS: "silence",
    Symptom.NO_ROUTE: "silence",
    Symptom.NOT_YET_MEASURED: "silence",
    Symptom.GATEWAY_SILENT: "gateway_silence",
    Symptom.PROXY_SILENT: "gateway_silence",
    Symptom.EDGE_SILENT: "gateway_silence",
    # Only ICMP may be dropped at an exchange: the second round also probes the services.
    Symptom.TRANSIT_SILENT: "gateway_silence",
    Symptom.GATEWAY_NO_UPLINK: "silence",
    Symptom.ACCESS_SILENT: "silence",
    Symptom.CARRIER_SILENT: "silence",
    Symptom.IPV4_DOWN: "family",
    Symptom.IPV6_DOWN: "family",
    Symptom.CARRIER_PARTIAL_OUTAGE: "partial",
    Symptom.INTERNATIONAL_TRANSIT_SILENT: "partial",
    Symptom.LAN_CONGESTED: "slow",
    Symptom.ACCESS_SLOW: "slow",
    Symptom.SLOW_CAUSE_UNKNOWN: "slow",
    Symptom.CARRIER_SLOW: "slow",
    Symptom.TRANSIT_SLOW: "slow",
    Symptom.RESOLVER_SILENT: "resolver",
    Symptom.RESOLVER_CAUSE_UNKNOWN: "resolver",
    Symptom.NEW_CONNECTIONS_FAIL: "resolver",
    Symptom.LAN_NEW_CONNECTIONS_FAIL: "resolver",
    Symptom.CARRIER_NEW_CONNECTIONS_FAIL: "resolver",
    Symptom.RESOLVER_FORGED_ANSWER: "resolver",
    Symptom.RESOLVER_SLOW: "slow",
}


def hysteresis_for(fault: Diagnosis, settings: Settings) -> Hysteresis:
    """
    Return the hysteresis of a fault: the rounds to confirm it, and to end it.
    """
    name = _HYSTERESIS[fault.symptom]
    if fault.symptom is Symptom.TRANSIT_SILENT and fault.state is State.DEGRADED:
        name = "partial"
    patience: Hysteresis = getattr(settings, name)
    return patience


def advance(
    slot: FaultSlot,
    suspicion: Suspicion | None,
    now_ns: int,
    settings: Settings,
    clear_ns: int,
    *,
    clear_weight: int = 1,
) -> bool:
    """
    Apply one round's observation to a slot; returns whether the confirmed fault changed.

    ``clear_ns`` is the start of the first run that indicates recovery, if this is the first round
    of one; ``clear_weight`` is how many clean rounds it counts as.
    """
    fault = suspicion.fault if suspicion is not None else None
    if fault == slot.fault:
        slot.is_pending = False
        slot.pending = None
        return False
    if not slot.is_pending or slot.pending != fault:
        slot.is_pending = True
        slot.pending = fault
        slot.rounds = 0
        slot.first_ns = now_ns
        slot.pending_onset_ns = clear_ns if suspicion is None else suspicion.onset_ns
    slot.rounds += 1 if suspicion is not None else clear_weight
    if suspicion is not None:
        slot.pending_onset_ns = min(slot.pending_onset_ns, suspicion.onset_ns)
    if not _is_due(slot, suspicion, now_ns, settings):
        return False
    confirm(slot, suspicion, slot.pending_onset_ns)
    return True


def confirm(slot: FaultSlot, suspicion: Suspicion | None, onset_ns: int) -> None:
    """Store a suspicion as the confirmed fault of the slot, without waiting."""
    slot.fault = suspicion.fault if suspicion is not None else None
    slot.evidence = suspicion.evidence if suspicion is not None else ()
    slot.onset_ns = onset_ns
    slot.is_pending = False
    slot.pending = None


def next_round_wait_ns(slot: FaultSlot, settings: Settings) -> int | None:
    """
    Return the time until the next round that a pending change needs; ``None`` if nothing is
    pending.
    """
    if not slot.is_pending:
        return None
    if slot.pending is not None:
        return ns(hysteresis_for(slot.pending, settings).every_s)
    assert slot.fault is not None, "only a fault can be over"
    patience = hysteresis_for(slot.fault, settings)
    return ns(patience.clear_s / max(1, patience.clear_rounds - 1))


def _is_due(slot: FaultSlot, suspicion: Suspicion | None, now_ns: int, settings: Settings) -> bool:
    waited_ns = now_ns - slot.first_ns
    if suspicion is None:
        assert slot.fault is not None, "only a fault can be over"
        patience = hysteresis_for(slot.fault, settings)
        return slot.rounds >= patience.clear_rounds and waited_ns >= ns(patience.clear_s)
    patience = hysteresis_for(suspicion.fault, settings)
    is_strong = suspicion.nats is None or suspicion.nats >= settings.silence_nats
    is_strong = is_strong and suspicion.is_ripe
    return (
        is_strong
        and slot.rounds
        >= patience.confirm_rounds + (not suspicion.is_sure) + (slot.fault is not None)
        and waited_ns >= ns(patience.confirm_s)
    )
