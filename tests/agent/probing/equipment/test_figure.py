"""Answers of equipment become figures, or nothing."""

import pytest

from thongsuot_agent.probing.equipment.figure import ValueRejected, read_figure


@pytest.mark.parametrize(
    ("name", "raw", "scale", "number"),
    [
        ("rsrp_dbm", "-86", 1.0, -86),
        ("rsrp_dbm", -86, 1.0, -86),
        ("rsrp_dbm", ">=-44dBm", 1.0, -44),
        ("optical_rx_dbm", "-10.15 dBm", 1.0, -10.15),
        ("optical_voltage_v", "3.32 Volts", 1.0, 3.32),
        ("sinr_db", "16.1", 1.0, 16.1),
        ("sinr_db", 161, 0.1, 16.1),
        ("sinr_db", 0, 1.0, 0),
        ("rsrq_db", -70, 0.1, -7.0),
        ("rx_bytes", -1835401583, 1.0, 2459565713),
        ("runtime_s", 43, 60.0, 2580),
    ],
)
def test_a_number_is_read_from_any_surrounding_text(
    name: str, raw: str | int, scale: float, number: float
) -> None:
    assert read_figure(name, raw, scale=scale).number == number


@pytest.mark.parametrize(
    ("name", "raw", "why"),
    [
        ("rsrp_dbm", 0, "range"),
        ("rsrp_dbm", -9999, "range"),
        ("rsrp_dbm", 65535, "range"),
        ("rsrp_dbm", -11, "range"),
        ("nr_rsrp_dbm", -32768, "range"),
        ("sinr_db", 2549, "range"),
        ("rssi_dbm", 0, "range"),
        ("rsrp_dbm", "--", "sentinel"),
        ("rsrp_dbm", "-", "sentinel"),
        ("rsrp_dbm", " ", "sentinel"),
        ("rsrp_dbm", "ack... 1.3.6", "parse"),
        ("charge_percent", 4294967295, "range"),
        ("rat", "something else", "words"),
    ],
)
def test_a_meaningless_value_is_missing_and_never_0(name: str, raw: str | int, why: str) -> None:
    with pytest.raises(ValueRejected) as rejected:
        read_figure(name, raw)
    assert rejected.value.why == why


@pytest.mark.parametrize(
    ("name", "raw", "text"),
    [
        ("plmn", "00101", "00101"),
        ("cell_id", 2100006, "2100006"),
        ("rat", "5G-NSA", "nr_nsa"),
        ("registration", "registered (home)", "home"),
        ("sim_state", "not inserted", "absent"),
        ("connected", "Not connected", "no"),
        ("roaming", "0", "home"),
    ],
)
def test_words_and_codes_are_texts(name: str, raw: str | int, text: str) -> None:
    assert read_figure(name, raw).text == text
