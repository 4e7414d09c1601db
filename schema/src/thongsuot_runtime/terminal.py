"""
The language of a command: the one set by the person at the terminal, as for other programs.

It is the first of ``LANGUAGE``, ``LC_ALL``, ``LC_MESSAGES`` and ``LANG`` that is set, read as by
GNU gettext and Python's; English for the language C and for each without a catalogue.
"""

import gettext
import os
from collections.abc import Mapping
from pathlib import Path

import thongsuot_schema
from thongsuot_schema.errors import DocumentError
from thongsuot_schema.words.language import Language, Text, in_language
from thongsuot_schema.words.translations import ENGLISH, languages

_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_ARGPARSE = "argparse"


def terminal_language(environment: Mapping[str, str] = os.environ) -> Language:
    """Return the language of the person at the terminal."""
    asked = next(filter(None, (environment.get(name) for name in _VARIABLES)), "")
    codes = (locale.partition(".")[0].partition("@")[0] for locale in asked.split(":"))
    for code in codes:
        if code in {"C", "POSIX"}:
            break
        for known in (code, code.partition("_")[0]):
            if known in languages():
                return known
    return ENGLISH


def localized(text: Text) -> str:
    """Return a text in the language of the person at the terminal."""
    return text.read(terminal_language())


def localized_sentence(sentence: str) -> str:
    """Return a sentence about an error in a file, in the language of the terminal."""
    return in_language(sentence, terminal_language())


def localized_mistake(mistake: DocumentError) -> str:
    """Return an error in a file with its place, in the language of the terminal."""
    where = f"{mistake.file}:{mistake.line}" if mistake.line else mistake.file
    return f"{where}: {localized_sentence(mistake.message)}"


def localize_argparse() -> None:
    """Make argparse read its own texts ("usage:", "required") from our catalogues."""
    # argparse asks the standard library's gettext for the current domain, by its English texts;
    # it finds the language as above. Without a file (in a zipped package) it stays in English.
    folder = Path(thongsuot_schema.__file__).with_name("locales")
    gettext.bindtextdomain(_ARGPARSE, str(folder))
    gettext.textdomain(_ARGPARSE)
