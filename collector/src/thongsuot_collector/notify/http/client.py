"""Client: bounded HTTP requests of channels, with results in our own words and without secrets."""

import asyncio
import ssl
import time
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from thongsuot_collector.clients import (
    AnswerUnreadable,
    Scrubber,
    client_context,
    decode_answer,
    read_secret,
    retry_after_s,
)
from thongsuot_collector.http_transport import ClosingTransport
from thongsuot_collector.notify.message import ChannelOutcome, ChannelResult
from thongsuot_collector.notify.settings import ChannelSettings
from thongsuot_schema.localizable import Localizable

MAX_RESPONSE_BYTES = 4 << 20
"""A longer answer is not read: no real list of tickets is that long."""

_TEXT_CHARACTERS = 200
"""Of a receiver's error text; enough for a sentence."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

_BY_STATUS: Mapping[int, tuple[ChannelOutcome, str]] = MappingProxyType(
    {
        400: (ChannelOutcome.REJECTED, "the receiver does not understand the message"),
        401: (ChannelOutcome.CHANNEL_UNAVAILABLE, "the credentials are not accepted; correct them"),
        403: (
            ChannelOutcome.CHANNEL_UNAVAILABLE,
            "the credentials do not allow this; correct them at the receiver",
        ),
        404: (ChannelOutcome.CHANNEL_UNAVAILABLE, "nothing exists at this URL; check it"),
        405: (
            ChannelOutcome.CHANNEL_UNAVAILABLE,
            "the URL does not accept this method; check it",
        ),
        407: (ChannelOutcome.CHANNEL_UNAVAILABLE, "a proxy requires credentials"),
        408: (ChannelOutcome.RETRY, "the receiver timed out while reading the request"),
        409: (ChannelOutcome.REJECTED, "the receiver's own state does not allow this"),
        410: (ChannelOutcome.CHANNEL_UNAVAILABLE, "the address is gone; check the URL"),
        413: (ChannelOutcome.REJECTED, "the message is too large for the receiver"),
        415: (ChannelOutcome.CHANNEL_UNAVAILABLE, "the receiver does not support this format"),
        422: (ChannelOutcome.REJECTED, "the receiver does not accept the content of the message"),
        425: (ChannelOutcome.RETRY, "too early"),
        429: (ChannelOutcome.RETRY, "the receiver limits the rate of requests"),
        501: (ChannelOutcome.CHANNEL_UNAVAILABLE, "the receiver does not implement this"),
        503: (ChannelOutcome.RETRY, "the receiver is not available"),
        505: (
            ChannelOutcome.CHANNEL_UNAVAILABLE,
            "the receiver does not support this HTTP version",
        ),
    }
)
"""
The outcome of a status for a message, and the reason. Unlike a sample, a message has an
alternative: an error that a sink would retry (a wrong password) lets a party's fallback join at
once.
"""

T = TypeVar("T")

Positive = Annotated[float, msgspec.Meta(gt=0)]

ReceiverId = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
"""
A receiver's own name for what it was sent. It is stored, shown, and sent to devices, whose answers
have a maximum size.
"""


class HttpChannelSettings(ChannelSettings, frozen=True, kw_only=True):
    """
    Settings of every ``[[channels]]`` over HTTP.

    ``username`` and ``password_file``, or ``bearer_file``, are credentials, each file one secret;
    ``ca_file`` has the authorities for the receiver's certificate. ``timeout_s`` bounds one
    request.
    """

    username: str = ""
    password_file: str = ""
    bearer_file: str = ""
    ca_file: str = ""
    timeout_s: Positive = 10.0


class HttpReply(msgspec.Struct, frozen=True, kw_only=True):
    """
    An answer over HTTP. ``status`` is 0 without an answer; ``outcome`` and ``text`` are its meaning
    for a message, ``body`` is that of the answer, empty if it is of no use.
    """

    status: int
    outcome: ChannelOutcome
    text: str
    body: bytes = b""
    retry_after_s: float = 0.0

    def decode_body(self, kind: type[T]) -> "T | HttpReply":
        """Return the body as a value of a type; a reply with the reason if that fails."""
        if self.outcome is not ChannelOutcome.DELIVERED:
            return self
        try:
            return decode_answer(self.body, kind)
        except AnswerUnreadable as error:
            text = f"{self.text}, but the answer cannot be read: {error}"
            return msgspec.structs.replace(self, outcome=ChannelOutcome.UNKNOWN, text=text)

    def channel_result(self, *, reference: str = "", memo: str | None = None) -> ChannelResult:
        """Return it as the result of a message."""
        return ChannelResult(
            outcome=self.outcome,
            text=self.text,
            reference=reference,
            memo=memo,
            retry_after_s=self.retry_after_s,
        )


class HttpClient:
    """
    Sends requests of one channel.

    ``secrets`` are those of the channel in addition to its credentials: they only leave this class
    in the requests themselves.
    """

    def __init__(self, settings: HttpChannelSettings, *, secrets: tuple[str, ...] = ()) -> None:
        hidden = list(secrets)
        headers = {"User-Agent": "thongsuot-collector"}
        auth: httpx.BasicAuth | None = None
        if settings.bearer_file:
            bearer = read_secret(settings.bearer_file)
            headers["Authorization"] = f"Bearer {bearer}"
            hidden.append(bearer)
        if settings.username:
            password = read_secret(settings.password_file)
            auth = httpx.BasicAuth(settings.username, password)
            hidden += [password, f"{settings.username}:{password}"]
        self.scrubber = Scrubber(hidden)
        self._timeout_s = settings.timeout_s
        self._http = httpx.AsyncClient(
            headers=headers,
            auth=auth,
            transport=ClosingTransport(verify=_context(settings.ca_file), trust_env=False),
            timeout=settings.timeout_s,
            trust_env=False,
        )

    async def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> HttpReply:
        """Make one request; every outcome is a reply."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._request(method, url, body=body, headers=headers, params=params)
        except (TimeoutError, httpx.TimeoutException) as error:
            outcome = (
                ChannelOutcome.RETRY if isinstance(error, _NEVER_SENT) else ChannelOutcome.UNKNOWN
            )
            return HttpReply(
                status=0, outcome=outcome, text=f"no answer within {self._timeout_s:g} s"
            )
        except httpx.TransportError as error:
            outcome = (
                ChannelOutcome.RETRY if isinstance(error, _NEVER_SENT) else ChannelOutcome.UNKNOWN
            )
            text = self.scrubber.scrub(f"{type(error).__name__}: {error}".removesuffix(": "))
            return HttpReply(status=0, outcome=outcome, text=text)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        params: Mapping[str, str] | None,
    ) -> HttpReply:
        async with self._http.stream(
            method, url, content=body, headers=headers, params=params
        ) as response:
            received = bytearray()
            async for part in response.aiter_bytes():
                received += part
                if len(received) > MAX_RESPONSE_BYTES:
                    return HttpReply(
                        status=response.status_code,
                        outcome=ChannelOutcome.UNKNOWN,
                        text=f"an answer of more than {MAX_RESPONSE_BYTES} bytes, not read",
                    )
        outcome, why = outcome_of_status(response.status_code)
        if outcome is ChannelOutcome.DELIVERED:
            return HttpReply(
                status=response.status_code,
                outcome=outcome,
                text=f"{response.status_code} {why}",
                body=bytes(received),
            )
        # Cut after scrubbing: half of a secret would not be recognised.
        answer = self.scrubber.scrub(received.decode("utf-8", errors="replace"))
        answer = " ".join(answer[:_TEXT_CHARACTERS].split())
        return HttpReply(
            status=response.status_code,
            outcome=outcome,
            text=f"{response.status_code} {answer} ({why})",
            body=bytes(received),
            retry_after_s=retry_after_s(response.headers.get("retry-after", ""), now_s=time.time()),
        )


