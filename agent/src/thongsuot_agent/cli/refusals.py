"""
Messages for commands that cannot be carried out: a sentence in the terminal's language.

With ``--json`` standard output has an ``ErrorReport`` as well, in the place of the result.
"""

import errno
import socket
import sys
from collections.abc import Mapping

import msgspec

from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.worker import WorkerFailed
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_runtime.file_errors import describe
from thongsuot_runtime.refusal import error_report
from thongsuot_runtime.terminal import localized, localized_mistake, localized_sentence
from thongsuot_schema.localizable import Localizable, Readable, sentence_of
from thongsuot_schema.reason import Reason
from thongsuot_schema.words.codes import Code, cause_code
from thongsuot_schema.words.language import Formatted, Text, in_language
from thongsuot_schema.words.reasons import REASONS

_CAUSES: Mapping[int, Readable] = {
    errno.ECONNREFUSED: REASONS[Reason.CONNECTION_REFUSED],
    errno.ECONNRESET: REASONS[Reason.CONNECTION_RESET],
    errno.ETIMEDOUT: REASONS[Reason.TIMED_OUT],
    errno.EHOSTUNREACH: REASONS[Reason.HOST_UNREACHABLE],
    errno.ENETUNREACH: REASONS[Reason.NETWORK_UNREACHABLE],
}
"""What the system says of connections, for readers of other languages than English."""


def refuse(refusal: Exception | Text, code: int, *, is_json: bool = False) -> int:
    """Say in one sentence why a command was not carried out; return the exit code."""
    sentence = _sentence_of(refusal)
    text = sentence if isinstance(sentence, str) else localized(sentence)
    sys.stderr.write(f"{text}\n")
    if is_json:
        mistakes = refusal.mistakes if isinstance(refusal, ConfigInvalid) else ()
        print_json(error_report(text, code, mistakes))
    return code


def cause_of(error: Exception) -> Readable:
    """
    Return why a file cannot be read, or nobody answers, as part of a sentence: in English as the
    system says it.
    """
    said = describe(error)
    if isinstance(error, socket.gaierror) or isinstance(error.__cause__, socket.gaierror):
        return Code(said, Text("agent.cli.cause.no_address"))
    if isinstance(error, LinkUnusable):
        return cause_code(error.reason, error.detail)
    if isinstance(error, WorkerFailed):
        return Code(said, Text("agent.cli.cause.worker", said=said))
    sentence = said if isinstance(error, OSError) else sentence_of(error)
    words: Readable = Formatted(lambda language: in_language(sentence, language))
    if isinstance(error, OSError):
        code = errno.ETIMEDOUT if isinstance(error, TimeoutError) else error.errno
        words = _CAUSES.get(code or 0, words)
    return Code(said, words)


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
