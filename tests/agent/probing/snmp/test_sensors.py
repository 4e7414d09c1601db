"""Rows of a sensor table say themselves what they measure, how exactly, and whether they do."""

import pytest

from thongsuot_agent.probing.snmp.client import ValueType, Varbind
from thongsuot_agent.probing.snmp.sensors import (
    ALIAS,
    CONTAINED_IN,
    NAME,
    in_unit_of,
    is_of_interface,
    sensors_of,
)

ENTRY = "1.3.6.1.2.1.99.1.1.1"
WATTS, DBM, HERTZ = 6, 14, 7
MILLI, UNITS = 8, 9
Rows = dict[str, list[Varbind]]


def table(**row: int) -> Rows:
    """Return a table of one sensor, 7, in a module, 3, that is in itself."""
    values = {"type": WATTS, "scale": MILLI, "precision": 4, "value": 5412, "status": 1} | row
    read_by: Rows = {}
    for column, value in enumerate(values.values(), 1):
        oid = f"{ENTRY}.{column}"
        read_by[oid] = [Varbind(f"{oid}.7", ValueType.INTEGER, value)]
    read_by[NAME] = [Varbind(f"{NAME}.7", ValueType.TEXT, "RX power sensor of Ethernet1")]
    read_by[CONTAINED_IN] = [
        Varbind(f"{CONTAINED_IN}.7", ValueType.INTEGER, 3),
        Varbind(f"{CONTAINED_IN}.3", ValueType.INTEGER, 3),
    ]
    read_by[ALIAS] = [Varbind(f"{ALIAS}.3.0", ValueType.OID, "1.3.6.1.2.1.2.2.1.1.12")]
    return read_by


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ({}, 0.0005412),
        ({"type": DBM, "scale": UNITS, "precision": 1, "value": -273}, -27.3),
        ({"scale": UNITS, "precision": -2, "value": 3}, 300.0),
        ({"value": 0}, 0.0),
    ],
)
def test_a_value_has_the_factor_and_the_precision_of_its_row(
    row: dict[str, int], value: float
) -> None:
    (sensor,) = sensors_of(ENTRY, table(**row))
    assert sensor.value == pytest.approx(value)
    assert (sensor.module, sensor.if_indexes) == ("3", (12,) * len(sensor.if_indexes))
    assert 12 in sensor.if_indexes
    assert sensor.module_names == ("RX power sensor of Ethernet1",)


@pytest.mark.parametrize(
    "row",
    [
        {"status": 2},
        {"status": 3},
        {"value": 1_000_000_000},
        {"value": -1_000_000_000},
        {"scale": 0},
        {"scale": 18},
        {"precision": 10},
    ],
)
def test_a_row_that_says_that_it_has_no_value_has_none(row: dict[str, int]) -> None:
    (sensor,) = sensors_of(ENTRY, table(**row))
    assert sensor.value is None


def test_a_type_that_no_figure_is_made_from_is_left_out() -> None:
    assert sensors_of(ENTRY, table(type=HERTZ)) == ()


def test_a_power_is_reported_in_dbm_and_none_as_the_least_that_a_module_measures() -> None:
    assert in_unit_of("optical_rx_dbm", "watts", 0.001) == 0.0
    assert in_unit_of("optical_rx_dbm", "watts", 0.0005) == pytest.approx(-3.01, abs=0.01)
    assert in_unit_of("optical_rx_dbm", "watts", 0.0) == -40.0
    assert in_unit_of("optical_rx_dbm", "dbm", -27.3) == -27.3
    assert in_unit_of("optical_bias_ma", "amperes", 0.00847) == pytest.approx(8.47)


@pytest.mark.parametrize(
    ("name", "label", "is_its"),
    [
        ("Ethernet1", "DOM RX Power Sensor for Ethernet1", True),
        ("Ethernet1", "DOM RX Power Sensor for Ethernet10", False),
        ("Ethernet1", "Ethernet1/1 Lane 1 Transceiver Receive Power Sensor", False),
        ("Ethernet1/1", "Ethernet1/1 Lane 1 Transceiver Receive Power Sensor", True),
        ("Te0/0/1", "Te0/0/1 Receive Power Sensor", True),
        ("e0/0/1", "Te0/0/1 Receive Power Sensor", False),
    ],
)
def test_a_label_names_an_interface_as_a_whole_word(name: str, label: str, is_its: bool) -> None:
    assert is_of_interface(name, label) is is_its
