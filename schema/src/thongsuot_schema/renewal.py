"""
The exchange of a renewal: an agent presents its certificate and gets the next one.

``POST /v1/certificate`` with ``RenewalRequest`` as JSON, over a connection whose handshake has
shown the certificate, with the token where there is one; the answer is ``RenewalResponse``. 200:
there it is. 400: no certificate request. 403: no certificate was shown, or not one that is good
here, or this collector issues none. 409: it was renewed already, for another key: another device
has this certificate too. 429 (with ``Retry-After``): too early, or too often. The same request sent
again after a lost answer is answered the same.
"""

from typing import Annotated

import msgspec

PATH_CERTIFICATE = "/v1/certificate"

REQUEST_LIMIT = 2048
"""Characters of a certificate request; one of a P-256 key has about 450."""


class RenewalRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agent's request: the next certificate, for a new key (PKCS #10 in PEM form)."""

    certificate_request: Annotated[str, msgspec.Meta(min_length=1, max_length=REQUEST_LIMIT)]


class RenewalResponse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The collector's answer: ``certificate`` in PEM form, or ``error``, one sentence."""

    certificate: str = ""
    error: str = ""
