"""Log lines: text from others stays within one line of the log and cannot start a new one."""

import logging
from typing import TextIO


class OneLineFormatter(logging.Formatter):
    """
    Formats a record as a line; unprintable characters are escaped.

    A text from a device or another server may contain line feeds, and characters that change the
    writing direction. Tracebacks of the process itself are unchanged.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return the line of a record."""
        line = super().formatMessage(record)
        if line.isprintable():
            return line
        # By `repr`, not by a codec: a codec is imported at its first use, and a process that can
        # open no more files logs that by lines that have to be escaped.
        return "".join(
            character if character.isprintable() else repr(character)[1:-1] for character in line
        )


def log_to(stream: TextIO, *, level: int | str, line_format: str) -> None:
    """Log to a stream, from a level on."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLineFormatter(line_format))
    logging.basicConfig(level=level, handlers=[handler])
