"""
Short text: counts the short messages of a text, and shortens it to fit. Pure.

The default alphabet holds 160 characters in one message and 153 in each of several; anything
outside of it, as most of Vietnamese is, makes the whole text UCS-2: 70, or 67 in each of several
(3GPP TS 23.038, 6.2.1 and 6.2.3; TS 23.040, 9.2.3.24.1).
"""

import unicodedata
from enum import StrEnum
from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("^{}\\[~]|€")
"""Two septets each: an escape and the character."""

_ONE_7, _PART_7 = 160, 153
_ONE_16, _PART_16 = 70, 67

_PLAIN: Final = str.maketrans(
    {
        "đ": "d", "Đ": "D", "–": "-", "—": "-", "·": "-", "→": ">", "…": "...", "“": '"', "”": '"',
        "‘": "'", "’": "'", "\u00a0": " ", "\u202f": " ", "\t": " ",
    }
)  # fmt: skip
_CUT: Final = "..."


class Diacritics(StrEnum):
    """When Vietnamese is written without its marks."""

    KEPT = "kept"
    SAVING = "saving"
    """If that makes fewer messages, or keeps more of a text that has to be cut."""
    NEVER = "never"


def septets(text: str) -> int | None:
    """
    Return the number of septets of a text in the default alphabet; ``None`` if it is not encodable.
    """
    if not set(text) <= _BASIC | _EXTENDED:
        return None
    return len(text) + sum(character in _EXTENDED for character in text)


def count_messages(text: str) -> int:
    """Return the number of short messages of a text; no character is split."""
    count = septets(text)
    if count is not None:
        return (
            1 if count <= _ONE_7 else _parts([_width_7(character) for character in text], _PART_7)
        )
    widths = [_width_16(character) for character in text]
    return 1 if sum(widths) <= _ONE_16 else _parts(widths, _PART_16)


def without_diacritics(text: str) -> str:
    """Return a text in letters of the default alphabet; other characters are left out."""
    apart = unicodedata.normalize("NFD", text.translate(_PLAIN))
    return "".join(
        character
        for character in apart
        if not unicodedata.combining(character) and character in _BASIC | _EXTENDED
    )


def fit(text: str, *, most: int, diacritics: Diacritics) -> str:
    """Return the part of a text that fits into this many messages."""
    if diacritics is Diacritics.NEVER:
        return _cut(without_diacritics(text), most)
    marked = _cut(text, most)
    if diacritics is Diacritics.KEPT:
        return marked
    plain = _cut(without_diacritics(text), most)
    if marked != text:
        return plain
    return plain if count_messages(plain) < count_messages(marked) else marked


def _cut(text: str, most: int) -> str:
    """Return the beginning of a text that fits, cut between words if that loses little."""
    if count_messages(text) <= most:
        return text
    kept = text
    while kept and count_messages(kept + _CUT) > most:
        kept = kept[:-1]
    words = kept.rpartition(" ")[0]
    kept = words if len(words) > len(kept) - 20 else kept
    return kept.rstrip() + _CUT


def _parts(widths: list[int], room: int) -> int:
    count, used = 1, 0
    for width in widths:
        if used + width > room:
            count, used = count + 1, 0
        used += width
    return count


def _width_7(character: str) -> int:
    return 2 if character in _EXTENDED else 1


def _width_16(character: str) -> int:
    """Return the number of UTF-16 units: characters beyond the basic plane take two."""
    return 2 if ord(character) > 0xFFFF else 1
