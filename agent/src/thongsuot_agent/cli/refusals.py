"""
Messages for commands that cannot be carried out: a sentence in the terminal's language.

With ``--json`` standard output has an ``ErrorReport`` as well, in the place of the result.
"""

import sys

import msgspec

from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_runtime.refusal import error_report
from thongsuot_runtime.terminal import localized, localized_mistake, localized_sentence
from thongsuot_schema.localizable import Localizable, sentence_of
from thongsuot_schema.words.language import Text


def refuse(refusal: Exception | Text, code: int, *, is_json: bool = False) -> int:
    """Say in one sentence why a command was not carried out; return the exit code."""
    sentence = _sentence_of(refusal)
    text = sentence if isinstance(sentence, str) else localized(sentence)
    sys.stderr.write(f"{text}\n")
    if is_json:
        mistakes = refusal.mistakes if isinstance(refusal, ConfigInvalid) else ()
        print_json(error_report(text, code, mistakes))
    return code


def print_json(result: object) -> None:
    """Print the result of a command, indented for people; its sentences are in English."""
    encoded = msgspec.json.encode(result, enc_hook=_plain_sentence)
    sys.stdout.write(msgspec.json.format(encoded).decode() + "\n")


def _plain_sentence(value: object) -> str:
    assert isinstance(value, Localizable), f"a result has no {type(value).__name__}"
    return str(value)


def _sentence_of(refusal: Exception | Text) -> str | Text:
    if isinstance(refusal, Text):
        return refusal
    cause = refusal.__cause__
    if isinstance(refusal, ConfigInvalid) and isinstance(cause, FileNotFoundError):
        return Text("agent.cli.error.no_file", path=str(cause.filename))
    if isinstance(refusal, ConfigInvalid) and isinstance(cause, PermissionError):
        return Text("agent.cli.error.may_not_read", path=str(cause.filename))
    if isinstance(refusal, ConfigInvalid):
        return "\n".join(localized_mistake(mistake) for mistake in refusal.mistakes)
    return localized_sentence(sentence_of(refusal))
