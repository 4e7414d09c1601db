"""
Callbacks: a receiver calls when something has changed (TMF630, events).

What it says is not believed: anybody who knows the address could say it. A call only means that the
receiver is asked now.
"""

import asyncio
import logging
from hashlib import sha256
from hmac import compare_digest

import msgspec

from thongsuot_collector.clients import read_secret
from thongsuot_collector.notify.http.callback_routes import PATH
from thongsuot_collector.notify.http.client import HttpChannelSettings, HttpClient, check_url
from thongsuot_collector.notify.message import ChannelOutcome

_UNSUBSCRIBE_TIMEOUT_S = 2.0
"""The collector does not wait longer for a receiver when it ends."""

_log = logging.getLogger(__name__)


class CallbackSettings(HttpChannelSettings, frozen=True, kw_only=True):
    """
    What every ``[[channels]]`` has whose receiver can call.

    ``callback_url`` is how the receiver reaches this collector, scheme and host; with it, it is
    asked to call. ``callback_token_file`` holds a secret of this channel's own, that the address of
    the call is made from.
    """

    callback_url: str = ""
    callback_token_file: str = ""


def check_callback(settings: CallbackSettings) -> None:
    """
    Refuse what cannot work.

    Raises:
        OSError, ValueError: the text is shown to a person.
    """
    if bool(settings.callback_url) is not bool(settings.callback_token_file):
        raise ValueError("callback_url and callback_token_file belong together")
    if settings.callback_url:
        check_url(settings.callback_url)
        read_secret(settings.callback_token_file)


class SubscriptionReply(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a subscription."""

    id: str


class HubSubscription:
    """One subscription, made when it is first needed and taken back at the end."""

    def __init__(self, settings: CallbackSettings, url: str, *, is_typed: bool) -> None:
        self._name = settings.name
        self._url = url
        self._is_typed = is_typed
        self._id = ""
        self._callback = self._token = ""
        if settings.callback_url:
            secret = read_secret(settings.callback_token_file)
            self._token = sha256(f"{settings.name} {secret}".encode()).hexdigest()[:40]
            base = settings.callback_url.rstrip("/")
            self._callback = f"{base}{PATH}/{settings.name}/{self._token}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be seen."""
        return (self._token,) if self._token else ()

    def is_valid_token(self, token: str) -> bool:
        """Return whether a call comes from a receiver that was given the address."""
        return bool(self._token) and compare_digest(self._token.encode(), token.encode())

    async def subscribe(self, client: HttpClient) -> None:
        """Ask to be called, unless that is done or not wanted; what fails is tried again later."""
        if not self._callback or self._id:
            return
        subscription = {"callback": self._callback} | ({"@type": "Hub"} if self._is_typed else {})
        reply = await client.request(
            "POST",
            self._url,
            body=msgspec.json.encode(subscription),
            headers={"Content-Type": "application/json"},
        )
        reply_body = reply.decode_body(SubscriptionReply)
        if isinstance(reply_body, SubscriptionReply):
            self._id = reply_body.id
        else:
            _log.warning(
                "cannot subscribe channel=%s: %s; it is asked instead", self._name, reply_body.text
            )

    async def unsubscribe(self, client: HttpClient) -> None:
        """Ask not to be called any more; a receiver that is not there goes on calling in vain."""
        if not self._id:
            return
        try:
            async with asyncio.timeout(_UNSUBSCRIBE_TIMEOUT_S):
                reply = await client.request("DELETE", f"{self._url}/{self._id}")
        except TimeoutError:
            return
        if reply.outcome is not ChannelOutcome.DELIVERED:
            _log.warning("cannot unsubscribe channel=%s: %s", self._name, reply.text)
        self._id = ""
