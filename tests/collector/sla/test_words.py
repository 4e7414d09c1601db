"""Figures of statements: exact, and never better than they are."""

from fractions import Fraction

import pytest

from thongsuot_collector.sla.periods import TimeClass
from thongsuot_collector.sla.revision import RevisionChange
from thongsuot_collector.sla.statement_lines import change_text
from thongsuot_collector.sla.words import cause, length, moment, percent, plain_percent
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.translations import languages


def test_a_target_missed_by_a_millisecond_is_not_rounded_to_met() -> None:
    month_ms = 30 * 86_400_000
    assert percent(Fraction(month_ms - 12_960_001, month_ms), "vi") == "99,4999 %"
    assert percent(Fraction(month_ms - 12_960_000, month_ms), "vi") == "99,5000 %"
    assert percent(Fraction(1), "en") == "100.0000%"
    assert percent(None, "vi") == "–"


def test_a_target_is_written_as_it_was_agreed() -> None:
    assert plain_percent(0.995, "vi") == "99,5 %"
    assert plain_percent(0.9999, "en") == "99.99%"
    assert plain_percent(0.9, "vi") == "90 %"
    assert plain_percent(0.57, "vi") == "57 %"


def test_times_are_written_to_the_millisecond() -> None:
    assert length(2_590_692_250, "vi") == "719:38:12,250"
    assert length(7, "en") == "0:00:00.007"
    assert moment(1_793_466_000_250, "vi") == "01/11/2026 00:00:00,250"


@pytest.mark.parametrize("language", languages())
def test_every_symptom_has_complete_words(language: str) -> None:
    for symptom in Symptom:
        text = cause(symptom, TimeClass.DOWN, language)
        assert text
        assert "{" not in text
        assert "  " not in text


def test_each_change_is_a_sentence() -> None:
    assert change_text(RevisionChange(subject="terms")).read("vi") == "Điều khoản đã thay đổi"
    assert (
        change_text(RevisionChange(subject="begun", before=1, after=2)).read("en")
        == "Interruptions: from 1 to 2"
    )
    revision_change = RevisionChange(
        subject="interruption", before=None, after=1_000, at_ms=1_793_466_000_000
    )
    assert change_text(revision_change).read("vi") == (
        "Lần gián đoạn bắt đầu 01/11/2026 00:00:00,000: từ không có thành 0:00:01,000"
    )
    for time_class in TimeClass:
        assert (
            change_text(RevisionChange(subject=time_class, before=0, after=1))
            .read("en")
            .endswith("0:00:00.001")
        )
