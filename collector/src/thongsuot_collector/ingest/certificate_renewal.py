"""Certificate renewal: an agent with a valid certificate gets the next one before it expires."""

import asyncio
import logging
import time
from http import HTTPStatus
from math import ceil

import msgspec
from prometheus_client import Counter
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response

from thongsuot_collector.errors import PushRefused, RefusalReason
from thongsuot_collector.ingest.asgi import STATUS
from thongsuot_collector.ingest.authentication import Authenticator
from thongsuot_collector.ingest.rate_limit import RateLimiter, network_of
from thongsuot_collector.pki.csr import CsrRefused, SigningRequest, parse_csr
from thongsuot_collector.pki.issuer import CertificateIssuer
from thongsuot_collector.repeated_warnings import RepeatedWarnings
from thongsuot_schema.renewal import RenewalRequest, RenewalResponse

_BODY_BYTES = 4096
_PER_S, _RESERVE = 1 / 60, 10.0
"""Renewals of one site: one in two months, and some retries."""

_log = logging.getLogger(__name__)


class CertificateRenewalEndpoint:
    """
    Answers ``POST /v1/certificate``; see ``thongsuot_schema.renewal``.

    ``issuer`` is ``None`` if this collector issues no certificates. ``failed_attempts`` limits the
    failed attempts of one address.
    """

    def __init__(
        self,
        store: Engine,
        authenticator: Authenticator,
        issuer: CertificateIssuer | None,
        *,
        renewals: Counter,
        failed_attempts: RateLimiter,
    ) -> None:
        self._store = store
        self._authenticator = authenticator
        self._issuer = issuer
        self._renewals = renewals
        self._failed_attempts = failed_attempts
        self._sites = RateLimiter(per_second=_PER_S, reserve=_RESERVE)
        self._warnings = RepeatedWarnings()

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        address = request.client.host if request.client else ""
        try:
            pem = await self._renewed(request, address)
        except PushRefused as refused:
            self._renewals.labels(refused.why.value).inc()
            ending = self._warnings.ending((network_of(address), refused.why))
            if ending is not None:
                _log.warning("renewal refused address=%s: %s%s", address, refused.sentence, ending)
            response = _json(STATUS[refused.why], RenewalResponse(error=refused.sentence))
            if refused.retry_after_s:
                response.headers["Retry-After"] = str(ceil(refused.retry_after_s))
            return response
        self._renewals.labels("renewed").inc()
        return _json(HTTPStatus.OK, RenewalResponse(certificate=pem))

    async def _renewed(self, request: Request, address: str) -> str:
        now_s = time.monotonic()
        is_suspect = self._failed_attempts.is_exhausted(address, now_s=now_s)
        peer = self._authenticator.peer_of(request.scope)
        authorization = request.headers.get("authorization", "").encode("latin-1")
        try:
            site = await self._authenticator.site_of(
                request.scope, authorization, address, is_suspect=is_suspect
            )
        except PushRefused:
            self._failed_attempts.acquire(address, now_s=now_s)
            if is_suspect:
                raise PushRefused(
                    RefusalReason.TOO_OFTEN, "too many bad tries from here", retry_after_s=30.0
                ) from None
            raise
        wait_s = self._sites.acquire(site, now_s=now_s)
        if wait_s:
            raise PushRefused(
                RefusalReason.TOO_OFTEN, f"site {site} renews too often", retry_after_s=wait_s
            )
        if self._issuer is None or peer is None:
            reason = "it issues none" if self._issuer is None else "none was shown"
            raise PushRefused(
                RefusalReason.NO_CERTIFICATE,
                f"this collector renews the certificate that is shown: {reason}",
            )
        renewal = await _read_request(request)
        pem = await asyncio.to_thread(
            self._issuer.renew, self._store, peer.serial, renewal, by=f"device:{address}"
        )
        # The new certificate is accepted from this answer on.
        await self._authenticator.refresh()
        _log.info("certificate renewed site=%s address=%s", site, address)
        return pem


async def _read_request(request: Request) -> SigningRequest:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _BODY_BYTES:
            raise PushRefused(RefusalReason.TOO_LARGE, f"at most {_BODY_BYTES} bytes are taken")
    try:
        return parse_csr(msgspec.json.decode(body, type=RenewalRequest).certificate_request)
    except (msgspec.DecodeError, UnicodeError, CsrRefused) as error:
        raise PushRefused(RefusalReason.MALFORMED, f"this is no renewal: {error}") from error


def _json(status: HTTPStatus, answer: RenewalResponse) -> Response:
    return Response(
        msgspec.json.encode(answer),
        int(status),
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
