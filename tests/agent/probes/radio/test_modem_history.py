"""Changes of cell and technology are events; what a reading leaves out is none."""

from thongsuot_agent.probes.radio.modem_history import ModemHistory
from thongsuot_agent.probes.radio.reading import ModemReading, ServingCell, TrafficCounter


def test_a_change_of_cell_is_an_event() -> None:
    track = ModemHistory()
    first = ModemReading(technology="lte", lte=ServingCell(cell_id=100, pci=4, arfcn=1575))
    assert track.add_reading(first, 0.0) == ()
    assert track.add_reading(first, 30.0) == ()
    moved = ModemReading(technology="lte", lte=ServingCell(cell_id=200, pci=9, arfcn=1575))
    assert track.add_reading(moved, 60.0) == (
        "cell changed from 100 PCI 4 channel 1575 to 200 PCI 9 channel 1575",
    )
    assert track.cell_changes == 1


def test_a_reading_that_leaves_the_cell_out_is_not_a_change() -> None:
    track = ModemHistory()
    track.add_reading(ModemReading(lte=ServingCell(cell_id=100, pci=4)), 0.0)
    assert track.add_reading(ModemReading(lte=ServingCell(rsrp_dbm=-90)), 30.0) == ()
    assert track.add_reading(ModemReading(), 60.0) == ()
    assert track.add_reading(ModemReading(lte=ServingCell(cell_id=100)), 90.0) == ()
    assert track.cell_changes == 0


def test_a_fall_to_an_older_technology_is_a_fallback() -> None:
    track = ModemHistory()
    track.add_reading(ModemReading(technology="nr_nsa"), 0.0)
    assert track.add_reading(ModemReading(technology="lte"), 30.0) == (
        "technology fell back from 5G NSA to LTE",
    )
    assert track.add_reading(ModemReading(technology=""), 60.0) == ()
    assert track.add_reading(ModemReading(technology="nr_sa"), 90.0) == (
        "technology changed from LTE to 5G SA",
    )
    assert (track.technology_changes, track.fallbacks) == (2, 1)


def test_bytes_are_counted_across_a_session_that_starts_again() -> None:
    track = ModemHistory()
    for at, value in enumerate((1_000, 5_000, 200, 700)):
        track.add_reading(ModemReading(received=TrafficCounter(value)), at * 30.0)
    assert track.received == 5_700


def test_bytes_of_32_bits_are_counted_across_their_wrap() -> None:
    track = ModemHistory()
    track.add_reading(ModemReading(received=TrafficCounter((1 << 32) - 100, 32)), 0.0)
    track.add_reading(ModemReading(received=TrafficCounter(50, 32)), 30.0)
    assert track.received == (1 << 32) + 50
