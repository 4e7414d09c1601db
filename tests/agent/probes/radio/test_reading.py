"""A reading keeps LTE and NR apart and rejects placeholder values."""

import pytest

from thongsuot_agent.probes.radio.at.transcript import reading_from
from thongsuot_agent.probes.radio.modem_history import ModemHistory
from thongsuot_agent.probes.radio.reading import ReadingBuilder


def test_a_value_out_of_range_is_refused_and_counted() -> None:
    draft = ReadingBuilder()
    draft.add_measurements("nr", {"rsrp_dbm": -11, "sinr_db": 2549, "rsrq_db": "-"})
    reading = draft.build()
    assert reading.nr is None
    assert reading.rejected == {
        "nr_rsrp_dbm": "range",
        "nr_sinr_db": "range",
        "nr_rsrq_db": "sentinel",
    }


def test_a_leg_never_stands_for_the_other() -> None:
    draft = ReadingBuilder()
    draft.add_measurements("lte", {"rsrp_dbm": -91, "sinr_db": 0})
    reading = draft.build()
    assert reading.nr is None
    assert reading.lte is not None
    assert reading.lte.sinr_db == 0.0
    assert reading.technology == "lte"


def test_two_legs_are_nsa_and_alone_on_5g_the_old_lte_values_are_dropped() -> None:
    draft = ReadingBuilder()
    draft.add_measurement("lte", "rsrp_dbm", -91)
    draft.add_measurement("nr", "rsrp_dbm", -99)
    assert draft.build().technology == "nr_nsa"
    draft = ReadingBuilder()
    draft.set_fields(technology="nr_sa")
    draft.add_measurement("lte", "rsrp_dbm", -91)
    draft.add_measurement("nr", "rsrp_dbm", -99)
    assert draft.build().lte is None


def test_a_source_without_names_for_nr_keeps_its_lte_values_whatever_it_calls_5g() -> None:
    draft = ReadingBuilder()
    draft.set_fields(technology="nr_sa")
    draft.add_measurement("lte", "rsrp_dbm", -91)
    reading = draft.build()
    assert reading.lte is not None
    assert reading.nr is None


def test_zeros_of_a_modem_without_a_cell_are_nothing() -> None:
    draft = ReadingBuilder()
    draft.add_measurements("lte", {"rsrp_dbm": 0, "rsrq_db": 0, "sinr_db": 0})
    assert draft.build().lte is None


def test_a_power_above_the_whole_is_refused() -> None:
    draft = ReadingBuilder()
    draft.add_measurements("lte", {"rsrp_dbm": -60, "rssi_dbm": -90})
    reading = draft.build()
    assert reading.lte is None
    assert set(reading.rejected.values()) == {"inconsistent"}


def test_a_pci_that_there_cannot_be_is_refused() -> None:
    draft = ReadingBuilder()
    draft.set_cell("nr", pci=5000, arfcn=636000, band="n78")
    reading = draft.build()
    assert reading.nr is not None
    assert (reading.nr.pci, reading.nr.arfcn, reading.nr.band) == (None, 636000, 78)


@pytest.mark.parametrize(
    ("leg", "cell_id", "tac"),
    [
        ("lte", "FFFFFFF", "FFFF"),
        ("lte", "FFFFFFFF", "FFFE"),
        ("nr", "FFFFFFFFF", "FFFFFF"),
        ("nr", "FFFFFFF", "FFFFFE"),
        ("nr", "FFFFFFFFFFFFFFFF", "0"),
    ],
)
def test_a_placeholder_for_an_unknown_cell_is_rejected(leg: str, cell_id: str, tac: str) -> None:
    draft = ReadingBuilder()
    draft.set_cell(leg, base=16, cell_id=cell_id, tac=tac)
    reading = draft.build()
    assert (reading.lte, reading.nr) == (None, None)
    assert reading.rejected == {f"{leg}_cell_id": "sentinel", f"{leg}_tac": "sentinel"}


def test_an_identity_that_no_cell_of_its_kind_has_is_refused() -> None:
    draft = ReadingBuilder()
    draft.set_cell("lte", cell_id=2**28 + 5)
    draft.set_cell("nr", cell_id=2**28 + 5, tac=0xFF01)
    reading = draft.build()
    assert reading.rejected == {"lte_cell_id": "range"}
    assert reading.nr is not None
    assert (reading.nr.cell_id, reading.nr.tac) == (2**28 + 5, 0xFF01)


def test_a_valid_value_after_a_placeholder_counts() -> None:
    draft = ReadingBuilder()
    draft.set_cell("lte", base=16, cell_id="FFFFFFF")
    draft.set_cell("lte", base=16, cell_id="1A2D001")
    reading = draft.build()
    assert reading.lte is not None
    assert (reading.lte.cell_id, reading.rejected) == (0x1A2D001, {})


def test_losing_the_cell_is_not_a_change_of_cell() -> None:
    transcript = '+QENG: "servingcell","SEARCH","LTE","FDD",452,04,{},17,1575,3,5,5,{},{}\r\nOK'
    rest = "-91,-11,-61,12,10,-,30"
    history = ModemHistory()
    serving = reading_from(transcript.format("1A2D001", "A1B2", rest))
    lost = reading_from(transcript.format("FFFFFFF", "FFFF", rest))
    assert serving.lte is not None
    assert serving.lte.cell_id == 0x1A2D001
    assert lost.lte is not None
    assert (lost.lte.cell_id, lost.lte.tac) == (None, None)
    assert history.add_reading(serving, 0.0) == ()
    assert history.add_reading(lost, 30.0) == ()
