"""
The terminal of a command: the language of the person at it, and text from others that it prints.

The language is the first of ``LANGUAGE``, ``LC_ALL``, ``LC_MESSAGES`` and ``LANG`` that is set,
read as by GNU gettext and Python's; English for the language C and for each without a catalogue.
"""

import gettext
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TextIO, cast

import thongsuot_schema
from thongsuot_schema.errors import DocumentError
from thongsuot_schema.words.language import Language, Text, in_language
from thongsuot_schema.words.translations import ENGLISH, languages

_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_ARGPARSE = "argparse"

_NOT_ASCII_TEXT = re.compile(r"[^\n\t -~\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
"""Of what is not ASCII only spaces are left out: they are text, although Python prints none."""


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


def escape_controls(text: str) -> str:
    """
    Return a text without characters that control a terminal or turn the direction of writing.

    They are written as JSON escapes them: a JSON document keeps its meaning. Line feeds and tabs
    stay.
    """
    return _NOT_ASCII_TEXT.sub(_escaped_run, text)


def _escaped_run(run: re.Match[str]) -> str:
    return "".join(map(_escaped, run[0]))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


class _EscapingStream:
    """A stream of text that escapes what is written to it; everything else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        self._stream.write(escape_controls(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)


@contextmanager
def escaped_output() -> Iterator[None]:
    """
    Escape everything that is printed meanwhile, see ``escape_controls``.

    A command prints texts of devices, servers and callers, and whoever is at the terminal may have
    more rights than they. Bytes (``sys.stdout.buffer``) are written unchanged.
    """
    out, err = (cast("TextIO", _EscapingStream(stream)) for stream in (sys.stdout, sys.stderr))
    with redirect_stdout(out), redirect_stderr(err):
        yield
