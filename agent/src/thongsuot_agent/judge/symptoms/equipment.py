"""
Equipment: what modem, optical module and UPS report about a fault that was found without them.

None of them causes a verdict alone: a weak signal is no fault while everything works. Once packets
have shown a fault, they explain its cause and its party: no light is a cut fibre, a weak signal is
the radio, a good radio without a connection is the carrier's core, and a router that stopped
answering while the UPS runs on its battery has lost its power.
"""

from typing import Final

from msgspec import structs

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import EquipmentReadings, FaultSlot, LinkMemory
from thongsuot_agent.judge.settings import Settings
from thongsuot_schema.catalogue import radio, snmp
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom

RADIO, BOX = "radio", "snmp"

FRESH_NS: Final = 180 * NS_PER_S
"""Readings older than this (three ordinary intervals) prove nothing about the present."""
_LOOK_NS: Final = 2 * NS_PER_S
"""
The interval at which a modem is queried for the reason of a lost session, until it has answered.
"""
_AGAIN_DBM, _AGAIN_DB = 3.0, 2.0
"""A weak signal must improve by this much before it counts as good again."""

_LEGS: Final = (
    (radio.NR_RSRP.name, radio.NR_SINR.name),
    (radio.LTE_RSRP.name, radio.LTE_SINR.name),
)
"""If there is an NR leg, it carries the data; the LTE cell beside it is only the anchor."""

_LINE = frozenset(
    {
        Symptom.ACCESS_SILENT,
        Symptom.ACCESS_LOSS,
        Symptom.ACCESS_SLOW,
        Symptom.ACCESS_FLAPPING,
    }
)
_SESSION = _LINE | {Symptom.ACCESS_SESSION_LOST}
"""Symptoms of a modem that is gone, locked or not registered."""
_BEYOND_RADIO = frozenset({Symptom.ACCESS_SILENT, Symptom.CARRIER_SILENT})
_UNCONNECTED = _BEYOND_RADIO | {Symptom.ACCESS_SESSION_LOST}
"""Symptoms of a bearer that does not come up, or has no connectivity."""
_BOX_SILENT = frozenset({Symptom.GATEWAY_SILENT, Symptom.CABLE_UNPLUGGED, Symptom.INTERFACE_ABSENT})
_NO_LIGHT = frozenset(
    {
        Symptom.ACCESS_SILENT,
        Symptom.ACCESS_FLAPPING,
        Symptom.GATEWAY_NO_UPLINK,
        Symptom.NO_ADDRESS,
        Symptom.NO_ROUTE,
    }
)
"""Symptoms of a cut fibre, behind the optical modem or behind a separate router."""


def update_radio(link: LinkMemory, finding: Finding, started_ns: int, settings: Settings) -> None:
    """Apply one reading of the link's modem; a failed reading leaves the former one."""
    if finding.outcome is not Outcome.OK:
        return
    known, values = link.equipment, finding.values
    known.radio_ns = started_ns
    known.is_modem_absent = values.get(radio.MODEM_PRESENT.name) == 0.0
    known.is_sim_unusable = values.get(radio.SIM_READY.name) == 0.0
    known.is_apn_wrong = values.get(radio.OWN_APN.name) == 0.0
    known.is_unregistered = values.get(radio.REGISTERED.name) == 0.0
    leg = next((entry for entry in _LEGS if entry[0] in values), None)
    known.power_metric, known.power_dbm = "", None
    if leg is None:
        known.is_weak = known.is_well = False
        return
    power, noise = values[leg[0]], values.get(leg[1])
    known.power_metric, known.power_dbm = leg[0], power
    margin_dbm, margin_db = (_AGAIN_DBM, _AGAIN_DB) if known.is_weak else (0.0, 0.0)
    known.is_weak = power < settings.radio_weak_dbm + margin_dbm or (
        noise is not None and noise < settings.radio_weak_db + margin_db
    )
    is_strong = power >= settings.radio_well_dbm and (noise is None or noise >= 0.0)
    is_connected = values.get(radio.CONNECTED.name) != 0.0
    is_in_network = not known.is_unregistered and not known.is_sim_unusable
    known.is_well = is_strong and is_in_network and is_connected


def update_box(link: LinkMemory, finding: Finding, started_ns: int) -> None:
    """Apply a device's report on its port, the light and the power; missing values are ignored."""
    if finding.outcome is not Outcome.OK:
        return
    known, values = link.equipment, finding.values
    lost, battery = values.get(snmp.OPTICAL_LOST.name), values.get(snmp.ON_BATTERY.name)
    if lost is not None:
        known.light_ns, known.is_dark = started_ns, lost >= 0.5
        known.light_dbm = values.get(snmp.OPTICAL_RECEIVE.name)
    is_up = values.get(snmp.INTERFACE_UP.name)
    if is_up is not None:
        known.port_ns, known.is_port_up = started_ns, is_up >= 0.5
    if battery is not None:
        known.mains_ns, known.is_on_battery = started_ns, battery >= 0.5
        known.runtime_s = values.get(snmp.RUNTIME.name)


def age_readings(at: LinkContext) -> None:
    """Drop outdated readings."""
    at.link.equipment.now_ns = at.now_ns


def is_worth_asking(link: LinkMemory, kind: str, now_ns: int) -> bool:
    """Return whether the last reading is so old that another one would give new information."""
    known = link.equipment
    read_ns = known.radio_ns if kind == RADIO else max(known.light_ns or 0, known.mains_ns or 0)
    return now_ns - max(read_ns or 0, known.asked_ns.get(kind, 0)) > 10 * NS_PER_S


