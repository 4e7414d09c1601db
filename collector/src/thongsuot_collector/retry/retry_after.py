"""What a receiver asks for in ``Retry-After``."""

from email.utils import parsedate_to_datetime

_RETRY_AFTER_LIMIT_S = 600.0
"""A receiver that asks for more than this is asked again earlier."""


def retry_after_s(header: str, *, now_s: float) -> float:
    """
    Return the wait a ``Retry-After`` header asks for, 0 where it cannot be read.

    Source: RFC 9110, 10.2.3: seconds, or a date.
    """
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _RETRY_AFTER_LIMIT_S)
    try:
        at_s = parsedate_to_datetime(text).timestamp()
    except ValueError:
        return 0.0
    return min(max(0.0, at_s - now_s), _RETRY_AFTER_LIMIT_S)
