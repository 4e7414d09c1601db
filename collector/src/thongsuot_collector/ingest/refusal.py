"""Refusal: why a push was not taken, and the status that says so; one closed list."""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus


class RefusalReason(StrEnum):
    """Why a push was refused; the value is the label of the counter."""

    NO_TOKEN = "no_token"  # noqa: S105 - a reason, not a secret
    BAD_TOKEN = "bad_token"  # noqa: S105 - a reason, not a secret
    WRONG_SITE = "wrong_site"
    NO_CERTIFICATE = "no_certificate"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CERTIFICATE_UNKNOWN = "certificate_unknown"
    CERTIFICATE_OF_ANOTHER = "certificate_of_another"
    TOO_OFTEN = "too_often"
    WRONG_METHOD = "wrong_method"
    WRONG_CONTENT_TYPE = "wrong_content_type"
    WRONG_VERSION = "wrong_version"
    BAD_CLOCK_HEADER = "bad_clock_header"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    UNKNOWN_LAYOUT = "unknown_layout"
    CONFLICT = "conflict"
    JOURNAL_BUSY = "journal_busy"
    JOURNAL_REFUSED = "journal_refused"


STATUS: Mapping[RefusalReason, HTTPStatus] = {
    RefusalReason.NO_TOKEN: HTTPStatus.UNAUTHORIZED,
    RefusalReason.BAD_TOKEN: HTTPStatus.UNAUTHORIZED,
    RefusalReason.WRONG_SITE: HTTPStatus.FORBIDDEN,
    RefusalReason.NO_CERTIFICATE: HTTPStatus.FORBIDDEN,
    RefusalReason.CERTIFICATE_EXPIRED: HTTPStatus.FORBIDDEN,
    RefusalReason.CERTIFICATE_REVOKED: HTTPStatus.FORBIDDEN,
    RefusalReason.CERTIFICATE_UNKNOWN: HTTPStatus.FORBIDDEN,
    RefusalReason.CERTIFICATE_OF_ANOTHER: HTTPStatus.FORBIDDEN,
    RefusalReason.TOO_OFTEN: HTTPStatus.TOO_MANY_REQUESTS,
    RefusalReason.WRONG_METHOD: HTTPStatus.METHOD_NOT_ALLOWED,
    RefusalReason.WRONG_CONTENT_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RefusalReason.WRONG_VERSION: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RefusalReason.BAD_CLOCK_HEADER: HTTPStatus.BAD_REQUEST,
    RefusalReason.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    RefusalReason.MALFORMED: HTTPStatus.BAD_REQUEST,
    RefusalReason.UNKNOWN_LAYOUT: HTTPStatus.CONFLICT,
    RefusalReason.CONFLICT: HTTPStatus.CONFLICT,
    RefusalReason.JOURNAL_BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    RefusalReason.JOURNAL_REFUSED: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""
What an agent does with each is in ``thongsuot_schema.batch.push``: 4xx never again, 429 and 5xx
later.
"""


class PushRefused(Exception):
    """
    A push is not taken.

    ``sentence`` is for a person at the agent. ``retry_after_s`` says when it may be taken after
    all, ``unknown_layout`` which layout has to come first.
    """

    def __init__(
        self,
        why: RefusalReason,
        sentence: str,
        *,
        retry_after_s: float = 0.0,
        unknown_layout: str = "",
    ) -> None:
        self.why = why
        self.sentence = sentence
        self.retry_after_s = retry_after_s
        self.unknown_layout = unknown_layout
        super().__init__(f"{why}: {sentence}")
