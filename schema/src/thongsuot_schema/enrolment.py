"""
The conversation of an enrolment: a one-time code turns into the token of a site's agent.

``POST /v1/enrol`` with ``EnrolmentRequest`` as JSON; the answer is ``EnrolmentResponse``. The agent
makes the token itself and sends its hash, so the token never travels before it is used, and the
same request sent again after a lost answer is answered the same. 200: the token is good from now
on. 400: it is no enrolment, or its certificate request is none. 403: the code is not known here,
ran out, was replaced, or is for another site. 409: it was used already. 429 (with ``Retry-After``):
too many wrong codes came.
"""

import hashlib
from typing import Annotated

import msgspec

from thongsuot_schema.renewal import REQUEST_LIMIT

PATH_ENROL = "/v1/enrol"

TOKEN_PREFIX = "tst_"  # noqa: S105 - how every token begins, not one of them
"""Lets people and secret scanners tell what a leaked string is."""


class EnrolmentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What an agent asks: ``code`` as it was typed, ``token_digest`` of the token it has made.

    ``site`` is what the agent's configuration says, empty where there is none: a code for another
    site is then refused, and stays good.
    """

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    token_digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    site: Annotated[str, msgspec.Meta(max_length=63)] = ""
    certificate_request: Annotated[str, msgspec.Meta(max_length=REQUEST_LIMIT)] = ""
    """PKCS #10 in PEM form, for a key that the device has made; empty: no certificate is wanted."""


class EnrolmentResponse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    What the collector answers. ``error`` is one sentence for a person, empty when it worked.

    ``revoked`` counts the tokens of the site that were good until now and are so no more.
    ``certificate`` is PEM, empty where the collector issues none: its authority is another's, or it
    asks for no certificates.
    """

    site: str = ""
    revoked: int = 0
    error: str = ""
    certificate: str = ""


def token_digest(token: str) -> str:
    """Return the hash of a token as it travels: SHA-256 in hex."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()
