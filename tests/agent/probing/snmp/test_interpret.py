"""From varbinds to figures: sentinels, rows, contradictions."""

import pytest

from thongsuot_agent.probing.snmp.client import ValueType, Varbind
from thongsuot_agent.probing.snmp.interpret import groups_from
from thongsuot_agent.probing.snmp.profile import included_profiles
from thongsuot_agent.probing.snmp.protocol import ComponentReading

BASE = "1.3.6.1.4.1.23695.200.1.12.1.1.1"
COLUMNS = {"rssi_dbm": 3, "sinr_db": 5, "rsrp_dbm": 7, "rsrq_db": 8}


def row(**values: int) -> ComponentReading:
    """Return what the Peplink profile makes of one row."""
    read_by = {}
    for name, value in values.items():
        oid = f"{BASE}.{COLUMNS[name]}"
        read_by[oid] = [Varbind(f"{oid}.4", ValueType.INTEGER, value)]
    return groups_from(included_profiles()["peplink"], read_by)["4"]


def test_0_db_of_sinr_beside_a_power_is_0_db() -> None:
    assert row(sinr_db=0, rsrp_dbm=-113).numbers == {"sinr_db": 0, "rsrp_dbm": -113}


def test_0_db_of_sinr_of_a_modem_without_a_cell_is_nothing() -> None:
    group = row(sinr_db=0, rsrq_db=0, rsrp_dbm=-9999, rssi_dbm=-68)
    assert group.numbers == {"rssi_dbm": -68}
    assert group.rejected == {
        "rsrp_dbm": "sentinel",
        "sinr_db": "inconsistent",
        "rsrq_db": "inconsistent",
    }


def test_a_power_above_the_whole_is_left_over_from_another_time() -> None:
    group = row(rsrp_dbm=-70, rssi_dbm=-90, sinr_db=12)
    assert group.numbers == {}
    assert set(group.rejected.values()) == {"inconsistent"}


def test_a_table_has_its_scalars_in_every_row() -> None:
    profile = included_profiles()["teltonika-rutos7"]
    column = "1.3.6.1.4.1.48690.2.2.1.20"
    firmware = "1.3.6.1.4.1.48690.1.6.0"
    read_by = {
        column: [
            Varbind(f"{column}.1", ValueType.TEXT, "-86"),
            Varbind(f"{column}.2", ValueType.INTEGER, -90),
        ],
        firmware: [Varbind(firmware, ValueType.TEXT, "RUTX_R_00.07.00")],
    }
    groups = groups_from(profile, read_by)
    assert {name: group.numbers["rsrp_dbm"] for name, group in groups.items()} == {
        "1": -86,
        "2": -90,
    }
    assert {group.texts["device_firmware"] for group in groups.values()} == {"RUTX_R_00.07.00"}


def test_a_counter_knows_its_bits() -> None:
    profile = included_profiles()["teltonika-rutos7"]
    sent, received = "1.3.6.1.4.1.48690.2.2.1.22", "1.3.6.1.4.1.48690.2.2.1.23"
    read_by = {
        sent: [Varbind(f"{sent}.1", ValueType.INTEGER, -1183791572)],
        received: [Varbind(f"{received}.1", ValueType.COUNTER64, 1 << 40)],
    }
    group = groups_from(profile, read_by)["1"]
    assert group.numbers == {"tx_bytes": 3111175724, "rx_bytes": 1 << 40}
    assert group.bits == {"tx_bytes": 32, "rx_bytes": 64}


@pytest.mark.parametrize("name", ["digi-transport", "nokia-timos-cellular", "teldat-cellular"])
def test_a_word_of_ours_is_no_blank(name: str) -> None:
    profile = included_profiles()[name]
    figure = next(entry for entry in profile.figures if "none" in entry.words.values())
    raw = next(raw for raw, word in figure.words.items() if word == "none")
    oid = figure.oid if figure.is_scalar else f"{figure.oid}.1"
    read_by = {figure.oid: [Varbind(oid, ValueType.INTEGER, int(raw))]}
    (group,) = groups_from(profile, read_by).values()
    assert group.texts == {figure.name: "none"}
    assert group.rejected == {}


def test_a_blank_of_the_makers_stays_one() -> None:
    profile = included_profiles()["teltonika-rutos7"]
    column = "1.3.6.1.4.1.48690.2.2.1.13"
    read_by = {column: [Varbind(f"{column}.1", ValueType.TEXT, "None")]}
    assert groups_from(profile, read_by)["1"].rejected == {"operator": "sentinel"}
