"""
A sentence in English, as in logs, that can also be shown in another language.

Errors in a file are found in layers far below the catalogues of messages, and are logged in
English. So the sentence carries its template and values. ``words.language`` reads it in any
language, by the English template, as gettext does.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, Self, runtime_checkable

_LOGGED = "en"


@runtime_checkable
class Readable(Protocol):
    """A text that can be read in any language, such as a message of a catalogue."""

    def read(self, language: str, /) -> str:
        """Return the text in a language."""
        ...


class Localizable(str):
    """
    The sentence in English; ``template`` has placeholders in braces, filled by ``values``.

    A value may be such a sentence itself, or a ``Readable``.
    """

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Return the sentence of a template and its values."""
        english = {
            name: value.read(_LOGGED) if isinstance(value, Readable) else value
            for name, value in values.items()
        }
        sentence = super().__new__(cls, template.format_map(english))
        sentence.template = template
        sentence.values = MappingProxyType(values)
        return sentence


def sentence_of(error: Exception) -> str:
    """Return the text of an error; its ``str`` could not be read in other languages."""
    first = error.args[0] if error.args else ""
    if isinstance(first, Readable):
        return Localizable("{sentence}", sentence=first)
    return first if isinstance(first, Localizable) else str(error)
