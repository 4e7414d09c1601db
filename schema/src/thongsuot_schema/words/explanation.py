"""Explanation: what is wrong with a link or a service, in words, and what to do now."""

from typing import Final

import msgspec

from thongsuot_schema.page.view import Light
from thongsuot_schema.segment import Party, party_for
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Language, capitalised
from thongsuot_schema.words.media import MOBILE, medium_words
from thongsuot_schema.words.moments import spoken
from thongsuot_schema.words.sentence import Sentence
from thongsuot_schema.words.symptoms import access, carrier, device, lan, service, transit
from thongsuot_schema.words.titles import light_phrase

SENTENCES: Final[dict[Symptom, Sentence]] = {
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

    ``headline`` fits in the subject of a message; ``what`` and ``do`` are whole sentences.
    ``party`` is who must act, ``None`` where nobody must.
    """

    headline: str
    what: str
    do: str
    party: Party | None


def explain(
    light: Light, language: Language, *, now_s: float | None = None, support_hotline: str = ""
) -> Explanation:
    """
    Say what is wrong with a link or a service and what to do.

    With ``now_s`` (Unix seconds) times of today are given without their date. ``support_hotline``
    is whom to call when nothing else helps.
    """
    sentence = _sentence(light)
    places = _places(light, language, now_s, support_hotline)
    return Explanation(
        headline=sentence.headline.read(language).format_map(places),
        what=sentence.what.read(language).format_map(places),
        do=sentence.do.read(language).format_map(places),
        party=_party(light),
    )


def is_caused_below(light: Light) -> bool:
    """Return whether a service is not up because of the point's line or device."""
    return (
        not light.medium
        and light.state is not State.UP
        and light.symptom not in service.SENTENCES
        and light.symptom is not Symptom.NONE
    )


def _sentence(light: Light) -> Sentence:
    if light.medium:
        return _link_sentence(light)
    if light.symptom is Symptom.NONE:
        return service.BY_STATE[light.state]
    if is_caused_below(light) and light.symptom is not Symptom.NOT_YET_MEASURED:
        return service.BECAUSE_OF_THE_LINK[light.state]
    return SENTENCES[light.symptom]


def _link_sentence(light: Light) -> Sentence:
    if light.symptom is Symptom.NONE:
        return device.BY_STATE[light.state]
    if light.medium in MOBILE and light.symptom in access.MOBILE:
        return access.MOBILE[light.symptom]
    return SENTENCES[light.symptom]


def _party(light: Light) -> Party | None:
    if light.symptom is Symptom.AGENT_SILENT:
        return Party.COMMUNE
    if light.state in {State.UP, State.UNKNOWN} and light.segment is None:
        return None
    return party_for(light.segment)


def _places(
    light: Light, language: Language, now_s: float | None, support_hotline: str
) -> dict[str, str]:
    """Return what stands in the places of a sentence (``sentence.PLACES``)."""
    vietnamese = language == "vi"
    line = light_phrase(light, language)
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
        "lamp": _lamp(light.medium, language),
        "call": call,
        "Call": capitalised(call),
        "support": _support(support_hotline, language),
        "service": line,
        "Service": capitalised(line),
    }


def circuit_label(light: Light, language: Language) -> str:
    """Return what a carrier calls the id of a link: circuit, or subscriber over the air."""
    if light.medium in MOBILE:
        return "mã thuê bao" if language == "vi" else "subscriber"
    return "mã kênh" if language == "vi" else "circuit"


def _since(since_s: float | None, now_s: float | None, language: Language) -> str:
    if since_s is None:
        return ""
    return f" {'từ' if language == 'vi' else 'since'} {spoken(since_s, now_s, language)}"


def _lamp(medium: str, language: Language) -> str:
    if medium != "fiber":
        return ""
    if language == "vi":
        return "Xem đèn LOS trên modem quang: sáng đỏ là dấu hiệu đứt cáp, hãy nói rõ khi gọi. "
    return "Look at the LOS lamp of the modem: red means a cut fibre; say so when you call. "


def _call(light: Light, language: Language) -> str:
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
