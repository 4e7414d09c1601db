"""
Zalo: a message of the city's Official Account to people who follow it.

``POST /v3.0/oa/message/cs`` of openapi.zalo.me with the header ``access_token``; errors come with
status 200 and a negative number. People are named by their id with this account (``user_id``).
"""

import asyncio
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from thongsuot_collector.clients import AnswerUnreadable, decode_answer, read_secret
from thongsuot_collector.notify.channels.zalo_oa.tokens import (
    TokenAnswer,
    TokenFileInvalid,
    ZaloTokens,
    now_s,
    read_tokens,
    store_tokens,
)
from thongsuot_collector.notify.contract import ChannelKind
from thongsuot_collector.notify.http.client import (
    HttpChannelSettings,
    HttpClient,
    HttpReply,
    check_http,
    check_url,
)
from thongsuot_collector.notify.message import ChannelOutcome, ChannelResult, PeopleMessage
from thongsuot_collector.notify.recipients import combined_result, pending_recipients
from thongsuot_schema.localizable import Localizable

MESSAGE_PATH: Final = "/v3.0/oa/message/cs"
TOKEN_PATH: Final = "/v4/oa/access_token"  # noqa: S105 - a path

_TEXT_CHARACTERS: Final = 2_000
_TOKEN_ERRORS: Final = frozenset({-216, -124})
"""The access token is invalid or has expired."""

_OUTCOMES: Final[dict[int, ChannelOutcome]] = {
    -32: ChannelOutcome.RETRY,  # the rate limit per minute
    -201: ChannelOutcome.REJECTED,  # a parameter is wrong, such as an id of another account
    -213: ChannelOutcome.REJECTED,  # this person does not follow the account
    -230: ChannelOutcome.REJECTED,  # … has not written to it within seven days
    -232: ChannelOutcome.REJECTED,  # … has written, but too long ago for this type of message
    -233: ChannelOutcome.REJECTED,  # this kind of message is not allowed to them
}
"""The meaning of errors; any other concerns the account, and the party's fallback is used."""


class Settings(HttpChannelSettings, frozen=True, kw_only=True):
    """
    One ``[[channels]]`` of kind ``zalo_oa``.

    ``app_id`` and ``app_secret_file`` are those of the application that the account has granted;
    ``tokens_file`` holds ``{"refresh_token": "…"}`` at first, and is written by the collector with
    each renewal: the collector's user has to own it, and no two collectors may share it. ``url``
    and ``oauth_url`` are Zalo's API endpoints.
    """

    app_id: str
    app_secret_file: str
    tokens_file: str
    url: str = "https://openapi.zalo.me"
    oauth_url: str = "https://oauth.zaloapp.com"


def check(settings: Settings) -> None:
    """Reject settings that cannot work: see ``ChannelKind``."""
    check_http(settings)
    if settings.bearer_file or settings.username:
        raise ValueError(
            Localizable("Zalo knows an account by its tokens; leave bearer_file and username out")
        )
    check_url(settings.url)
    check_url(settings.oauth_url)
    read_secret(settings.app_secret_file)
    try:
        read_tokens(Path(settings.tokens_file))
    except TokenFileInvalid as error:
        raise ValueError(str(error)) from error


