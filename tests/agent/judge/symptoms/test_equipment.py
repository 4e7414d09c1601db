"""What modem, optical module and UPS add to a fault, and when they are worth asking."""

import pytest

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import NS_PER_S
from thongsuot_agent.judge.memory import EquipmentReadings, FaultSlot, LinkMemory
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.equipment import (
    BOX,
    RADIO,
    explain_by_equipment,
    is_worth_asking,
    update_box,
    update_radio,
)
from thongsuot_schema.catalogue import radio, snmp
from thongsuot_schema.metric import Metric
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import failed_finding, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

# As documented: the code's own figures would follow any change of them.
FRESH_NS = 180_000_000_000


NOW_NS = 1_000 * NS_PER_S
SETTINGS = Settings()
LIGHT = EquipmentReadings(now_ns=NOW_NS, light_ns=NOW_NS, is_dark=True)
BATTERY = EquipmentReadings(now_ns=NOW_NS, mains_ns=NOW_NS, is_on_battery=True)


def explained(known: EquipmentReadings, symptom: Symptom, *, state: State = State.DOWN) -> Symptom:
    link = LinkMemory(name="fixed", equipment=known)
    fault = Diagnosis(state=state, segment=Segment.ACCESS, symptom=symptom)
    slot = explain_by_equipment(link, FaultSlot(fault=fault, onset_ns=NOW_NS - 5))
    assert slot.fault is not None
    assert slot.fault.state is state, "equipment says why, never how bad"
    return slot.fault.symptom


@pytest.mark.parametrize(
    ("known", "symptom", "why"),
    [
        (LIGHT, Symptom.ACCESS_SILENT, Symptom.OPTICAL_LOSS_OF_SIGNAL),
        (LIGHT, Symptom.NO_ADDRESS, Symptom.OPTICAL_LOSS_OF_SIGNAL),
        (LIGHT, Symptom.CARRIER_SILENT, Symptom.CARRIER_SILENT),
        (BATTERY, Symptom.GATEWAY_SILENT, Symptom.POWER_LOST),
        (BATTERY, Symptom.CABLE_UNPLUGGED, Symptom.POWER_LOST),
        (BATTERY, Symptom.ACCESS_SILENT, Symptom.ACCESS_SILENT),
    ],
)
def test_darkness_explains_a_dead_line_and_a_battery_a_dead_box(
    known: EquipmentReadings, symptom: Symptom, why: Symptom
) -> None:
    assert explained(known, symptom) is why


@pytest.mark.parametrize(
    ("age_ns", "why"),
    [
        (FRESH_NS, Symptom.OPTICAL_LOSS_OF_SIGNAL),
        (FRESH_NS + 1, Symptom.ACCESS_SILENT),
    ],
)
def test_a_reading_that_is_too_old_explains_nothing(age_ns: int, why: Symptom) -> None:
    known = EquipmentReadings(now_ns=NOW_NS, light_ns=NOW_NS - age_ns, is_dark=True)
    assert explained(known, Symptom.ACCESS_SILENT) is why


def radio_readings(**values: float | bool) -> EquipmentReadings:
    known = EquipmentReadings(now_ns=NOW_NS, radio_ns=NOW_NS)
    for name, value in values.items():
        setattr(known, name, value)
    return known


