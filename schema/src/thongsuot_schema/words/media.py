"""Words for the media of links and for the boxes at their end."""

from typing import Final

import msgspec

from thongsuot_schema.words.language import Language, Text, capitalised

MOBILE: Final[frozenset[str]] = frozenset({"5g", "4g"})
"""Radio media: no cable to check; beside a wired link they are its backup."""


class MediumWords(msgspec.Struct, frozen=True, kw_only=True):
    """The names of a link of one medium, and of the box at its end, in running text."""

    line: Text
    box: Text
    short: Text


_UNKNOWN = MediumWords(
    line=Text("schema.words.media.unknown.line"),
    box=Text("schema.words.media.unknown.box"),
    short=Text("schema.words.media.unknown.short"),
)

MEDIA: Final[dict[str, MediumWords]] = {
    "fiber": MediumWords(
        line=Text("schema.words.media.fiber.line"),
        box=Text("schema.words.media.fiber.box"),
        short=Text("schema.words.media.fiber.short"),
    ),
    "cable": MediumWords(
        line=Text("schema.words.media.cable.line"),
        box=Text("schema.words.media.cable.box"),
        short=Text("schema.words.media.cable.short"),
    ),
    "dsl": MediumWords(
        line=Text("schema.words.media.dsl.line"),
        box=Text("schema.words.media.dsl.box"),
        short=Text("schema.words.media.dsl.short"),
    ),
    "5g": MediumWords(
        line=Text("schema.words.media.5g.line"),
        box=Text("schema.words.media.5g.box"),
        short=Text("schema.words.media.5g.short"),
    ),
    "4g": MediumWords(
        line=Text("schema.words.media.4g.line"),
        box=Text("schema.words.media.4g.box"),
        short=Text("schema.words.media.4g.short"),
    ),
    "leased": MediumWords(
        line=Text("schema.words.media.leased.line"),
        box=Text("schema.words.media.leased.box"),
        short=Text("schema.words.media.leased.short"),
    ),
    "ethernet": MediumWords(
        line=Text("schema.words.media.ethernet.line"),
        box=Text("schema.words.media.ethernet.box"),
        short=Text("schema.words.media.ethernet.short"),
    ),
}
"""By the value of ``inventory.fields.Medium``."""


def medium_words(medium: str) -> MediumWords:
    """Return the words for a medium; general ones for an unknown medium."""
    return MEDIA.get(medium, _UNKNOWN)


_LINE_OF_CARRIER: Final = Text("schema.words.media.line_of_carrier")
_LINE_ALONE: Final = Text("schema.words.media.line_alone")
_TITLE_OF_CARRIER: Final = Text("schema.words.media.title_of_carrier")


def line_phrase(medium: str, carrier: str, language: Language) -> str:
    """Return the name of a link in the middle of a sentence: "đường cáp quang VNPT"."""
    line = medium_words(medium).line
    if carrier:
        return _LINE_OF_CARRIER.read(language, line=line, carrier=carrier)
    return _LINE_ALONE.read(language, line=line)


def line_title(medium: str, carrier: str, language: Language) -> str:
    """Return the name of a link as a title: "Đường cáp quang VNPT"."""
    line = medium_words(medium).line
    if carrier:
        return capitalised(_TITLE_OF_CARRIER.read(language, line=line, carrier=carrier))
    return capitalised(line.read(language))
