"""
The protocol of an enrolment: a one-time code is exchanged for the token of a site's agent.

``POST /v1/enrol`` with ``EnrolmentRequest`` as JSON; the answer is ``EnrolmentResponse``. The agent
makes the token itself and sends its hash, so the token never travels before it is used, and the
same request sent again after a lost answer is answered the same. 200: the token is valid from now
on. 400: it is not a valid enrolment, or its certificate request is invalid. 403: the code is
unknown, has expired, was replaced, or is for another site. 409: it was already used. 429 (with
``Retry-After``): too many wrong codes.
"""

import hashlib
from enum import StrEnum
from typing import Annotated

import msgspec

from thongsuot_schema.renewal import REQUEST_LIMIT

PATH_ENROL = "/v1/enrol"

TOKEN_PREFIX = "tst_"  # noqa: S105 - how every token begins, not one of them
"""Lets people and secret scanners recognize a leaked string."""


class EnrolmentRefusalReason(StrEnum):
    """Why an enrolment was refused; the value is the label of the collector's counter, too."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REPLACED = "replaced"
    USED = "used"
    WRONG_SITE = "wrong_site"
    TOKEN_TAKEN = "token_taken"  # noqa: S105 - a reason, not a secret
    MALFORMED = "malformed"
    TOO_OFTEN = "too_often"


class EnrolmentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    An agent's request: ``code`` as typed, ``token_digest`` of the token that it has made.

    ``site`` is the site in the agent's configuration, empty if there is none: a code for another
    site is refused, and stays valid.
    """

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    token_digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    site: Annotated[str, msgspec.Meta(max_length=63)] = ""
    certificate_request: Annotated[str, msgspec.Meta(max_length=REQUEST_LIMIT)] = ""
    """PKCS #10 in PEM form, for a key that the device has made; empty: no certificate is wanted."""


class EnrolmentResponse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    The collector's answer. ``error`` is one sentence for a person in English, empty on success;
    ``reason`` (``EnrolmentRefusalReason``) is the same for a program.

    ``revoked`` counts the tokens of the site that were valid until now and were revoked.
    ``certificate`` is PEM, empty if the collector issues none: it uses another authority, or
    requires no certificates.
    """

    site: str = ""
    revoked: int = 0
    error: str = ""
    reason: str = ""
    certificate: str = ""


def token_digest(token: str) -> str:
    """Return the hash of a token as it travels: SHA-256 in hex."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()