@cache
def _context(ca_file: str) -> ssl.SSLContext:
    """Return the TLS context; reading the system's certificates takes 50 ms."""
    return client_context(ca_file)


def check_http(settings: HttpChannelSettings) -> None:
    """
    Reject credentials that cannot work.

    Raises:
        OSError, ValueError: the text is shown to a person.
    """
    if settings.bearer_file and settings.username:
        raise ValueError(Localizable("bearer_file and username are both set; one of them is meant"))
    if bool(settings.username) is not bool(settings.password_file):
        raise ValueError(Localizable("username and password_file belong together"))
    if settings.password_file:
        read_secret(settings.password_file)
    if settings.bearer_file and not read_secret(settings.bearer_file).isascii():
        raise ValueError(
            Localizable(
                "{bearer_file}: a bearer token is ASCII (RFC 6750, 2.1)",
                bearer_file=settings.bearer_file,
            )
        )
    if settings.ca_file:
        client_context(settings.ca_file)


def check_url(url: str) -> None:
    """
    Reject a text that is not an HTTP URL, or contains credentials.

    Raises:
        ValueError: the text is shown to a person; the URL itself may be a secret and is not in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(Localizable("the url cannot be read")) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ValueError(Localizable("the url is not http:// or https:// with a host"))
    if parts.username is not None or parts.password is not None:
        raise ValueError(Localizable("the url holds credentials; use username and password_file"))


def outcome_of_status(status: int) -> tuple[ChannelOutcome, str]:
    """Return the outcome of a status for a message, and the reason."""
    if 200 <= status < 300:
        return ChannelOutcome.DELIVERED, "accepted"
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        # A gateway that timed out does not know the outcome either.
        return ChannelOutcome.UNKNOWN, "the receiver, or a proxy in front of it, is failing"
    if 300 <= status < 400:
        return (
            ChannelOutcome.CHANNEL_UNAVAILABLE,
            "the receiver redirects, and redirects are not followed; check the URL",
        )
    return ChannelOutcome.REJECTED, "an answer without a rule"
