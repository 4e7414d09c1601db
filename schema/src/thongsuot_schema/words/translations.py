"""
Translations: the message catalogues of a room, compiled from its ``locales/``.

The reference (Vietnamese) is in ``locales/<domain>.pot``, each other language in
``locales/<language>/<domain>.po``; ``./run catalogues`` compiles both to
``locales/<language>/<domain>.mo``, where a message is found by its name. A language exists when it
is listed in ``locales/languages.txt``, which is written by the same command.
"""

from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pkgutil import get_data
from typing import Final

REFERENCE: Final = "vi"
"""The language of the reference: missing texts of other languages are read in it."""

ENGLISH: Final = "en"
"""The language of logs, and of a terminal whose language has no catalogue."""


@cache
def languages() -> tuple[str, ...]:
    """Return the languages of pages, the reference first."""
    listed = _package_data("schema", "languages.txt")
    return tuple(listed.decode().split())


@cache
def translations(room: str, domain: str, language: str) -> GNUTranslations:
    """
    Return one catalogue of a room (``schema``), loaded at its first use and kept.

    A language that has no such catalogue, or lacks a message of it, is served from the reference;
    a language that does not exist raises ``LookupError``.
    """
    if language not in languages():
        raise LookupError(f"no language {language!r}; there are {', '.join(languages())}")
    try:
        compiled = _package_data(room, f"{language}/{domain}.mo")
    except FileNotFoundError:
        if language == REFERENCE:
            raise
        return translations(room, domain, REFERENCE)
    catalogue = GNUTranslations(BytesIO(compiled))
    if language != REFERENCE:
        catalogue.add_fallback(translations(room, domain, REFERENCE))
    return catalogue


def _package_data(room: str, name: str) -> bytes:
    """Return a file of a room's ``locales``; the one place where the pure core reads them."""
    data = get_data(f"thongsuot_{room}", f"locales/{name}")
    if data is None:
        raise FileNotFoundError(f"thongsuot_{room} was loaded in a way that cannot read {name}")
    return data
