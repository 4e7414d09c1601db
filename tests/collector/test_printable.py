"""Texts of others keep their words, and lose what would control the place where they are shown."""

import pytest

from thongsuot_collector.printable import printable_line, printable_lines

CONTROLS = "\x00\x07\x1b\x7f\x85\xad\u061c\u200b\u200e\u2028\u2029\u202e\u2066\ufeff\ufffe\udc80"


@pytest.mark.parametrize("control", [*CONTROLS, "\r\n", "\t", "\x0b", "\x1e", "\xa0"])
def test_what_controls_a_line_becomes_one_space(control: str) -> None:
    assert printable_line(f"{control}Đứt{control}{control} cáp 👷{control}") == "Đứt cáp 👷"


def test_lines_stay_lines_whatever_ended_them() -> None:
    text = "\r\nKính gửi:\u2028 đội 2\x85\r\n\x0bkhông\u202e qua cầu\x00\n\n"
    assert printable_lines(text) == "Kính gửi:\nđội 2\n\n\nkhông qua cầu"
