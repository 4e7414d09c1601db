"""The explanation beneath a light, for every symptom and in both languages."""

import string
import unicodedata
from dataclasses import dataclass

import pytest

from tests.schema.page.healthy_site import NOW_S
from tests.schema.words.test_tables import is_vietnamese
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import SubjectView
from thongsuot_schema.words.explanation import SYMPTOM_SENTENCES, explain
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.sentence import PLACEHOLDERS, Sentence
from thongsuot_schema.words.symptoms import access, device, service
from thongsuot_schema.words.translations import languages

SERVICE_TITLE = "Cổng Dịch vụ công quốc gia"

ALL: list[Sentence] = [
    *SYMPTOM_SENTENCES.values(),
    *access.MOBILE.values(),
    *device.BY_STATE.values(),
    *service.BY_STATE.values(),
    *service.BECAUSE_OF_THE_LINK.values(),
]


FACTS = {"circuit", "since", "call", "support"}
"""Places that no language may leave out when the other has them."""


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """How much is known of a link."""

    carrier: str
    hotline: str
    circuit: str
    since_s: float | None


MUCH = KnownFacts("VNPT", "1800 1166", "HNI-004217", NOW_S - 1_095)
LITTLE = KnownFacts("", "", "", None)


def link(symptom: Symptom, medium: str = "fiber", known: KnownFacts = MUCH) -> SubjectView:
    return SubjectView(
        name="wan0",
        title_vi="",
        title_en="",
        state=State.DOWN,
        segment=Segment.ACCESS,
        symptom=symptom,
        medium=medium,
        carrier=known.carrier,
        carrier_hotline=known.hotline,
        circuit=known.circuit,
        since_s=known.since_s,
    )


def portal(
    symptom: Symptom, state: State = State.DOWN, segment: Segment | None = None
) -> SubjectView:
    return SubjectView(
        name="dvcqg",
        title_vi=SERVICE_TITLE,
        title_en="National Public Service Portal",
        state=state,
        segment=segment,
        symptom=symptom,
        since_s=NOW_S - 1_095,
    )


def whole(sentence: str) -> bool:
    """Return whether a text is made of whole sentences with nothing left open."""
    return (
        sentence[0] == sentence[0].upper()
        and sentence.endswith(".")
        and not set("{}") & set(sentence)
        and "  " not in sentence
        and " ." not in sentence
        and " ," not in sentence
        and unicodedata.is_normalized("NFC", sentence)
    )


def test_every_symptom_has_its_sentence() -> None:
    assert set(SYMPTOM_SENTENCES) == set(Symptom) - {Symptom.NONE}
    assert set(device.BY_STATE) == set(service.BY_STATE) == set(State)
    assert set(service.BECAUSE_OF_THE_LINK) == set(State)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("medium", [*Medium, "carrier-pigeon"])
@pytest.mark.parametrize("known", [MUCH, LITTLE], ids=["much", "little"])
def test_sentences_are_complete_whatever_is_known_of_a_link(
    language: Language, medium: str, known: KnownFacts
) -> None:
    for symptom in Symptom:
        explanation = explain(link(symptom, medium, known), language, now_s=NOW_S)
        assert whole(explanation.situation), explanation
        assert whole(explanation.advice), explanation
        assert whole(f"{explanation.headline}."), explanation
        assert len(explanation.headline) <= 80
        if language == "vi":
            for text in (explanation.headline, explanation.situation, explanation.advice):
                assert is_vietnamese(text), text


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("state", State)
def test_a_service_is_explained_whatever_its_symptom_and_state(
    language: Language, state: State
) -> None:
    for symptom in Symptom:
        explanation = explain(portal(symptom, state), language, support_hotline="(024) 1022")
        assert whole(explanation.situation), explanation
        assert whole(explanation.advice), explanation
        if language == "vi":
            assert is_vietnamese(explanation.situation + explanation.advice), explanation


def test_every_place_in_a_sentence_is_a_known_one_and_both_languages_name_the_same_facts() -> None:
    for sentence in ALL:
        for text in (sentence.headline, sentence.situation, sentence.advice):
            places = {
                language: {name for _, name, _, _ in string.Formatter().parse(words) if name}
                for language, words in (("vi", text.read("vi")), ("en", text.read("en")))
            }
            assert places["vi"] | places["en"] <= set(PLACEHOLDERS), text
            facts = [{name.lower() for name in names} & FACTS for names in places.values()]
            assert facts[0] == facts[1], text


def test_a_cut_fibre_is_described_to_a_clerk_with_all_that_the_carrier_will_ask() -> None:
    explanation = explain(link(Symptom.ACCESS_SILENT), "vi", now_s=NOW_S)
    assert explanation.headline == "Đường cáp quang VNPT mất kết nối"
    assert explanation.situation == (
        "Đường cáp quang VNPT (mã kênh HNI-004217) mất kết nối từ 11:39. Lỗi ở đường truyền của "
        "nhà mạng, không phải ở thiết bị của đơn vị."
    )
    assert explanation.advice == (
        "Xem đèn LOS trên modem quang: sáng hoặc nhấp nháy đỏ thì nhiều khả năng đứt cáp quang, "
        "hãy nói rõ khi gọi. Gọi tổng đài báo hỏng VNPT: 1800 1166, đọc mã kênh HNI-004217."
    )
    assert explanation.party is Party.CARRIER


def test_a_dead_radio_link_is_described_differently_from_a_cut_fibre() -> None:
    explanation = explain(link(Symptom.ACCESS_SILENT, "5g"), "vi", now_s=NOW_S)
    assert "mã thuê bao HNI-004217" in explanation.situation
    assert "LOS" not in explanation.advice
    assert "bộ phát 5G (modem 5G)" in explanation.advice


def test_without_now_a_time_always_has_its_date() -> None:
    assert "từ 11:39 ngày 24/11/2026" in explain(link(Symptom.ACCESS_SILENT), "vi").situation


def test_the_party_follows_the_segment_and_nobody_is_named_where_nothing_is_wrong() -> None:
    assert explain(portal(Symptom.SERVICE_ERROR, segment=Segment.SERVICE), "vi").party is (
        Party.PORTAL
    )
    assert explain(portal(Symptom.NONE, State.UP), "vi").party is None
    assert explain(portal(Symptom.NOT_YET_MEASURED, State.UNKNOWN), "vi").party is None
    assert explain(portal(Symptom.NONE, State.DOWN), "vi").party is Party.CITY
    assert explain(portal(Symptom.AGENT_SILENT, State.UNKNOWN), "vi").party is Party.COMMUNE


def test_a_service_behind_a_dead_line_is_not_blamed() -> None:
    explanation = explain(portal(Symptom.ACCESS_SILENT, segment=Segment.ACCESS), "vi", now_s=NOW_S)
    assert "do đường truyền của điểm" in explanation.situation
    assert "không phải do hệ thống này" in explanation.situation


def test_the_support_desk_is_named_with_its_number_if_it_has_one() -> None:
    light = portal(Symptom.SERVICE_ERROR, segment=Segment.SERVICE)
    assert "(024) 1022" in explain(light, "vi", support_hotline="(024) 1022").advice
    assert "cán bộ đầu mối kỹ thuật" in explain(light, "vi").advice


def test_braces_in_a_name_are_only_text() -> None:
    known = KnownFacts("{0.__class__}", "{do}", "{call}", None)
    explanation = explain(link(Symptom.ACCESS_SILENT, known=known), "vi")
    assert "(mã kênh {call})" in explanation.situation
    assert "{0.__class__}: {do}" in explanation.advice
