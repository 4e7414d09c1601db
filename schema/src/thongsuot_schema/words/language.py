"""Language: the two languages of everything that people read."""

from typing import Final, Literal

import msgspec

Language = Literal["vi", "en"]
"""Vietnamese first, English one click away."""

LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")


class Text(msgspec.Struct, frozen=True):
    """One text in both languages, Unicode NFC."""

    vi: str
    en: str

    def read(self, language: Language) -> str:
        """Return the text in a language."""
        return self.vi if language == "vi" else self.en


def capitalised(text: str) -> str:
    """Return a text with its first letter in upper case and the rest as it is."""
    return text[:1].upper() + text[1:]


def join_list(parts: list[str], language: Language) -> str:
    """Return parts as a list in running text: "a, b và c"."""
    if len(parts) < 2:
        return "".join(parts)
    last_joint = " và " if language == "vi" else " and "
    return ", ".join(parts[:-1]) + last_joint + parts[-1]
