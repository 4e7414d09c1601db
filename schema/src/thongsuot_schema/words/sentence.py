"""Sentence: the text about one symptom, with placeholders for names."""

from enum import StrEnum
from typing import Final

import msgspec

from thongsuot_schema.words.language import Text


class StepPicture(StrEnum):
    """The subject of the picture beside a step: the part of the equipment to check or to touch."""

    CABLE = "cable"
    POWER = "power"
    PORT_LAMP = "port-lamp"
    LOS_LAMP = "los-lamp"
    FIBRE = "fibre"
    SIM = "sim"
    WINDOW = "window"
    RESTART = "restart"
    USB = "usb"
    BREAKER = "breaker"
    UPS = "ups"
    BACKUP = "backup"
    OTHER_PORT = "other-port"
    UNPLUG = "unplug"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do, in whole sentences, and the picture of the part that they mention."""

    text: str
    picture: StepPicture | None = None


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """
    The text about one symptom.

    ``headline`` names the fault in a few words, ``situation`` explains the fault and who is
    responsible in one or two sentences, ``advice`` tells a person without special knowledge what to
    do now, one step per line, with ``pictures`` for the first ones. In each text, a name of
    :data:`PLACEHOLDERS` in braces is replaced by a property of the link or service; with an
    initial capital if the name has one.
    """

    headline: Text
    situation: Text
    advice: Text
    pictures: tuple[StepPicture, ...] = ()


def joined(steps: tuple[Step, ...]) -> str:
    """Return steps as running text."""
    return " ".join(step.text for step in steps)


PLACEHOLDERS: Final[dict[str, str]] = {
    "line": "the link in running text: đường cáp quang VNPT",
    "Line": "the same at the beginning of a sentence",
    "circuit": "its circuit id in brackets, with a space before; empty when not known",
    "since": "since when, with a space before; empty when not known",
    "box": "the box at the end of the link: modem quang",
    "Box": "the same at the beginning of a sentence",
    "carrier": "the carrier's name, or the word for a carrier",
    "Carrier": "the same at the beginning of a sentence",
    "lamp": "on fibre, a sentence about the lamp that shows a cut; empty on other lines",
    "call": "call the carrier's fault desk, to the end of the sentence",
    "Call": "the same at the beginning of a sentence",
    "support": "a sentence: call the support desk",
    "service": "the service's title",
    "Service": "the same at the beginning of a sentence",
}
"""The placeholders of a sentence, and their values."""
