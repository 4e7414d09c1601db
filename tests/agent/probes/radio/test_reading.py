"""A reading keeps the legs apart and refuses what means nothing."""

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
