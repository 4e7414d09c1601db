"""
Language: texts by the name of their message, read in the language that a person selects.

The words are in catalogues (``translations``) and not in code: a text names its message and has the
values of its placeholders.
"""

from collections.abc import Callable, Mapping

import msgspec

from thongsuot_schema.localizable import Localizable, Readable
from thongsuot_schema.words.translations import REFERENCE, languages, translations

Language = str
"""The code of a language that has catalogues (``translations.languages()``): ``vi``, ``en``."""

Value = str | int | Readable
"""Values of a message's placeholders; a readable value is read in the message's language."""


class Text:
    """
    One message of a catalogue, with the values of its placeholders.

    ``message`` is ``<room>.<domain>.<name>``: ``schema.words.states.link.up`` is the message
    ``states.link.up`` of ``locales/words.pot`` in the room ``schema``. It is written out wherever a
    text is made, so that a test can hold code and catalogues against each other.
    """

    __slots__ = ("_domain", "_name", "_room", "_values")

    def __init__(self, message: str, /, **values: Value) -> None:
        self._room, self._domain, self._name = message.split(".", 2)
        self._values = values

    def read(self, language: Language, /, **more: Value) -> str:
        """
        Return the text in a language, Unicode NFC.

        ``more`` fills placeholders like ``values``. Without either a message is returned unchanged,
        with its placeholders in braces; a missing value raises ``KeyError``.
        """
        text = translations(self._room, self._domain, language).gettext(self._name)
        if not (self._values or more):
            return text
        return _filled(text, self._values | more if more else self._values, language)


class CountedText:
    """One message of a catalogue with plural forms: "1 hour", "2 hours"."""

    __slots__ = ("_domain", "_name", "_room")

    def __init__(self, message: str, /) -> None:
        self._room, self._domain, self._name = message.split(".", 2)

    def read(self, language: Language, count: int, /, **values: Value) -> str:
        """Return the text in a language in the form that ``count`` takes, its place ``{count}``."""
        catalogue = translations(self._room, self._domain, language)
        text = catalogue.ngettext(self._name, self._name, count)
        return _filled(text, {**values, "count": count}, language)


class Verbatim(msgspec.Struct, frozen=True):
    """A name or a number, which is the same in every language."""

    text: str

    def read(self, _language: Language, /) -> str:
        """Return the text."""
        return self.text


class Formatted(msgspec.Struct, frozen=True):
    """A figure or a list, formatted for each language by a function."""

    write: Callable[[Language], str]

    def read(self, language: Language, /) -> str:
        """Return the text in a language."""
        return self.write(language)


def _filled(text: str, values: Mapping[str, Value], language: Language) -> str:
    return text.format_map({name: _value(value, language) for name, value in values.items()})


def _value(value: Value, language: Language) -> str | int:
    if isinstance(value, str):
        return in_language(value, language)
    return value if isinstance(value, int) else value.read(language)


def in_language(sentence: str, language: Language) -> str:
    """
    Return a sentence about an error in a file (catalogue ``mistakes``) in a language; in English if
    it cannot be translated.
    """
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


def language_from(code: str | None) -> Language:
    """Return the language with a code; the reference language if there is none."""
    return code if code in languages() else REFERENCE


def other_languages(language: Language) -> list[Language]:
    """Return the languages that a page can be switched to."""
    return [other for other in languages() if other != language]


def in_every_language(text: Text) -> str:
    """Return a text in all languages, in turn: for readers whose language is unknown."""
    return " ".join(text.read(language) for language in languages())


def capitalised(text: str) -> str:
    """Return a text with its first letter in upper case, and the rest unchanged."""
    return text[:1].upper() + text[1:]


def join_list(parts: list[str], language: Language) -> str:
    """Return parts as a list in running text: "a, b và c"."""
    if len(parts) < 2:
        return "".join(parts)
    listed = Text("schema.words.list.joined", head=", ".join(parts[:-1]), last=parts[-1])
    return listed.read(language)