class ZaloChannel:
    """The channel; see ``Channel`` and ``ReadByPeople``."""

    display_name = "zalo"
    is_read_by_people = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._file = Path(settings.tokens_file)
        self._app_secret = read_secret(settings.app_secret_file)
        self._tokens = read_tokens(self._file)
        self._client = self._client_for(self._tokens)
        # A refresh token can be used once: two concurrent renewals would lose the account.
        self._renewing = asyncio.Lock()

    async def send(self, message: PeopleMessage) -> ChannelResult:
        """Send to the person that the inventory names."""
        person = message.address
        if not person:
            return ChannelResult(
                outcome=ChannelOutcome.REJECTED,
                text=f'the inventory names no Zalo user for {message.audience}: "NAME:user_id"',
            )
        results = {
            each: await self._send(each, zalo_text(message))
            for each in pending_recipients(message, (person,))
        }
        return combined_result(message, (person,), results)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _send(self, person: str, text: str) -> ChannelResult:
        used = self._tokens
        if not used.is_usable(now_s()):
            refusal = await self._renew(used)
            if refusal is not None:
                return refusal
        answer = await self._post(person, text)
        if isinstance(answer, int) and answer in _TOKEN_ERRORS:
            refusal = await self._renew(self._tokens)
            if refusal is not None:
                return refusal
            answer = await self._post(person, text)
        if isinstance(answer, ChannelResult):
            return answer
        if answer == 0:
            return ChannelResult(outcome=ChannelOutcome.DELIVERED, text="accepted")
        outcome = _OUTCOMES.get(answer, ChannelOutcome.CHANNEL_UNAVAILABLE)
        return ChannelResult(outcome=outcome, text=f"Zalo's error {answer}")

    async def _post(self, person: str, text: str) -> int | ChannelResult:
        """Send once; return Zalo's error number (0: accepted), or the reason for its absence."""
        body = {"recipient": {"user_id": person}, "message": {"text": text}}
        reply = await self._client.request(
            "POST",
            self._settings.url.rstrip("/") + MESSAGE_PATH,
            body=msgspec.json.encode(body),
            headers={
                "Content-Type": "application/json",
                "access_token": self._tokens.access_token,
            },
        )
        answer = reply.decode_body(dict[str, Any])
        if isinstance(answer, HttpReply):
            return answer.channel_result()
        error = answer.get("error")
        if not isinstance(error, int):
            text = "the answer has no error number"
            return ChannelResult(outcome=ChannelOutcome.UNKNOWN, text=text)
        return error

    async def _renew(self, used: ZaloTokens) -> ChannelResult | None:
        """Renew the tokens, unless another task has done so; return the reason of a failure."""
        async with self._renewing:
            if self._tokens is not used:
                return None
            form = {
                "app_id": self._settings.app_id,
                "refresh_token": used.refresh_token,
                "grant_type": "refresh_token",
            }
            reply = await self._client.request(
                "POST",
                self._settings.oauth_url.rstrip("/") + TOKEN_PATH,
                body=urlencode(form).encode(),
                headers={
                    "Content-Type": "application/x-www-form-urlencoded",
                    "secret_key": self._app_secret,
                },
            )
            if reply.outcome is ChannelOutcome.UNKNOWN:
                # No message was sent, so none can arrive twice.
                return ChannelResult(outcome=ChannelOutcome.RETRY, text=f"renewing: {reply.text}")
            if reply.outcome is not ChannelOutcome.DELIVERED:
                return reply.channel_result()
            try:
                answer = decode_answer(reply.body, TokenAnswer)
            except AnswerUnreadable:
                return ChannelResult(
                    outcome=ChannelOutcome.CHANNEL_UNAVAILABLE,
                    text=(
                        "Zalo gives no new token; let the account be granted anew and write "
                        f"its refresh token into {self._file}"
                    ),
                )
            tokens = answer.tokens(now_s())
            await store_tokens(self._file, tokens)
            old, self._client = self._client, self._client_for(tokens)
            self._tokens = tokens
            await old.close()
            return None

    def _client_for(self, tokens: ZaloTokens) -> HttpClient:
        """Return a client that scrubs these secrets from its texts."""
        secrets = (self._app_secret, tokens.access_token, tokens.refresh_token)
        return HttpClient(self._settings, secrets=tuple(filter(None, secrets)))


def zalo_text(message: PeopleMessage) -> str:
    """Return the text to send: title and text, cut to Zalo's limit."""
    text = f"{message.title}\n\n{message.body}"
    return text if len(text) <= _TEXT_CHARACTERS else f"{text[: _TEXT_CHARACTERS - 1]}…"


CHANNEL = ChannelKind(
    settings=Settings,
    check=check,
    make=ZaloChannel,
    notifies="people who follow the city's Zalo Official Account",
    delivered_when="Zalo takes it",
    recognises_by="our own record of each person",
)
