"""Explanation: what is wrong with a link or a service, in words, and what to do now."""

from typing import Final

import msgspec

from thongsuot_schema.segment import Party, party_for
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import SubjectView
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.language import Language, capitalised
from thongsuot_schema.words.media import MOBILE, medium_words
from thongsuot_schema.words.sentence import Sentence
from thongsuot_schema.words.symptoms import access, carrier, device, lan, service, transit
from thongsuot_schema.words.titles import subject_phrase

SYMPTOM_SENTENCES: Final[dict[Symptom, Sentence]] = {
    **device.SENTENCES,
    **lan.SENTENCES,
    **access.SENTENCES,
    **carrier.SENTENCES,
    **transit.SENTENCES,
    **service.SENTENCES,
}
"""Every symptom but ``NONE``, for which the state speaks."""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a person needs to know of one light.

    ``headline`` fits in the subject of a message; ``situation`` and ``advice`` are whole sentences.
    ``party`` is who must act, ``None`` where nobody must.
    """

    headline: str
    situation: str
    advice: str
    party: Party | None


def explain(
    light: SubjectView, language: Language, *, now_s: float | None = None, support_hotline: str = ""
) -> Explanation:
    """
    Say what is wrong with a link or a service and what to do.

    With ``now_s`` (Unix seconds) times of today are given without their date. ``support_hotline``
    is whom to call when nothing else helps.
    """
    sentence = _sentence(light)
    places = _placeholders(light, language, now_s, support_hotline)
    return Explanation(
        headline=sentence.headline.read(language).format_map(places),
        situation=sentence.situation.read(language).format_map(places),
        advice=sentence.advice.read(language).format_map(places),
        party=_party(light),
    )


def is_caused_below(light: SubjectView) -> bool:
    """Return whether a service is not up because of the point's line or device."""
    return (
        not light.medium
        and light.state is not State.UP
        and light.symptom not in service.SENTENCES
        and light.symptom is not Symptom.NONE
    )


def _sentence(light: SubjectView) -> Sentence:
    if light.medium:
        return _link_sentence(light)
    if light.symptom is Symptom.NONE:
        return service.BY_STATE[light.state]
    if is_caused_below(light) and light.symptom is not Symptom.NOT_YET_MEASURED:
        return service.BECAUSE_OF_THE_LINK[light.state]
    return SYMPTOM_SENTENCES[light.symptom]


def _link_sentence(light: SubjectView) -> Sentence:
    if light.symptom is Symptom.NONE:
        return device.BY_STATE[light.state]
    if light.medium in MOBILE and light.symptom in access.MOBILE:
        return access.MOBILE[light.symptom]
    return SYMPTOM_SENTENCES[light.symptom]


def _party(light: SubjectView) -> Party | None:
    if light.symptom is Symptom.AGENT_SILENT:
        return Party.COMMUNE
    if light.state in {State.UP, State.UNKNOWN} and light.segment is None:
        return None
    return party_for(light.segment)


def _placeholders(
    light: SubjectView, language: Language, now_s: float | None, support_hotline: str
) -> dict[str, str]:
    """Return what stands in the places of a sentence (``sentence.PLACES``)."""
    vietnamese = language == "vi"
    line = subject_phrase(light, language)
    box = medium_words(light.medium).box.read(language)
    carrier_name = light.carrier or ("nhà mạng" if vietnamese else "the carrier")
    call = _call(light, language)
    return {
        "line": line,
        "Line": capitalised(line),
        "circuit": f" ({circuit_label(light, language)} {light.circuit})" if light.circuit else "",
        "since": _since(light.since_s, now_s, language),
        "box": box,
        "Box": capitalised(box),
        "carrier": carrier_name,
        "Carrier": capitalised(carrier_name),
        "lamp": _lamp_hint(light.medium, language),
        "call": call,
        "Call": capitalised(call),
        "support": _support(support_hotline, language),
        "service": line,
        "Service": capitalised(line),
    }


def circuit_label(light: SubjectView, language: Language) -> str:
    """Return what a carrier calls the id of a link: circuit, or subscriber over the air."""
    if light.medium in MOBILE:
        return "mã thuê bao" if language == "vi" else "subscriber"
    return "mã kênh" if language == "vi" else "circuit"


def _since(since_s: float | None, now_s: float | None, language: Language) -> str:
    if since_s is None:
        return ""
    return f" {'từ' if language == 'vi' else 'since'} {relative_moment(since_s, now_s, language)}"


def _lamp_hint(medium: str, language: Language) -> str:
    if medium != "fiber":
        return ""
    if language == "vi":
        return (
            "Xem đèn LOS trên modem quang: sáng hoặc nhấp nháy đỏ thì nhiều khả năng đứt cáp "
            "quang, hãy nói rõ khi gọi. "
        )
    return (
        "Look at the LOS lamp of the modem: red, steady or blinking, most likely means a cut "
        "fibre; say so when you call. "
    )


def _call(light: SubjectView, language: Language) -> str:
    if language == "vi":
        desk = f"gọi tổng đài báo hỏng {light.carrier or 'của nhà mạng'}"
        told = f", đọc {circuit_label(light, language)} {light.circuit}" if light.circuit else ""
    else:
        desk = f"call the fault desk of {light.carrier or 'the carrier'}"
        told = (
            f" and give {circuit_label(light, language)} {light.circuit}" if light.circuit else ""
        )
    number = f": {light.carrier_hotline}" if light.carrier_hotline and language == "vi" else ""
    if light.carrier_hotline and language == "en":
        number = f" on {light.carrier_hotline}"
    return f"{desk}{number}{told}."


def _support(hotline: str, language: Language) -> str:
    if language == "vi":
        whom = f"gọi bộ phận hỗ trợ: {hotline}" if hotline else "hãy báo cán bộ đầu mối kỹ thuật"
        return f"Nếu vẫn chưa được, {whom}."
    whom = f"call the support desk on {hotline}" if hotline else "tell the technical contact"
    return f"If that does not help, {whom}."
