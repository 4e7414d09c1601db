"""
Hysteresis: when a sighting is believed and when it is over. Faults become visible only after their
time.
"""

from collections.abc import Mapping

from thongsuot_agent.judge.fault import Fault, Sighting
from thongsuot_agent.judge.memory import Slot
from thongsuot_agent.judge.settings import Patience, Settings
from thongsuot_agent.judge.stand import ns
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

_PATIENCE: Mapping[Symptom, str] = {
    # What the interface says is believed at once (symptoms/facts.py), and held like a silence.
    Symptom.INTERFACE_ABSENT: "silence",
    Symptom.CABLE_UNPLUGGED: "silence",
    Symptom.NO_ADDRESS: "silence",
    Symptom.NO_ROUTE: "silence",
    Symptom.NOT_YET_MEASURED: "silence",
    Symptom.GATEWAY_SILENT: "gateway_silence",
    # ICMP alone may be dropped at an exchange: the second round asks the services as well.
    Symptom.TRANSIT_SILENT: "gateway_silence",
    Symptom.GATEWAY_WITHOUT_WAY: "silence",
    Symptom.ACCESS_SILENT: "silence",
    Symptom.CARRIER_SILENT: "silence",
    Symptom.IP4_DEAD: "family",
    Symptom.IP6_DEAD: "family",
    Symptom.CARRIER_PARTLY_SILENT: "partial",
    Symptom.FOREIGN_TRANSIT_SILENT: "partial",
    Symptom.LAN_BUSY: "slow",
    Symptom.ACCESS_SLOW: "slow",
    Symptom.CARRIER_SLOW: "slow",
    Symptom.TRANSIT_SLOW: "slow",
    Symptom.RESOLVER_SILENT: "resolver",
    Symptom.RESOLVER_LIES: "resolver",
    Symptom.RESOLVER_SLOW: "slow",
}


def patience_with(fault: Fault, settings: Settings) -> Patience:
    """
    Return the patience that is had with a fault before it is believed, and before it is forgotten.
    """
    name = _PATIENCE[fault.symptom]
    if fault.symptom is Symptom.TRANSIT_SILENT and fault.state is State.DEGRADED:
        name = "partial"
    patience: Patience = getattr(settings, name)
    return patience


def advance(
    slot: Slot, sighting: Sighting | None, now_ns: int, settings: Settings, clear_ns: int
) -> bool:
    """
    Take what one round saw into a slot; returns whether what is believed has changed.

    ``clear_ns`` is the start of the first run that speaks for a recovery, should this be the first
    round of one.
    """
    fault = sighting.fault if sighting is not None else None
    if fault == slot.fault:
        slot.is_pending = False
        slot.pending = None
        return False
    if not slot.is_pending or slot.pending != fault:
        slot.is_pending = True
        slot.pending = fault
        slot.rounds = 0
        slot.first_ns = now_ns
        slot.pending_onset_ns = clear_ns if sighting is None else sighting.onset_ns
    slot.rounds += 1
    if sighting is not None:
        slot.pending_onset_ns = min(slot.pending_onset_ns, sighting.onset_ns)
    if not _is_due(slot, sighting, now_ns, settings):
        return False
    believe(slot, sighting, slot.pending_onset_ns)
    return True


def believe(slot: Slot, sighting: Sighting | None, onset_ns: int) -> None:
    """Make a sighting what the slot holds, without waiting."""
    slot.fault = sighting.fault if sighting is not None else None
    slot.evidence = sighting.evidence if sighting is not None else ()
    slot.onset_ns = onset_ns
    slot.is_pending = False
    slot.pending = None


def wait_ns(slot: Slot, settings: Settings) -> int | None:
    """
    Return how soon another round is needed to settle what is pending; ``None`` when nothing is.
    """
    if not slot.is_pending:
        return None
    if slot.pending is not None:
        return ns(patience_with(slot.pending, settings).every_s)
    assert slot.fault is not None, "only a fault can be over"
    patience = patience_with(slot.fault, settings)
    return ns(patience.clear_s / max(1, patience.clear_rounds - 1))


def _is_due(slot: Slot, sighting: Sighting | None, now_ns: int, settings: Settings) -> bool:
    waited_ns = now_ns - slot.first_ns
    if sighting is None:
        assert slot.fault is not None, "only a fault can be over"
        patience = patience_with(slot.fault, settings)
        return slot.rounds >= patience.clear_rounds and waited_ns >= ns(patience.clear_s)
    patience = patience_with(sighting.fault, settings)
    is_strong = sighting.nats is None or sighting.nats >= settings.silence_nats
    is_strong = is_strong and sighting.is_ripe
    return (
        is_strong
        and slot.rounds
        >= patience.confirm_rounds + (not sighting.is_sure) + (slot.fault is not None)
        and waited_ns >= ns(patience.confirm_s)
    )
