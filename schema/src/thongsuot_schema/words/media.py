"""Words for the media of links and for the boxes at their end."""

from typing import Final

import msgspec

from thongsuot_schema.words.language import Language, Text

MOBILE: Final[frozenset[str]] = frozenset({"5g", "4g"})
"""Media over the air: no cable to check, and where there is a wired link too, its backup."""


class MediumWords(msgspec.Struct, frozen=True, kw_only=True):
    """What a link of one medium, and the box at its end, are called in running text."""

    line: Text
    box: Text
    short: Text


_UNKNOWN = MediumWords(
    line=Text("đường truyền", "line"),
    box=Text("thiết bị mạng tại điểm", "the network box at the point"),
    short=Text("đường truyền", "line"),
)

MEDIA: Final[dict[str, MediumWords]] = {
    "fiber": MediumWords(
        line=Text("đường cáp quang", "fibre line"),
        box=Text("modem quang", "the fibre modem"),
        short=Text("cáp quang", "fibre"),
    ),
    "cable": MediumWords(
        line=Text("đường cáp đồng trục", "cable line"),
        box=Text("modem cáp", "the cable modem"),
        short=Text("cáp đồng trục", "cable"),
    ),
    "dsl": MediumWords(
        line=Text("đường DSL", "DSL line"),
        box=Text("modem DSL", "the DSL modem"),
        short=Text("DSL", "DSL"),
    ),
    "5g": MediumWords(
        line=Text("kết nối 5G", "5G link"),
        box=Text("bộ phát 5G (modem 5G)", "the 5G modem"),
        short=Text("5G", "5G"),
    ),
    "4g": MediumWords(
        line=Text("kết nối 4G", "4G link"),
        box=Text("bộ phát 4G (modem 4G)", "the 4G modem"),
        short=Text("4G", "4G"),
    ),
    "leased": MediumWords(
        line=Text("mạng truyền số liệu chuyên dùng", "government-network line"),
        box=Text(
            "thiết bị đầu cuối của mạng chuyên dùng", "the terminal of the government network"
        ),
        short=Text("mạng chuyên dùng", "government network"),
    ),
    "ethernet": MediumWords(
        line=Text("đường mạng có dây", "wired line"),
        box=Text("bộ định tuyến (router)", "the router"),
        short=Text("mạng có dây", "wired line"),
    ),
}
"""By the value of ``inventory.model.Medium``."""


def medium_words(medium: str) -> MediumWords:
    """Return the words for a medium; general ones for a medium not known here."""
    return MEDIA.get(medium, _UNKNOWN)


def line_phrase(medium: str, carrier: str, language: Language) -> str:
    """Return what a link is called in the middle of a sentence: "đường cáp quang VNPT"."""
    line = medium_words(medium).line.read(language)
    if language == "vi":
        return f"{line} {carrier}" if carrier else line
    return f"the {carrier} {line}" if carrier else f"the {line}"