def session_probes(at: LinkContext) -> tuple[ConfirmationProbe, ...]:
    """
    Return the query to the modem for the reason of a lost session; no other query is possible then.
    """
    link, slot = at.link, at.link.facts_slot
    if slot.fault is None or slot.fault.symptom not in _SESSION:
        return ()
    radios = [box for box in at.probes.boxes if box[0] == RADIO]
    known = link.equipment
    # Readings from before the loss do not explain it.
    has_looked = (known.radio_ns or 0) >= slot.onset_ns
    if not radios or has_looked or at.now_ns - known.asked_ns.get(RADIO, 0) < _LOOK_NS:
        return ()
    link.equipment.asked_ns[RADIO] = at.now_ns
    return tuple(
        ConfirmationProbe(kind=kind, link=link.name, target=target, family=family)
        for kind, target, family in radios
    )


def explain_by_equipment(link: LinkMemory, slot: FaultSlot) -> FaultSlot:
    """Return a slot whose fault has a cause, if the equipment knows it; with its evidence."""
    if slot.fault is None or slot.fault.segment is None:
        return slot
    evidence = (*_equipment_evidence(link.equipment), *slot.evidence)
    return structs.replace(slot, fault=_explanation(link, slot, slot.fault), evidence=evidence)


def _explanation(link: LinkMemory, slot: FaultSlot, fault: Diagnosis) -> Diagnosis:
    known, symptom = link.equipment, fault.symptom
    if symptom in _BOX_SILENT and _is_fresh(known, known.mains_ns) and known.is_on_battery:
        return _with_cause(fault, Segment.DEVICE, Symptom.POWER_LOST)
    if symptom in _NO_LIGHT and _is_fresh(known, known.light_ns) and known.is_dark:
        return _with_cause(fault, Segment.ACCESS, Symptom.OPTICAL_LOSS_OF_SIGNAL)
    return _by_radio(known, slot, fault) if _is_fresh(known, known.radio_ns) else fault


def _by_radio(known: EquipmentReadings, slot: FaultSlot, fault: Diagnosis) -> Diagnosis:
    symptom = fault.symptom
    has_looked = (known.radio_ns or 0) >= slot.onset_ns
    by_modem = _by_modem(known, fault) if has_looked else None
    if by_modem is not None:
        return _with_cause(fault, *by_modem)
    if symptom in _LINE and known.is_weak:
        return _with_cause(fault, Segment.ACCESS, Symptom.RADIO_SIGNAL_WEAK)
    is_down = fault.state is State.DOWN and symptom in _BEYOND_RADIO
    if is_down and has_looked and known.is_well:
        return _with_cause(fault, Segment.CARRIER, Symptom.CORE_SILENT_RADIO_OK)
    return fault


def _by_modem(known: EquipmentReadings, fault: Diagnosis) -> tuple[Segment, Symptom] | None:
    """Return the modem's own reason why there is no connection, or none with connectivity."""
    if fault.symptom in _SESSION:
        if known.is_modem_absent:
            return Segment.DEVICE, Symptom.MODEM_ABSENT
        if known.is_sim_unusable:
            return Segment.DEVICE, Symptom.SIM_NOT_READY
        if known.is_unregistered:
            return Segment.ACCESS, Symptom.RADIO_NOT_REGISTERED
    is_dead = fault.state is State.DOWN and fault.symptom in _UNCONNECTED
    return (Segment.DEVICE, Symptom.APN_WRONG) if is_dead and known.is_apn_wrong else None


def _with_cause(fault: Diagnosis, segment: Segment, symptom: Symptom) -> Diagnosis:
    return Diagnosis(state=fault.state, segment=segment, symptom=symptom)


def _is_fresh(known: EquipmentReadings, read_ns: int | None) -> bool:
    return read_ns is not None and known.now_ns - read_ns <= FRESH_NS


def watched_port(known: EquipmentReadings) -> bool | None:
    """Return whether the router reports its port to the line as up; ``None``: no recent report."""
    return known.is_port_up if _is_fresh(known, known.port_ns) else None


def port_evidence(known: EquipmentReadings) -> tuple[Evidence, ...]:
    """Return the router's report on its port."""
    value = float(known.is_port_up)
    return (_reading_evidence(BOX, Segment.LAN, snmp.INTERFACE_UP.name, value),)


def _equipment_evidence(known: EquipmentReadings) -> tuple[Evidence, ...]:
    shown: list[Evidence] = []
    if _is_fresh(known, known.radio_ns):
        shown.append(_reading_evidence(RADIO, Segment.ACCESS, known.power_metric, known.power_dbm))
    if _is_fresh(known, known.light_ns):
        value = float(known.is_dark)
        metric, figure = snmp.OPTICAL_LOST.name, value
        if known.light_dbm is not None:
            metric, figure = snmp.OPTICAL_RECEIVE.name, known.light_dbm
        shown.append(_reading_evidence(BOX, Segment.ACCESS, metric, figure))
    if _is_fresh(known, known.mains_ns):
        metric, figure = snmp.ON_BATTERY.name, float(known.is_on_battery)
        shown.append(_reading_evidence(BOX, Segment.DEVICE, metric, figure))
    return tuple(shown)


def _reading_evidence(kind: str, segment: Segment, metric: str, value: float | None) -> Evidence:
    return Evidence(
        kind=kind, segment=segment, outcome=Outcome.OK, ok=1, metric=metric, value=value
    )
