"""Renewing: an agent with a good certificate comes for the next one, before it runs out."""

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

from thongsuot_collector.certificates.admission import Admission
from thongsuot_collector.certificates.issuing import Issuer
from thongsuot_collector.certificates.request import KeyRequest, RequestRefused, key_request
from thongsuot_collector.ingest.pace import Pace
from thongsuot_collector.ingest.refusal import STATUS, PushRefused, Why
from thongsuot_schema.renewal import Renewal, Renewed

_BODY_BYTES = 4096
_PER_S, _RESERVE = 1 / 60, 10.0
"""Renewals of one site: one in two months, and some tries of one that has trouble."""

_log = logging.getLogger(__name__)


class Renewing:
    """
    Answers ``POST /v1/certificate``; see ``thongsuot_schema.renewal``.

    ``issuer`` is ``None`` where this collector issues no certificates. ``strangers`` limits how
    often one address may come with nothing that is good.
    """

    def __init__(
        self,
        store: Engine,
        admission: Admission,
        issuer: Issuer | None,
        *,
        renewals: Counter,
        strangers: Pace,
    ) -> None:
        self._store = store
        self._admission = admission
        self._issuer = issuer
        self._renewals = renewals
        self._strangers = strangers
        self._sites = Pace(per_second=_PER_S, reserve=_RESERVE)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        address = request.client.host if request.client else ""
        try:
            pem = await self._renewed(request, address)
        except PushRefused as refused:
            self._renewals.labels(refused.why.value).inc()
            _log.warning("renewal refused address=%s: %s", address, refused.sentence)
            response = _json(STATUS[refused.why], Renewed(error=refused.sentence))
            if refused.retry_after_s:
                response.headers["Retry-After"] = str(ceil(refused.retry_after_s))
            return response
        self._renewals.labels("renewed").inc()
        return _json(HTTPStatus.OK, Renewed(certificate=pem))

    async def _renewed(self, request: Request, address: str) -> str:
        now_s = time.monotonic()
        if self._strangers.is_spent(address, now_s=now_s):
            raise PushRefused(Why.TOO_OFTEN, "too many bad tries from here", retry_after_s=30.0)
        peer = self._admission.peer_of(request.scope)
        given = request.headers.get("authorization", "").encode("latin-1")
        try:
            site = await self._admission.site_of(request.scope, given, address)
        except PushRefused:
            self._strangers.wait_s(address, now_s=now_s)
            raise
        wait_s = self._sites.wait_s(site, now_s=now_s)
        if wait_s:
            raise PushRefused(Why.TOO_OFTEN, f"site {site} renews too often", retry_after_s=wait_s)
        if self._issuer is None or peer is None:
            what = "it issues none" if self._issuer is None else "none was shown"
            raise PushRefused(
                Why.NO_CERTIFICATE, f"this collector renews the certificate that is shown: {what}"
            )
        asked = await _asked(request)
        pem = await asyncio.to_thread(
            self._issuer.renew, self._store, peer.serial, asked, by=f"device:{address}"
        )
        # So that the new one is known from this answer on.
        await self._admission.refresh()
        _log.info("certificate renewed site=%s address=%s", site, address)
        return pem


async def _asked(request: Request) -> KeyRequest:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _BODY_BYTES:
            raise PushRefused(Why.TOO_LARGE, f"at most {_BODY_BYTES} bytes are taken")
    try:
        return key_request(msgspec.json.decode(body, type=Renewal).certificate_request)
    except (msgspec.DecodeError, UnicodeError, RequestRefused) as error:
        raise PushRefused(Why.MALFORMED, f"this is no renewal: {error}") from error


def _json(status: HTTPStatus, answer: Renewed) -> Response:
    return Response(
        msgspec.json.encode(answer),
        int(status),
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
