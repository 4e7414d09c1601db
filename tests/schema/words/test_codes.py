"""Codes of closed lists: themselves in English, words in any other language."""

from collections.abc import Callable
from enum import StrEnum

import pytest

from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words import codes
from thongsuot_schema.words.codes import Code


def symptom(member: Symptom) -> Code:
    return codes.symptom_code(member, "dvc")


@pytest.mark.parametrize(
    ("code", "listed"),
    [
        (codes.reason_code, Reason),
        (codes.outcome_code, Outcome),
        (codes.state_code, State),
        (codes.segment_code, Segment),
        (codes.party_code, Party),
        (codes.medium_code, Medium),
        (codes.family_code, Family),
        (symptom, Symptom),
    ],
)
def test_every_code_is_itself_in_english_and_has_vietnamese_words(
    code: Callable[[StrEnum], Code], listed: type[StrEnum]
) -> None:
    nothing = {Family.NONE, Symptom.NONE}
    for member in listed:
        assert code(member).read("en") == member.value
        words = code(member).read("vi")
        assert member in nothing or (words != member.value and words)
        assert "{" not in words


def test_words_stand_in_the_middle_of_a_sentence_but_names_stay_as_they_are() -> None:
    assert codes.state_code(State.DOWN).read("vi") == "mất kết nối"
    assert codes.family_code(Family.IP4).read("vi") == "IPv4"
    assert symptom(Symptom.SERVICE_SLOW).read("vi") == "dvc phản hồi chậm"
    assert symptom(Symptom.CARRIER_SLOW).read("vi") == "mạng của nhà mạng chậm"


def test_an_unknown_medium_is_shown_by_its_name() -> None:
    assert [codes.medium_code("balloon").read(language) for language in ("en", "vi")] == [
        "balloon",
        "balloon",
    ]


def test_a_cause_is_what_the_system_says_in_english_and_its_reason_otherwise() -> None:
    refused = codes.cause_code(Reason.NO_ROUTE, "Network is unreachable")
    assert refused.read("en") == "Network is unreachable"
    assert refused.read("vi") == "chưa có đường ra"
    assert codes.cause_code(Reason.NO_ROUTE, "").read("en") == "no_route"
    vague = codes.cause_code(Reason.UNMEASURED_OTHERWISE, "EFOO")
    assert vague.read("vi") == "chưa đo được vì lý do khác (EFOO)"
