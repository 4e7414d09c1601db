"""
Callbacks: a receiver calls when something has changed (TMF630, events).

Its content is not trusted, because anyone who knows the address could send it: a call only triggers
a poll of the receiver.
"""

import asyncio
import logging
from hashlib import sha256
from hmac import compare_digest
from urllib.parse import quote

import msgspec

from thongsuot_collector.clients import read_secret
from thongsuot_collector.notify.http.callback_routes import PATH
from thongsuot_collector.notify.http.client import (
    HttpChannelSettings,
    HttpClient,
    ReceiverId,
    check_url,
)
from thongsuot_collector.notify.message import ChannelOutcome
from thongsuot_schema.localizable import Localizable

_UNSUBSCRIBE_TIMEOUT_S = 2.0
"""The collector waits no longer for a receiver at shutdown."""

_log = logging.getLogger(__name__)


class CallbackSettings(HttpChannelSettings, frozen=True, kw_only=True):
    """
    Settings of every ``[[channels]]`` whose receiver can call.

    ``callback_url`` is the scheme and host by which the receiver reaches this collector; if set,
    the collector subscribes to its events. ``callback_token_file`` holds a secret of this channel,
    from which the callback address is derived.
    """

    callback_url: str = ""
    callback_token_file: str = ""


def check_callback(settings: CallbackSettings) -> None:
    """
    Reject settings that cannot work.

    Raises:
        OSError, ValueError: the text is shown to a person.
    """
    if bool(settings.callback_url) is not bool(settings.callback_token_file):
        raise ValueError(Localizable("callback_url and callback_token_file belong together"))
    if settings.callback_url:
        check_url(settings.callback_url)
        read_secret(settings.callback_token_file)


class SubscriptionReply(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a subscription that are read."""

    id: ReceiverId


class HubSubscription:
    """One subscription, created when it is first needed and deleted at the end."""

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
        """The values that must not be shown."""
        return (self._token,) if self._token else ()

    def is_valid_token(self, token: str) -> bool:
        """Return whether a call carries the token of the callback address."""
        return bool(self._token) and compare_digest(self._token.encode(), token.encode())

    async def subscribe(self, client: HttpClient) -> None:
        """Subscribe, unless that is done or not configured; a failure is retried later."""
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
                "cannot subscribe channel=%s: %s; polling it instead", self._name, reply_body.text
            )

    async def unsubscribe(self, client: HttpClient) -> None:
        """Unsubscribe; an unavailable receiver keeps calling without effect."""
        if not self._id:
            return
        try:
            async with asyncio.timeout(_UNSUBSCRIBE_TIMEOUT_S):
                reply = await client.request("DELETE", f"{self._url}/{quote(self._id, safe='')}")
        except TimeoutError:
            return
        if reply.outcome is not ChannelOutcome.DELIVERED:
            _log.warning("cannot unsubscribe channel=%s: %s", self._name, reply.text)
        self._id = ""
