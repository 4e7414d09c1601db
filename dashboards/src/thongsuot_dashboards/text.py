"""Bilingual text: a title in both languages, one of which is selected at generation."""

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """The languages of the generated boards."""

    VI = "vi"
    EN = "en"


@dataclass(frozen=True, slots=True)
class BilingualText:
    """A text in Vietnamese and in English."""

    vi: str
    en: str

    def in_language(self, language: Language) -> str:
        """Return the text in one language."""
        return self.vi if language is Language.VI else self.en
