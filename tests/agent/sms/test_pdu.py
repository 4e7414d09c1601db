"""A short message as bytes, and its text."""

import pytest

from tests.agent.sms.sms_modem import read_pdu
from thongsuot_agent.sms.pdu import submit, without_marks
from thongsuot_agent.sms.text import DeadLine, alarm_text

AT_8_51 = 1_796_176_260.0
"""08:51 in Vietnam."""
LINES = [DeadLine("fiber", "Sông Hồng", AT_8_51 - 60), DeadLine("5g", "Cửu Long", AT_8_51)]


def test_seven_bits_are_packed_as_the_standard_has_it() -> None:
    pdu = submit("+84912345678", "hellohello", is_ucs2=False)
    assert pdu.text == "0001000B914819325476F800000AE8329BFD4697D9EC37"
    assert pdu.length == len(pdu.text) // 2 - 1
    assert read_pdu(pdu.text) == ("+84912345678", "hellohello")


@pytest.mark.parametrize("number", ["191", "+842439999999", "+8491234567"])
def test_a_number_comes_back_as_it_was(number: str) -> None:
    assert read_pdu(submit(number, "a", is_ucs2=False).text)[0] == number


@pytest.mark.parametrize("length", [1, 7, 8, 9, 159, 160])
def test_every_length_of_seven_bit_text_comes_back(length: int) -> None:
    text = ("Xa Ba Vi, 08:51. " * 10)[:length]
    assert read_pdu(submit("+84912345678", text, is_ucs2=False).text)[1] == text


def test_oversized_content_is_refused_and_never_cut() -> None:
    with pytest.raises(ValueError, match="161 of 160"):
        submit("+84912345678", "a" * 161, is_ucs2=False)
    with pytest.raises(ValueError, match="142 of 140"):
        submit("+84912345678", "ă" * 71, is_ucs2=True)
    with pytest.raises(ValueError, match="seven bits"):
        submit("+84912345678", "xã", is_ucs2=False)


def test_vietnamese_without_marks_is_still_read() -> None:
    assert without_marks("Điểm Ba Vì – mất điện từ 08:51") == "Diem Ba Vi - mat dien tu 08:51"


def test_a_message_names_both_lines_and_since_when() -> None:
    text = alarm_text("Xã Ba Vì", LINES, has_marks=False)
    assert "Xa Ba Vi mat ca 2 duong truyen" in text
    assert "Song Hong tu 08:50" in text
    assert "Cuu Long tu 08:51" in text
    assert len(text) <= 160
    marked = alarm_text("Xã Ba Vì", LINES, has_marks=True)
    assert "Xã Ba Vì mất cả 2 đường truyền từ 08:51." in marked
    assert len(marked) <= 70
    assert read_pdu(submit("+84912345678", marked, is_ucs2=True).text)[1] == marked


def test_texts_that_are_too_long_are_shortened_and_keep_the_place() -> None:
    long = "Điểm phục vụ hành chính công số 2 Phường Văn Miếu - Quốc Tử Giám"
    text = alarm_text(long, LINES * 2, has_marks=False)
    assert len(text) <= 160
    assert text.startswith("Diem phuc vu hanh chinh cong so 2") or "Van Mieu" in text
    assert "08:51" in text
    unknown = [DeadLine("fiber", "", None), DeadLine("5g", "", None)]
    assert "tu 0" not in alarm_text("Xã Ba Vì", unknown, has_marks=False)
