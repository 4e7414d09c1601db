"""Interprets the answer to a push of a batch. Pure."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from thongsuot_schema.batch.push import PushResponse

MAX_RETRY_AFTER_S = 3600.0
"""The limit of an accepted Retry-After."""

_DECODER = msgspec.json.Decoder(PushResponse)

_OK, _CONFLICT = 200, 409
_NOT_THE_BATCH = frozenset({401, 402, 403, 404, 405, 407, 408, 421, 425, 426, 429, 511})
"""These concern the token, the URL, the moment or a middlebox: the batch is kept."""


class PushDisposition(StrEnum):
    """What to do with the batch that was pushed."""

    DURABLE = "durable"
    """The collector has it; remove it here."""

    LAYOUT_WANTED = "layout_wanted"
    """Send the layout, then the batch again."""

    RETRY_LATER = "later"
    """Keep it and try again later."""

    CONFLICT = "conflict"
    """The collector has other bytes under this number: keep the batch under another one."""

    REJECTED = "never"
    """The batch itself is refused; set it aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostResponse:
    """
    One HTTP response, or ``status`` 0 when there was none; ``problem`` then says why, and
    ``curl_code`` and ``system_errno`` are what libcurl met (0: no request was made).
    """

    status: int
    body: bytes = b""
    retry_after: str = ""
    problem: str = ""
    curl_code: int = 0
    system_errno: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PushOutcome:
    """
    The meaning of a response.

    ``answer`` is the collector's answer, ``None`` if the response is not from the collector.
    ``wait_s`` is the requested wait; ``text`` is for the log and the status. ``is_tried`` is false
    if no link could send anything at all.
    """

    disposition: PushDisposition
    status: int
    answer: PushResponse | None = None
    wait_s: float = 0.0
    text: str = ""
    is_tried: bool = True


def interpret_response(response: PostResponse, number: int, sent_boottime_ns: int) -> PushOutcome:
    """
    Return the meaning of the response to a push of batch ``number``.

    Only a response that identifies this push is from the collector: by the boot time of the
    request, a 200 also by the number of the batch. A number alone identifies nothing: each boot
    begins at 1. Any other is from a middlebox (a captive portal, a firewall, a proxy, a cache): the
    batch is kept.
    """
    answer = _decoded_answer(response.body)
    status = response.status
    if answer is not None and not _is_collectors(answer, status, number, sent_boottime_ns):
        answer = None
    text = response.problem or (answer.error if answer is not None else "")
    if not text and status != _OK:
        text = "no word of why" if answer is not None else "what answered is not the collector"

    def outcome(disposition: PushDisposition, wait_s: float = 0.0) -> PushOutcome:
        return PushOutcome(
            disposition=disposition, status=status, answer=answer, wait_s=wait_s, text=text[:200]
        )

    if answer is None:
        if status == _OK:
            text = "what answered is not the collector"
        return outcome(PushDisposition.RETRY_LATER, _seconds(response.retry_after))
    if status == _OK:
        return outcome(PushDisposition.DURABLE)
    if status == _CONFLICT:
        # Without a requested layout: this number is already stored with other bytes.
        return outcome(
            PushDisposition.LAYOUT_WANTED if answer.unknown_layout else PushDisposition.CONFLICT
        )
    if 400 <= status < 500 and status not in _NOT_THE_BATCH:
        return outcome(PushDisposition.REJECTED)
    return outcome(PushDisposition.RETRY_LATER, _seconds(response.retry_after))


def _is_collectors(answer: PushResponse, status: int, number: int, sent_boottime_ns: int) -> bool:
    if status == _OK and answer.acknowledged != number:
        return False
    return answer.answered_boottime_ns == sent_boottime_ns


def _decoded_answer(body: bytes) -> PushResponse | None:
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _seconds(text: str) -> float:
    """Return a Retry-After in seconds; a date (RFC 9110, 10.2.3) is not worth a parser here."""
    return min(float(text), MAX_RETRY_AFTER_S) if text.isascii() and text.isdigit() else 0.0
