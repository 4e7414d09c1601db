"""
TOML documents to typed values; mistakes are named with file, line and the nearest valid word.

``decode`` reads a whole document, ``convert`` a part of one whose type is known only later (the
settings of a probe). For contradictions that no type can see, callers raise ``error_at``.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from thongsuot_schema.errors import DocumentError
from thongsuot_schema.localizable import Localizable, sentence_of
from thongsuot_schema.toml_lines import Path, lines_of
from thongsuot_schema.toml_mistake import explain, unknown_key

T = TypeVar("T")

_AT = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")


def decode(text: str, type: type[T], *, file: str) -> T:  # noqa: A002 - the word callers expect
    """
    Return a TOML document as a value of a type.

    ``file`` is only a name for messages. Unknown keys are refused where the type forbids them, and
    always in dataclasses.

    Raises:
        DocumentError: the text is not TOML, or not a document of that type. Its text is for people.
    """
    text = text.removeprefix("\ufeff")
    return convert(_parse_toml(text, file), type, text=text, file=file)


def convert(value: object, type: type[T], *, text: str, file: str, path: Path = ()) -> T:  # noqa: A002
    """
    Return the part of a parsed document at ``path`` as a value of a type.

    Raises:
        DocumentError: as in ``decode``; lines are those of the whole ``text``.
    """
    mistake = find_mistake(value, type, path)
    if mistake is not None:
        raise error_at(text, *mistake, file=file)
    return msgspec.convert(value, type)


def find_mistake(value: object, type: type[object], path: Path = ()) -> tuple[Path, str] | None:  # noqa: A002
    """Return where a value is not of a type, and the sentence about it; ``None``: it is."""
    try:
        unknown = unknown_key(value, type, path)
        if unknown is not None:
            return unknown
        msgspec.convert(value, type)
    except msgspec.ValidationError as error:
        own = error.__cause__  # what a type's own check raised; msgspec keeps its text alone
        said = sentence_of(own) if isinstance(own, ValueError) else ""
        return explain(str(error), value, type, path, said=said)
    except RecursionError:
        return (), Localizable("nested too deeply to be read")
    return None


def locate(text: str, path: Path) -> int:
    """
    Return the line (1-based) of a path in a valid document.

    A path that does not exist takes the line of the nearest table around it; 0 for the root.
    """
    return nearest_line(lines_of(text), path)


def nearest_line(lines: Mapping[Path, int], path: Path) -> int:
    """Return the same from the lines of a document: to ask for many places, read it once."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 0


def error_at(text: str, path: Path, message: str, *, file: str) -> DocumentError:
    """Return (to be raised) an error about the value at a path of a valid document."""
    return DocumentError(file, locate(text, path), message)


def _parse_toml(text: str, file: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise DocumentError(file, 0, Localizable("nested too deeply to be read")) from error
    except ValueError as error:  # TOMLDecodeError, or an integer of thousands of digits
        message = str(error).partition(";")[0]
        match = _AT.search(message)
        if match is None:
            raise DocumentError(
                file, 0, Localizable("not TOML: {message}", message=message)
            ) from error
        line = int(match["line"] or text.count("\n") + 1)
        raise DocumentError(
            file, line, Localizable("not TOML: {message}", message=message[: match.start()])
        ) from error
