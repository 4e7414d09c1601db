"""
A program's configuration file: read once, and refused with all errors in it.

Errors in a single value (unknown keys, ranges, types) are handled by ``thongsuot_schema.document``;
contradictions between values are checked by each program, which yields them as ``Mistake``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path as File
from typing import TypeVar

from thongsuot_runtime.file_errors import describe
from thongsuot_schema import document
from thongsuot_schema.errors import DocumentError
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.toml_lines import Path

T = TypeVar("T")

Mistake = tuple[Path, str]
"""The place of an error, and a sentence with the problem and the remedy."""


class ConfigInvalid(Exception):
    """
    The configuration is wrong; nothing was started.

    ``mistakes`` are all errors that were found; the text has one line per error, as ``file:line:
    what is wrong; what to do``.
    """

    def __init__(self, mistakes: Sequence[DocumentError]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in mistakes))


@dataclass(frozen=True, slots=True)
class ConfigText:
    """The text of a configuration, and the file's name for messages."""

    text: str
    file: str

    def decode(self, type_: type[T]) -> T:
        """
        Return the document as a value of a type.

        Raises:
            ConfigInvalid: it is not TOML, or not a document of that type.
        """
        try:
            return document.decode(self.text, type_, file=self.file)
        except DocumentError as error:
            raise ConfigInvalid([error]) from error

    def convert(self, value: object, type_: type[T], path: Path) -> T:
        """
        Return one part of the document, whose type is known only later, as a value of that type.

        Raises:
            DocumentError: it is not of that type.
        """
        return document.convert(value, type_, text=self.text, file=self.file, path=path)

    def error_at(self, path: Path, sentence: str) -> DocumentError:
        """Return an error with its line number."""
        return document.error_at(self.text, path, sentence, file=self.file)


def read_text(path: File) -> str:
    """
    Return the content of a configuration file.

    Raises:
        ConfigInvalid: it does not exist, cannot be read, or is not text.
    """
    try:
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise ConfigInvalid(
            [DocumentError(str(path), 0, Localizable("there is no such file"))]
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(
            [DocumentError(str(path), 0, Localizable("cannot be read: {why}", why=describe(error)))]
        ) from error


def raise_mistakes(mistakes: Iterable[DocumentError]) -> None:
    """
    Refuse a configuration that has errors.

    Raises:
        ConfigInvalid: it has every error, in the order of files and lines.
    """
    ordered = sorted(mistakes, key=lambda mistake: (mistake.file, mistake.line))
    if ordered:
        raise ConfigInvalid(ordered)
