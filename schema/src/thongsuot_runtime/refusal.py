"""
A refused command, for programs: the standard output with ``--json`` in place of a result.

The sentence for people goes to the error stream either way, and the exit code is the same with and
without ``--json``.
"""

from collections.abc import Iterable

import msgspec

from thongsuot_runtime.terminal import localized_sentence
from thongsuot_schema.errors import DocumentError


class ReportedMistake(msgspec.Struct, frozen=True, kw_only=True):
    """One error in a file; ``line`` is ``None`` if it is not in a single line."""

    file: str
    line: int | None
    message: str


class CommandError(msgspec.Struct, frozen=True, kw_only=True):
    """
    Why a command was refused, in the language of the terminal; ``mistakes`` are those of files.
    """

    message: str
    exit_code: int
    mistakes: list[ReportedMistake] = []


class ErrorReport(msgspec.Struct, frozen=True, kw_only=True):
    """The output in place of a command's result if the command was refused."""

    error: CommandError


def error_report(
    message: str, exit_code: int, mistakes: Iterable[DocumentError] = ()
) -> ErrorReport:
    """Return the report of a refused command; ``message`` is the text for people."""
    return ErrorReport(
        error=CommandError(
            message=message,
            exit_code=exit_code,
            mistakes=[
                ReportedMistake(
                    file=mistake.file,
                    line=mistake.line or None,
                    message=localized_sentence(mistake.message),
                )
                for mistake in mistakes
            ],
        )
    )
