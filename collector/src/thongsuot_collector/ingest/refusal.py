"""The status that each refusal of a push is answered with."""

from collections.abc import Mapping
from http import HTTPStatus

from thongsuot_collector.errors import RefusalReason

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
