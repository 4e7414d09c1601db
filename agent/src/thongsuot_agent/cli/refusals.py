"""What a person at a terminal is told when a command cannot be carried out, in their language."""

import sys

from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text


def print_refusal(refusal: Exception | Text) -> None:
    """Say in one sentence why a command was not carried out."""
    sentence = _sentence_of(refusal)
    text = sentence if isinstance(sentence, str) else localized(sentence)
    sys.stderr.write(f"{text}\n")


def _sentence_of(refusal: Exception | Text) -> str | Text:
    if isinstance(refusal, Text):
        return refusal
    cause = refusal.__cause__
    if isinstance(refusal, ConfigInvalid) and isinstance(cause, FileNotFoundError):
        return Text("agent.cli.error.no_file", path=str(cause.filename))
    if isinstance(refusal, ConfigInvalid) and isinstance(cause, PermissionError):
        return Text("agent.cli.error.may_not_read", path=str(cause.filename))
    return str(refusal)
