"""
The endpoints for pushes, as plain ASGI without overhead, because every push uses them; and the
endpoint that returns the client's address.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import NamedTuple

import msgspec
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from thongsuot_collector.errors import PushRefused, RefusalReason, StoreError
from thongsuot_collector.ingest.asgi import STATUS, ClientGone, Receive, read_body
from thongsuot_collector.ingest.authentication import Authenticator
from thongsuot_collector.ingest.batch_dating import PushClock
from thongsuot_collector.ingest.push_handler import Accepted, PushHandler
from thongsuot_collector.ingest.rate_limit import RateLimiter
from thongsuot_collector.ingest.site_budgets import SiteBudgets
from thongsuot_collector.metrics import Metrics
from thongsuot_schema.batch import push
from thongsuot_schema.batch.limits import LATEST_MS, BatchLimits

Scope = MutableMapping[str, object]
Send = Callable[[MutableMapping[str, object]], Awaitable[None]]
ReadBody = Callable[[int], Awaitable[bytes]]
"""
Returns the body of a request, up to a maximum size; raises like ``read_body``.
"""

_AUTHORIZATION = b"authorization"
_LENGTH = b"content-length"
_TYPE = b"content-type"
_BOOT = push.HEADER_BOOT.lower().encode()
_BOOTTIME = push.HEADER_BOOTTIME.lower().encode()
_RECORD = push.HEADER_RECORD.lower().encode()
_SIGNATURE = push.HEADER_SIGNATURE.lower().encode()
_SITE_CONFIG = push.HEADER_SITE_CONFIG.lower().encode()

_LARGEST_BOOTTIME_NS = LATEST_MS * 1_000_000
_BOOT_ID_BYTES = 128
_SITE_CONFIG_BYTES = 64
_RECORD_BYTES = 1024
_ENDING_RETRY_S = 5.0
_STORE_RETRY_S = 5.0
_STORE_AWAY = (DBAPIError, PoolTimeout, StoreError)
"""Exceptions of queries for a token, a certificate or a key while the store is unavailable."""

_LENGTH_DIGITS = 20
"""A longer Content-Length is invalid, and converting it to a number would cost time."""

_encode = msgspec.json.Encoder().encode


class PushAnswer(NamedTuple):
    """The answer to a push: ``headers`` are those in addition to the common ones."""

    status: HTTPStatus
    response: push.PushResponse
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCallbacks:
    """
    Callbacks about sites.

    ``answer`` returns the additional content of the answer to a site, given its agent's report on
    site configurations: notified parties of its faults, requested tests, a site configuration.
    ``on_report`` is called with a device's report on its record, once its batch is durable.
    ``accepted`` is called with each push that is durable, ``not_admitted`` with the reason if its
    sender cannot be looked up.
    """

    answer: Callable[[str, str], push.PushResponse]
    on_report: Callable[[str, str, PushClock], None]
    accepted: Callable[[], None]
    not_admitted: Callable[[str], None]


class PushEndpoint:
    """
    Answers ``POST /v1/batches``, ``POST /v1/layouts`` and ``GET /v1/address``.

    ``budgets`` limit the pushes and costs of one site, ``failed_attempts`` the bad tokens of one
    address.
    """

    def __init__(
        self,
        handler: PushHandler,
        authenticator: Authenticator,
        *,
        limits: BatchLimits,
        metrics: Metrics,
        callbacks: SiteCallbacks,
        budgets: SiteBudgets,
        failed_attempts: RateLimiter,
    ) -> None:
        self._handler = handler
        self._authenticator = authenticator
        self._limits = limits
        self._metrics = metrics
        # Looked up once: finding a counter by its labels costs more than incrementing it.
        self._accepted = metrics.pushes.labels("accepted")
        self._repeated = metrics.pushes.labels("repeated")
        self._callbacks = callbacks
        self._budgets = budgets
        self._failed_attempts = failed_attempts

    async def batches(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a push of one batch."""
        moment_ns, started_s = time.time_ns(), time.perf_counter()
        headers = headers_of(scope)
        read = _reader(headers, receive)
        answer = await self.answer_batch(
            scope, headers, read, moment_ns=moment_ns, started_s=started_s
        )
        if answer is not None:
            await _send_answer(send, answer)

    async def answer_batch(
        self,
        scope: Scope,
        headers: dict[bytes, bytes],
        read: ReadBody,
        *,
        moment_ns: int,
        started_s: float,
    ) -> PushAnswer | None:
        """
        Return the answer to a push of one batch, ``None`` if the client has gone.

        ``moment_ns`` is the time of its headers, ``started_s`` the same by ``perf_counter``.
        """
        try:
            site = await self._admitted(scope, headers)
            content_type = _content_type(headers, push.CONTENT_TYPE_BATCH, push.CONTENT_TYPE_JSON)
            moment = _push_clock(headers, moment_ns)
            verify = self._authenticator.signature_verifier(
                scope, site, headers.get(_SIGNATURE, b"")
            )
            if content_type == push.CONTENT_TYPE_BATCH:
                body = await self._body(site, read, self._limits.body_bytes)
                accepted = await self._handler.accept_batch(body, site, moment, verify)
            else:
                body = await self._body(site, read, self._limits.unpacked_bytes)
                accepted = await self._handler.accept_json_batch(body, site, moment, verify)
        except PushRefused as refused:
            self._metrics.pushes.labels(refused.why.value).inc()
            answer = _refusal(refused, headers)
        except _STORE_AWAY as error:
            later = self._not_admitted_now(error)
            self._metrics.pushes.labels(later.why.value).inc()
            answer = _refusal(later, headers)
        except ClientGone:
            self.count_client_gone()
            return None
        except asyncio.CancelledError:
            # The process ends, and this task with it: the sender gets that answer instead of an
            # error.
            self._metrics.pushes.labels(RefusalReason.JOURNAL_BUSY.value).inc()
            answer = _refusal(_shutting_down(), headers)
        else:
            answer = self._acknowledgement(site, headers, moment, accepted)
        self._metrics.push_seconds.observe(time.perf_counter() - started_s)
        return answer

    def count_client_gone(self) -> None:
        """Count a push whose client closed before its body was complete."""
        self._metrics.pushes.labels("client_gone").inc()

    def _acknowledgement(
        self, site: str, headers: dict[bytes, bytes], moment: PushClock, accepted: Accepted
    ) -> PushAnswer:
        (self._repeated if accepted.repeated else self._accepted).inc()
        self._callbacks.accepted()
        record = headers.get(_RECORD, b"")
        if record and len(record) <= _RECORD_BYTES:
            self._callbacks.on_report(site, record.decode("latin-1"), moment)
        response = msgspec.structs.replace(
            self._callbacks.answer(
                site, headers.get(_SITE_CONFIG, b"")[:_SITE_CONFIG_BYTES].decode("latin-1")
            ),
            acknowledged=accepted.number,
            repeated=accepted.repeated,
            answered_boottime_ns=moment.boottime_ns or 0,
            collector_wall_ns=time.time_ns(),
        )
        return PushAnswer(HTTPStatus.OK, response)

    async def layouts(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a push of one layout."""
        moment_ns = time.time_ns()
        headers = headers_of(scope)
        read = _reader(headers, receive)
        try:
            site = await self._admitted(scope, headers)
            _content_type(headers, push.CONTENT_TYPE_LAYOUT)
            body = await self._body(site, read, self._limits.body_bytes)
            await self._handler.accept_layout(body, site, PushClock(received_ns=moment_ns))
        except PushRefused as refused:
            self._metrics.layouts.labels(refused.why.value).inc()
            await _send_answer(send, _refusal(refused, headers))
        except _STORE_AWAY as error:
            later = self._not_admitted_now(error)
            self._metrics.layouts.labels(later.why.value).inc()
            await _send_answer(send, _refusal(later, headers))
        except ClientGone:
            self._metrics.layouts.labels("client_gone").inc()
        except asyncio.CancelledError:
            self._metrics.layouts.labels(RefusalReason.JOURNAL_BUSY.value).inc()
            await _send_answer(send, _refusal(_shutting_down(), headers))
        else:
            self._metrics.layouts.labels("accepted").inc()
            response = push.PushResponse(collector_wall_ns=time.time_ns())
            await _send_answer(send, PushAnswer(HTTPStatus.OK, response))

    async def address(self, scope: Scope, send: Send) -> None:
        """
        Answer with the address of a request's sender; without authentication.

        The agent uses it to determine the carrier by which its packets left. Any server on the
        Internet knows as much about its clients.
        """
        if scope["method"] != "GET":
            refused = PushRefused(
                RefusalReason.WRONG_METHOD, f"{scope['method']} is not taken here, only GET"
            )
            await _send_json(
                send,
                STATUS[refused.why],
                _encode(push.PushResponse(error=refused.sentence)),
                [(b"allow", b"GET")],
            )
            return
        # A listener of both families represents an IPv4 client like this (RFC 4291, 2.5.5.2).
        address = address_of(scope).removeprefix("::ffff:")
        await _send_json(send, HTTPStatus.OK, _encode(push.ReflexiveAddress(address=address)), [])

    async def _admitted(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        """Return the site of the request, if it may push now."""
        if scope["method"] != "POST":
            raise PushRefused(
                RefusalReason.WRONG_METHOD, f"{scope['method']} is not taken here, only POST"
            )
        now_s = time.monotonic()
        address = address_of(scope)
        # Only bad requests are refused for their neighbours' failures: behind a proxy or a
        # carrier's NAT many sites share one address.
        is_suspect = self._failed_attempts.is_exhausted(address, now_s=now_s)
        authorization = headers.get(_AUTHORIZATION, b"")
        try:
            site = await self._authenticator.site_of(
                scope, authorization, address, is_suspect=is_suspect
            )
        except PushRefused:
            self._failed_attempts.acquire(address, now_s=now_s)
            if is_suspect:
                raise PushRefused(
                    RefusalReason.TOO_OFTEN,
                    "too many bad tokens from this address",
                    retry_after_s=30.0,
                ) from None
            raise
        self._budgets.admit(site, now_s=now_s)
        return site

    def _not_admitted_now(self, error: Exception) -> PushRefused:
        """Return the refusal of a push whose sender cannot be looked up."""
        reason = str(error).partition("\n")[0]
        self._callbacks.not_admitted(f"cannot look up who sends it: {reason}")
        return PushRefused(
            RefusalReason.STORE_UNREACHABLE,
            "the collector cannot look up who sends this; try again later",
            retry_after_s=_STORE_RETRY_S,
        )

    async def _body(self, site: str, read: ReadBody, limit_bytes: int) -> bytes:
        body = await read(limit_bytes)
        self._budgets.charge_bytes(site, len(body), now_s=time.monotonic())
        return body


def _reader(headers: dict[bytes, bytes], receive: Receive) -> ReadBody:
    length = headers.get(_LENGTH, b"")
    declared = int(length) if length.isdigit() and len(length) < _LENGTH_DIGITS else None
    return lambda limit_bytes: read_body(receive, limit_bytes=limit_bytes, declared_bytes=declared)


def _refusal(refused: PushRefused, request_headers: dict[bytes, bytes]) -> PushAnswer:
    status = STATUS[refused.why]
    headers: list[tuple[bytes, bytes]] = []
    if refused.retry_after_s:
        headers.append((b"retry-after", str(ceil(refused.retry_after_s)).encode()))
    if status is HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", b'Bearer realm="thongsuot"'))
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append((b"allow", b"POST"))
    if refused.why is RefusalReason.TOO_LARGE:
        # The rest of the body need not be read.
        headers.append((b"connection", b"close"))
    response = push.PushResponse(
        error=refused.sentence,
        unknown_layout=refused.unknown_layout,
        answered_boottime_ns=max(0, _boottime_ns(request_headers)),
        collector_wall_ns=time.time_ns(),
    )
    return PushAnswer(status, response, tuple(headers))


def _shutting_down() -> PushRefused:
    return PushRefused(
        RefusalReason.JOURNAL_BUSY,
        "the collector is ending; try again later",
        retry_after_s=_ENDING_RETRY_S,
    )


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """Return the headers of a request, names in lower case."""
    headers = scope["headers"]
    assert isinstance(headers, list)
    return dict(headers)


def address_of(scope: Scope) -> str:
    """Return the client's address, empty if the server does not know it."""
    client = scope.get("client")
    return str(client[0]) if isinstance(client, tuple) else ""


def _content_type(headers: dict[bytes, bytes], *accepted_types: str) -> str:
    content_type = headers.get(_TYPE, b"").decode("latin-1").partition(";")[0].strip().lower()
    if content_type not in accepted_types:
        raise PushRefused(
            RefusalReason.WRONG_CONTENT_TYPE,
            f"content type {content_type!r} is not taken here, only {' and '.join(accepted_types)}",
        )
    return content_type


def _boottime_ns(headers: dict[bytes, bytes]) -> int:
    """Return the sender's boot time, 0 if its header is missing, -1 if it is not a number."""
    boottime = headers.get(_BOOTTIME, b"0")
    number = int(boottime) if boottime.isdigit() and len(boottime) < 20 else -1
    return number if number < _LARGEST_BOOTTIME_NS else -1


def _push_clock(headers: dict[bytes, bytes], received_ns: int) -> PushClock:
    boot = headers.get(_BOOT, b"")
    if _BOOTTIME not in headers:
        return PushClock(received_ns=received_ns)
    number = _boottime_ns(headers)
    if number < 0 or len(boot) > _BOOT_ID_BYTES:
        raise PushRefused(
            RefusalReason.BAD_CLOCK_HEADER,
            f"{push.HEADER_BOOTTIME} is nanoseconds since boot, {push.HEADER_BOOT} a boot id",
        )
    return PushClock(received_ns=received_ns, boottime_ns=number, boot_id=boot.decode("latin-1"))


async def _send_answer(send: Send, answer: PushAnswer) -> None:
    await _send_json(send, answer.status, _encode(answer.response), answer.headers)


async def _send_json(
    send: Send, status: HTTPStatus, body: bytes, headers: Iterable[tuple[bytes, bytes]]
) -> None:
    fixed = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send(
        {"type": "http.response.start", "status": int(status), "headers": [*fixed, *headers]}
    )
    await send({"type": "http.response.body", "body": body})
