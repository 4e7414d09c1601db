"""The code that begins a run: of a day and a device, and of nothing else."""

from thongsuot_schema.commissioning.run import commissioning_code


def test_the_code_is_six_digits_of_a_day_and_a_device() -> None:
    code = commissioning_code(b"\x01" * 32, "2026-11-30")
    assert len(code) == 6
    assert code.isdecimal()
    assert code != commissioning_code(b"\x01" * 32, "2026-12-01")
    assert code != commissioning_code(b"\x02" * 32, "2026-11-30")
    assert code == commissioning_code(b"\x01" * 32, "2026-11-30")