@pytest.mark.parametrize(
    ("known", "symptom", "state", "why"),
    [
        (
            radio_readings(is_unregistered=True, is_weak=True),
            Symptom.ACCESS_SILENT,
            State.DOWN,
            Symptom.RADIO_NOT_REGISTERED,
        ),
        (
            radio_readings(is_weak=True),
            Symptom.ACCESS_LOSS,
            State.DEGRADED,
            Symptom.RADIO_SIGNAL_WEAK,
        ),
        (
            radio_readings(is_well=True),
            Symptom.CARRIER_SILENT,
            State.DOWN,
            Symptom.CORE_SILENT_RADIO_OK,
        ),
        (radio_readings(is_well=True), Symptom.ACCESS_LOSS, State.DEGRADED, Symptom.ACCESS_LOSS),
        (radio_readings(is_well=True), Symptom.TRANSIT_SILENT, State.DOWN, Symptom.TRANSIT_SILENT),
        (radio_readings(is_weak=True), Symptom.CARRIER_SILENT, State.DOWN, Symptom.CARRIER_SILENT),
        (
            radio_readings(is_unregistered=True),
            Symptom.ACCESS_SESSION_LOST,
            State.DOWN,
            Symptom.RADIO_NOT_REGISTERED,
        ),
        (
            radio_readings(is_sim_unusable=True, is_unregistered=True),
            Symptom.ACCESS_SESSION_LOST,
            State.DOWN,
            Symptom.SIM_NOT_READY,
        ),
        (
            radio_readings(is_modem_absent=True),
            Symptom.ACCESS_SESSION_LOST,
            State.DOWN,
            Symptom.MODEM_ABSENT,
        ),
        (
            radio_readings(is_modem_absent=True, radio_ns=NOW_NS - 6),
            Symptom.ACCESS_SESSION_LOST,
            State.DOWN,
            Symptom.ACCESS_SESSION_LOST,
        ),
        (radio_readings(), Symptom.ACCESS_SESSION_LOST, State.DOWN, Symptom.ACCESS_SESSION_LOST),
        (
            radio_readings(is_apn_wrong=True),
            Symptom.ACCESS_SESSION_LOST,
            State.DOWN,
            Symptom.APN_WRONG,
        ),
        # A bearer that leads nowhere, over a radio that is well.
        (
            radio_readings(is_apn_wrong=True, is_well=True),
            Symptom.CARRIER_SILENT,
            State.DOWN,
            Symptom.APN_WRONG,
        ),
        (
            radio_readings(is_apn_wrong=True),
            Symptom.ACCESS_LOSS,
            State.DEGRADED,
            Symptom.ACCESS_LOSS,
        ),
        # A cable is none of a modem's.
        (
            radio_readings(is_modem_absent=True),
            Symptom.CABLE_UNPLUGGED,
            State.DOWN,
            Symptom.CABLE_UNPLUGGED,
        ),
        # Read before the fault began, it does not say how the radio is in it; a weak signal does.
        (
            radio_readings(is_well=True, radio_ns=NOW_NS - 6),
            Symptom.ACCESS_SILENT,
            State.DOWN,
            Symptom.ACCESS_SILENT,
        ),
        (
            radio_readings(is_unregistered=True, radio_ns=NOW_NS - 6),
            Symptom.ACCESS_SILENT,
            State.DOWN,
            Symptom.ACCESS_SILENT,
        ),
        (
            radio_readings(is_weak=True, radio_ns=NOW_NS - 6),
            Symptom.ACCESS_SILENT,
            State.DOWN,
            Symptom.RADIO_SIGNAL_WEAK,
        ),
    ],
)
def test_a_radio_explains_its_line_and_a_good_one_blames_the_core(
    known: EquipmentReadings, symptom: Symptom, state: State, why: Symptom
) -> None:
    assert explained(known, symptom, state=state) is why


@pytest.mark.parametrize(
    ("known", "kind", "is_worth"),
    [
        (EquipmentReadings(), RADIO, True),
        (EquipmentReadings(radio_ns=NOW_NS - 10 * NS_PER_S), RADIO, False),
        (EquipmentReadings(radio_ns=NOW_NS - 10 * NS_PER_S - 1), RADIO, True),
        (EquipmentReadings(radio_ns=NOW_NS), BOX, True),
        (EquipmentReadings(light_ns=NOW_NS), BOX, False),
        (EquipmentReadings(mains_ns=NOW_NS), BOX, False),
        (EquipmentReadings(mains_ns=NOW_NS), RADIO, True),
        (EquipmentReadings(asked_ns={RADIO: NOW_NS}), RADIO, False),
        (EquipmentReadings(asked_ns={RADIO: NOW_NS}), BOX, True),
    ],
)
def test_equipment_is_queried_again_only_if_its_reading_and_the_last_query_are_old(
    known: EquipmentReadings, kind: str, is_worth: bool
) -> None:
    assert is_worth_asking(LinkMemory(name="fixed", equipment=known), kind, NOW_NS) is is_worth


def test_a_weak_signal_is_good_again_only_if_clearly_better() -> None:
    link = LinkMemory(name="mobile")
    limit_dbm = SETTINGS.radio_weak_dbm
    states = []
    for power_dbm in (limit_dbm, limit_dbm - 0.1, limit_dbm + 2.9, limit_dbm + 3.0):
        finding = ok_finding({radio.LTE_RSRP: power_dbm}, cost_bytes=0)
        update_radio(link, finding, NOW_NS, SETTINGS)
        states.append(link.equipment.is_weak)
    assert states == [False, True, True, False]


def test_the_cell_of_the_new_radio_carries_the_data_where_there_are_two() -> None:
    link = LinkMemory(name="mobile")
    both = {radio.LTE_RSRP: -70.0, radio.NR_RSRP: -100.0, radio.REGISTERED: 1.0}
    update_radio(link, ok_finding(both, cost_bytes=0), NOW_NS, SETTINGS)
    assert link.equipment.power_dbm == -100.0
    assert link.equipment.power_metric == radio.NR_RSRP.name
    assert not link.equipment.is_unregistered


