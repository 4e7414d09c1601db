"""Errors in files, in the language of their reader: by the catalogue ``mistakes``."""

from thongsuot_schema.localizable import Localizable, Readable
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.translations import translations


def in_language(sentence: str, language: Language) -> str:
    """Return a sentence in a language; in English if it cannot be translated."""
    if not isinstance(sentence, Localizable):
        return sentence
    template = translations("schema", "mistakes", language).gettext(sentence.template)
    return template.format_map(
        {name: _read(value, language) for name, value in sentence.values.items()}
    )


def _read(value: object, language: Language) -> object:
    if isinstance(value, Readable):
        return value.read(language)
    return in_language(value, language) if isinstance(value, str) else value
