"""Codes of closed lists, in tables of the command line: the code in English, else its words."""

from typing import Final

import msgspec

from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.localizable import Readable
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.explanation import SYMPTOM_SENTENCES
from thongsuot_schema.words.language import Formatted, Language, Text, Verbatim, capitalised
from thongsuot_schema.words.media import MEDIA
from thongsuot_schema.words.reasons import REASONS
from thongsuot_schema.words.requested_tests import OUTCOMES
from thongsuot_schema.words.states import LINK_STATES, PARTIES, SEGMENTS
from thongsuot_schema.words.translations import ENGLISH

_LINE: Final = Text("schema.words.media.unknown.line")
_CARRIER: Final = Text("schema.words.explanation.the_carrier")
_VAGUE: Final = frozenset({Reason.FAILED_OTHERWISE, Reason.UNMEASURED_OTHERWISE})
_FAMILIES: Final = {Family.IP4: "IPv4", Family.IP6: "IPv6"}


class Code(msgspec.Struct, frozen=True):
    """A code, which is an English word, and its words for readers of other languages."""

    code: str
    words: Readable

    def read(self, language: Language, /) -> str:
        """Return the code in English, otherwise its words, as in the middle of a sentence."""
        return self.code if language == ENGLISH else _uncapitalised(self.words.read(language))


def reason_code(reason: Reason) -> Code:
    """Return why a run failed or could not be made."""
    return Code(reason.value, REASONS[reason])


def cause_code(reason: Reason, detail: str) -> Code:
    """
    Return a reason; in English by its ``detail``, which a program or the system worded, if any.

    A reason that says nothing keeps the detail in every language.
    """

    def write(language: Language) -> str:
        words = REASONS[reason].read(language)
        return f"{words} ({detail})" if detail and reason in _VAGUE else words

    return Code(detail or reason.value, Formatted(write))


def outcome_code(outcome: Outcome) -> Code:
    """Return how a run ended."""
    return Code(outcome.value, OUTCOMES[outcome])


def state_code(state: State) -> Code:
    """Return the state of a link or a service."""
    return Code(state.value, LINK_STATES[state])


def segment_code(segment: Segment) -> Code:
    """Return where a fault is."""
    return Code(segment.value, SEGMENTS[segment])


def party_code(party: Party) -> Code:
    """Return who must act."""
    return Code(party.value, PARTIES[party])


def medium_code(medium: str) -> Code:
    """Return what a link runs over; an unknown medium by its own name."""
    return Code(medium, MEDIA[medium].short if medium in set(Medium) else Verbatim(medium))


def family_code(family: Family) -> Code:
    """Return an address family."""
    return Code(family.value, Verbatim(_FAMILIES.get(family, "")))


def symptom_code(symptom: Symptom, service: str) -> Code:
    """Return a symptom: the headline of its sentence, for any line, or for this service."""

    def write(language: Language) -> str:
        sentence = SYMPTOM_SENTENCES.get(symptom)
        if sentence is None:
            return symptom.value
        names = {"line": _LINE.read(language), "carrier": _CARRIER.read(language)}
        names["service"] = service
        begun = {capitalised(name): capitalised(value) for name, value in names.items()}
        return sentence.headline.read(language, **names, **begun)

    return Code(symptom.value, Formatted(write))


def _uncapitalised(text: str) -> str:
    # "IPv4" and "SIM" stay as they are.
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
