"""
Shared by all clients of other systems: trusted certificates (TLS), the answers of receivers (JSON,
``Retry-After``), and secrets, read from files and kept out of logs and pages.
"""

import base64
import ssl
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, quote_plus, unquote

import msgspec

from thongsuot_runtime.file_errors import describe

_RETRY_AFTER_LIMIT_S = 600.0
"""A longer wait requested by a receiver is reduced to this."""

T = TypeVar("T")


class AnswerUnreadable(ValueError):
    """The JSON of another system is not what was asked for; the text says why."""


def decode_answer(body: bytes, type_: type[T]) -> T:
    """
    Return the JSON of another system as a value of a type.

    Raises:
        AnswerUnreadable: it is none, also because it is not UTF-8 or nested thousands of levels
            deep, for which msgspec has no error of its own.
    """
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise AnswerUnreadable(str(error)) from error
    except RecursionError as error:
        raise AnswerUnreadable("it is nested too deeply") from error


def retry_after_s(header: str, *, now_s: float) -> float:
    """
    Return the wait in a ``Retry-After`` header, 0 if it cannot be read.

    Source: RFC 9110, 10.2.3: seconds, or a date.
    """
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _RETRY_AFTER_LIMIT_S)
    try:
        at_s = parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):  # the latter by a year or a zone of twenty digits
        return 0.0
    return min(max(0.0, at_s - now_s), _RETRY_AFTER_LIMIT_S)


def client_context(ca_file: str = "") -> ssl.SSLContext:
    """
    Return a context that checks certificates against a file of authorities; empty: the system's.

    TLS versions deprecated by RFC 8996 are disabled, even if the system's OpenSSL allows them.

    Raises:
        OSError: the file cannot be read, or contains no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        # Its own error does not name the file.
        raise OSError(f"{ca_file or 'authorities of the system'}: {describe(error)}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


_HIDDEN = "***"
_SHORTEST = 4
"""A shorter text occurs everywhere: hiding it would hide nothing and spoil every message."""


def read_secret(file: str) -> str:
    """
    Return the secret in a file, without surrounding white space.

    Raises:
        OSError: it cannot be read.
        ValueError: it is empty, or not text.
    """
    try:
        text = Path(file).read_text("utf-8").strip()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} holds no text") from error
    if not text:
        raise ValueError(f"{file} is empty")
    return text


class Scrubber:
    """Hides some secrets in texts, also in their forms inside a URL or in Base64."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms: set[str] = set()
        for secret in secrets:
            forms |= {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
            forms |= {unquote(secret), base64.b64encode(secret.encode()).decode().rstrip("=")}
        # The longest first: a part of a secret must not break up the whole.
        self._forms = sorted(
            (form for form in forms if len(form) >= _SHORTEST), key=len, reverse=True
        )

    def scrub(self, text: str) -> str:
        """Return a text without the secrets."""
        for form in self._forms:
            text = text.replace(form, _HIDDEN)
        return text