def test_a_reading_that_failed_leaves_what_was_known() -> None:
    link = LinkMemory(name="fixed")
    box = ok_finding({snmp.OPTICAL_LOST: 1.0, snmp.ON_BATTERY: 0.0}, cost_bytes=0)
    update_box(link, box, NOW_NS)
    failed = failed_finding(Reason.TIMED_OUT)
    update_box(link, failed, NOW_NS + 1)
    update_radio(link, failed, NOW_NS + 1, SETTINGS)
    known = link.equipment
    assert (known.light_ns, known.is_dark) == (NOW_NS, True)
    assert (known.mains_ns, known.is_on_battery) == (NOW_NS, False)
    assert known.radio_ns is None


def taken(**values: float) -> EquipmentReadings:
    """Return what is known after one reading of a modem; names are those of its metrics here."""
    metrics: dict[str, Metric] = {
        "present": radio.MODEM_PRESENT,
        "sim": radio.SIM_READY,
        "apn": radio.OWN_APN,
        "registered": radio.REGISTERED,
        "connected": radio.CONNECTED,
        "rsrp": radio.LTE_RSRP,
        "sinr": radio.LTE_SINR,
    }
    link = LinkMemory(name="mobile")
    finding = ok_finding({metrics[name]: value for name, value in values.items()})
    update_radio(link, finding, 7, SETTINGS)
    assert link.equipment.radio_ns == 7
    return link.equipment


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("present", "is_modem_absent"),
        ("sim", "is_sim_unusable"),
        ("apn", "is_apn_wrong"),
        ("registered", "is_unregistered"),
    ],
)
def test_a_modem_lacks_what_it_reports_as_missing(name: str, field: str) -> None:
    assert getattr(taken(**{name: 0.0}), field) is True
    assert getattr(taken(**{name: 1.0}), field) is False
    assert getattr(taken(), field) is False, "it does not say"


@pytest.mark.parametrize(
    ("values", "is_weak", "is_well"),
    [
        ({}, False, False),
        ({"rsrp": -110.0}, False, False),
        ({"rsrp": -110.1}, True, False),
        ({"rsrp": -105.0}, False, True),
        ({"rsrp": -105.1}, False, False),
        ({"rsrp": -90.0, "sinr": 0.0}, False, True),
        ({"rsrp": -90.0, "sinr": -0.1}, True, False),
        ({"rsrp": -90.0, "registered": 0.0}, False, False),
        ({"rsrp": -90.0, "sim": 0.0}, False, False),
        ({"rsrp": -90.0, "connected": 0.0}, False, False),
        ({"rsrp": -90.0, "connected": 1.0}, False, True),
    ],
)
def test_a_signal_is_weak_below_one_limit_and_well_from_another_on(
    values: dict[str, float], *, is_weak: bool, is_well: bool
) -> None:
    known = taken(**values)
    assert (known.is_weak, known.is_well) == (is_weak, is_well)
    assert known.power_dbm == values.get("rsrp")


@pytest.mark.parametrize(("value", "is_so"), [(0.0, False), (0.4, False), (0.5, True), (1.0, True)])
def test_a_reading_of_a_box_is_true_from_one_half(value: float, *, is_so: bool) -> None:
    link = LinkMemory(name="fixed")
    update_box(
        link,
        ok_finding({snmp.OPTICAL_LOST: value, snmp.INTERFACE_UP: value, snmp.ON_BATTERY: value}),
        7,
    )
    known = link.equipment
    assert (known.is_dark, known.is_port_up, known.is_on_battery) == (is_so, is_so, is_so)
    assert (known.light_ns, known.port_ns, known.mains_ns) == (7, 7, 7)


@pytest.mark.parametrize("kind", [RADIO, BOX])
@pytest.mark.parametrize("last", ["read", "asked"])
@pytest.mark.parametrize(("age_s", "is_worth_it"), [(10.0, False), (10.001, True)])
def test_equipment_is_asked_again_ten_seconds_after_it_was_read_or_asked_last(
    kind: str, last: str, age_s: float, *, is_worth_it: bool
) -> None:
    at_ns = NOW_NS - round(age_s * NS_PER_S)
    known = EquipmentReadings(now_ns=NOW_NS)
    if last == "asked":
        known.asked_ns[kind] = at_ns
    elif kind == RADIO:
        known.radio_ns = at_ns
    else:
        known.light_ns, known.mains_ns = 1, at_ns
    link = LinkMemory(name="fixed", equipment=known)
    assert is_worth_asking(link, kind, NOW_NS) is is_worth_it


def test_a_noisy_signal_has_to_be_better_by_two_decibels_before_it_is_good_again() -> None:
    link = LinkMemory(name="mobile")
    states = []
    for noise_db in (0.0, -0.1, 1.9, 2.0):
        finding = ok_finding({radio.LTE_RSRP: -80.0, radio.LTE_SINR: noise_db})
        update_radio(link, finding, NOW_NS, SETTINGS)
        states.append(link.equipment.is_weak)
    assert states == [False, True, True, False]
