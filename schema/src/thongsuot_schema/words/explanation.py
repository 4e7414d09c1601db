"""Explanation: the fault of a link or a service in words, and what to do now."""

from itertools import zip_longest
from typing import Final

import msgspec

from thongsuot_schema.segment import Party, party_for
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import SubjectView
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.language import Language, Text, capitalised
from thongsuot_schema.words.media import MOBILE, medium_words
from thongsuot_schema.words.sentence import Sentence, Step, joined
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


_THE_CARRIER: Final = Text("schema.words.explanation.the_carrier")
_CIRCUIT: Final = Text("schema.words.explanation.circuit")
_SUBSCRIBER: Final = Text("schema.words.explanation.subscriber")
_SINCE: Final = Text("schema.words.explanation.since")
_LAMP: Final = Text("schema.words.explanation.lamp")
_CALL: Final = Text("schema.words.explanation.call")
_CALL_ANY: Final = Text("schema.words.explanation.call_any")
_CALL_NUMBER: Final = Text("schema.words.explanation.call_number")
_CALL_CIRCUIT: Final = Text("schema.words.explanation.call_circuit")
_SUPPORT: Final = Text("schema.words.explanation.support")
_SUPPORT_HOTLINE: Final = Text("schema.words.explanation.support_hotline")


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """
    The information about one light that a person needs.

    ``headline`` fits in the subject of a message; ``situation`` and ``steps`` (what to do, in
    order) are whole sentences. ``party`` is who must act, ``None`` if nobody must.
    """

    headline: str
    situation: str
    steps: tuple[Step, ...]
    party: Party | None

    @property
    def advice(self) -> str:
        """What to do as running text."""
        return joined(self.steps)


def explain(
    light: SubjectView, language: Language, *, now_s: float | None = None, support_hotline: str = ""
) -> Explanation:
    """
    Explain the fault of a link or a service, and what to do.

    With ``now_s`` (Unix seconds) times of today are shown without their date. ``support_hotline``
    is the number to call when nothing else helps.
    """
    sentence = _sentence(light)
    places = _placeholders(light, language, now_s, support_hotline)
    return Explanation(
        headline=sentence.headline.read(language, **places),
        situation=sentence.situation.read(language, **places),
        steps=_steps(sentence, language, places),
        party=party_of(light),
    )


def _steps(sentence: Sentence, language: Language, places: dict[str, str]) -> tuple[Step, ...]:
    """Return the lines of an advice; lines that are empty for this light are left out."""
    lines = sentence.advice.read(language, **places).split("\n")
    return tuple(
        Step(text=line, picture=picture)
        for line, picture in zip_longest(lines, sentence.pictures)
        if line
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


def party_of(light: SubjectView) -> Party | None:
    """Return who must act on the fault of a light, ``None`` if nobody must."""
    if light.symptom is Symptom.AGENT_SILENT:
        return Party.COMMUNE
    if light.state in {State.UP, State.UNKNOWN} and light.segment is None:
        return None
    return party_for(light.segment)


def _placeholders(
    light: SubjectView, language: Language, now_s: float | None, support_hotline: str
) -> dict[str, str]:
    """Return the values of the placeholders of a sentence (``sentence.PLACEHOLDERS``)."""
    line = subject_phrase(light, language)
    box = medium_words(light.medium).box.read(language)
    carrier_name = light.carrier or _THE_CARRIER.read(language)
    circuit = _circuit(light, language)
    call = _call(light, circuit, language)
    lamp = _LAMP.read(language) if light.medium == "fiber" else ""
    return {
        "line": line,
        "Line": capitalised(line),
        "circuit": f" ({circuit})" if circuit else "",
        "since": _since(light.since_s, now_s, language),
        "box": box,
        "Box": capitalised(box),
        "carrier": carrier_name,
        "Carrier": capitalised(carrier_name),
        "lamp": lamp,
        "call": call,
        "Call": capitalised(call),
        "support": support_words(support_hotline, language),
        "service": line,
        "Service": capitalised(line),
    }


def _circuit(light: SubjectView, language: Language) -> str:
    """Return the id of a link with its term: circuit, or subscriber for a radio link."""
    if not light.circuit:
        return ""
    text = _SUBSCRIBER if light.medium in MOBILE else _CIRCUIT
    return text.read(language, circuit=light.circuit)


def _since(since_s: float | None, now_s: float | None, language: Language) -> str:
    if since_s is None:
        return ""
    return f" {_SINCE.read(language, moment=relative_moment(since_s, now_s, language))}"


def _call(light: SubjectView, circuit: str, language: Language) -> str:
    hotline = light.carrier_hotline
    return _CALL.read(
        language,
        carrier=light.carrier or _CALL_ANY,
        number=_CALL_NUMBER.read(language, hotline=hotline) if hotline else "",
        circuit=_CALL_CIRCUIT.read(language, circuit=circuit) if circuit else "",
    )


def support_words(hotline: str, language: Language) -> str:
    """Return whom to inform when nothing else helps."""
    return _SUPPORT_HOTLINE.read(language, hotline=hotline) if hotline else _SUPPORT.read(language)
