"""
Enrolment: a device presents a one-time code, the hash of its new token and, for a certificate,
proof that it holds the key.

A stranger learns nothing. An unknown code is one look-up by the hash of 100 random bits, so its
timing reveals at most the hash, and all unknown codes get the same answer. An expired, used or
replaced code is reported only to its holder. The number of bad codes per address is limited (a good
one is still accepted), and the number of enrolments of all addresses together, with a limit of
their own for those that sent too many bad codes.
"""

import asyncio
import logging
import time
from http import HTTPStatus
from math import ceil

import msgspec
from prometheus_client import Counter
from sqlalchemy import Connection, Engine
from starlette.requests import Request
from starlette.responses import Response

from thongsuot_collector.ingest.authentication import Authenticator
from thongsuot_collector.ingest.rate_limit import RateLimiter
from thongsuot_collector.ingest.tokens import TokenCache
from thongsuot_collector.pki.csr import CsrRefused, SigningRequest, parse_csr
from thongsuot_collector.pki.issuer import CertificateIssuer
from thongsuot_collector.store import enrolments as codes
from thongsuot_collector.store.enrolments import EnrolmentRefused, digest_of_code
from thongsuot_schema.enrolment import (
    EnrolmentRefusalReason,
    EnrolmentRequest,
    EnrolmentResponse,
)

_BODY_BYTES = 4096
_ALL = ""
_ALL_PER_S, _ALL_RESERVE = 20.0, 200.0
"""
A roll-out of 126 communes at once passes; a flood from many addresses is stopped before the disk.
"""

_SUSPECT_RETRY_S = 30.0

_log = logging.getLogger(__name__)


class EnrolmentEndpoint:
    """
    Answers ``POST /v1/enrol``; see ``thongsuot_schema.enrolment``.

    ``issuer`` creates requested certificates, ``None`` if the collector has no authority;
    ``failed_attempts`` limits the bad codes of one address.
    """

    def __init__(
        self,
        store: Engine,
        tokens: TokenCache,
        authenticator: Authenticator,
        issuer: CertificateIssuer | None,
        *,
        enrolments: Counter,
        failed_attempts: RateLimiter,
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._authenticator = authenticator
        self._issuer = issuer
        self._enrolments = enrolments
        self._failed_attempts = failed_attempts
        self._everybody = RateLimiter(per_second=_ALL_PER_S, reserve=_ALL_RESERVE)
        self._suspects = RateLimiter(per_second=_ALL_PER_S, reserve=_ALL_RESERVE)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        address = request.client.host if request.client else ""
        now_s = time.monotonic()
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > _BODY_BYTES:
                self._failed_attempts.acquire(address, now_s=now_s)
                sentence = f"at most {_BODY_BYTES} bytes are taken"
                return self._refused(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, EnrolmentRefusalReason.MALFORMED, sentence
                )
        is_suspect = self._failed_attempts.is_exhausted(address, now_s=now_s)
        # Strangers who only guess take no turn from devices at other addresses.
        turns = self._suspects if is_suspect else self._everybody
        wait_s = turns.acquire(_ALL, now_s=now_s)
        if wait_s:
            return self._too_often(wait_s)
        try:
            enrolment = msgspec.json.decode(body, type=EnrolmentRequest)
            wanted = enrolment.certificate_request
            # Before the code is used: an invalid request must not consume it.
            certified = parse_csr(wanted) if wanted else None
        except (msgspec.DecodeError, UnicodeError, CsrRefused) as error:
            if self._failed_attempts.acquire(address, now_s=now_s):
                return self._too_often(_SUSPECT_RETRY_S)
            return self._refused(
                HTTPStatus.BAD_REQUEST,
                EnrolmentRefusalReason.MALFORMED,
                f"this is no enrolment: {error}",
            )
        return await self._enrol(enrolment, certified, address)

    async def _enrol(
        self, enrolment: EnrolmentRequest, request: SigningRequest | None, address: str
    ) -> Response:
        by = f"device:{address}"

        def certify(connection: Connection, site: str, repeated: bool) -> str:
            if self._issuer is None or request is None:
                return ""
            return self._issuer.enrol(connection, site, request, by=by, repeated=repeated)

        try:
            enrolled = await asyncio.to_thread(
                codes.use,
                self._store,
                digest_of_code(enrolment.code),
                bytes.fromhex(enrolment.token_digest),
                site=enrolment.site,
                by=by,
                certify=certify,
            )
        except EnrolmentRefused as refused:
            # A good code is accepted regardless of earlier bad ones from its address.
            if self._failed_attempts.acquire(address, now_s=time.monotonic()):
                return self._too_often(_SUSPECT_RETRY_S)
            _log.warning("enrolment refused address=%s reason=%s", address, refused.why)
            is_used = refused.why in (
                EnrolmentRefusalReason.USED,
                EnrolmentRefusalReason.TOKEN_TAKEN,
            )
            status = HTTPStatus.CONFLICT if is_used else HTTPStatus.FORBIDDEN
            return self._refused(status, refused.why, str(refused))
        # The previous token is refused, and the new one accepted, from this answer on.
        await self._tokens.refresh()
        await self._authenticator.refresh()
        self._enrolments.labels("repeated" if enrolled.repeated else "enrolled").inc()
        _log.info(
            "enrolled site=%s address=%s revoked=%d", enrolled.site, address, enrolled.revoked
        )
        answer = EnrolmentResponse(
            site=enrolled.site, revoked=enrolled.revoked, certificate=enrolled.certificate
        )
        return _json(HTTPStatus.OK, answer)

    def _too_often(self, wait_s: float) -> Response:
        return self._refused(
            HTTPStatus.TOO_MANY_REQUESTS,
            EnrolmentRefusalReason.TOO_OFTEN,
            "too many codes came",
            wait_s,
        )

    def _refused(
        self,
        status: HTTPStatus,
        reason: EnrolmentRefusalReason,
        sentence: str,
        wait_s: float = 0.0,
    ) -> Response:
        self._enrolments.labels(reason.value).inc()
        response = _json(status, EnrolmentResponse(error=sentence, reason=reason.value))
        if wait_s:
            response.headers["Retry-After"] = str(ceil(wait_s))
        return response


def _json(status: HTTPStatus, answer: EnrolmentResponse) -> Response:
    return Response(
        msgspec.json.encode(answer),
        int(status),
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
