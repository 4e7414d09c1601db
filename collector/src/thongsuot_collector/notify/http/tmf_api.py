"""
An API of the TM Forum (TMF630): a collection of resources, read by id or by an external identifier.

The receiver works on notifications: it is polled, and calls back if subscribed to.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, TypeVar
from urllib.parse import quote

import msgspec

from thongsuot_collector.notify.http.callbacks import (
    CallbackSettings,
    HubSubscription,
    check_callback,
)
from thongsuot_collector.notify.http.client import HttpClient, HttpReply, check_http, check_url
from thongsuot_collector.notify.message import ChannelOutcome, OpenNotification, ReceiverStatus

T = TypeVar("T")
Json = dict[str, object]

_CONCURRENT_POLLS = 4
_JSON = "application/json"


class TmfSettings(CallbackSettings, frozen=True, kw_only=True):
    """
    Settings of every ``[[channels]]`` of a TM Forum API.

    ``url`` is the API root, without ``/tmf-api``; ``poll_s`` is how often open resources are read.
    """

    url: str
    poll_s: Annotated[float, msgspec.Meta(gt=0)] = 60.0


def check_tmf(settings: TmfSettings) -> None:
    """Reject settings that cannot work: see ``ChannelKind``."""
    check_http(settings)
    check_url(settings.url)
    check_callback(settings)


class TmfApi:
    """
    The collection ``resource`` of an API at ``path`` below the root.

    ``is_typed``: objects have ``@type``, as version 5 requires.
    """

    def __init__(
        self, settings: TmfSettings, path: str, resource: str, *, is_typed: bool = False
    ) -> None:
        base = settings.url.rstrip("/") + path
        self._url = f"{base}/{resource}"
        self._hub = HubSubscription(settings, f"{base}/hub", is_typed=is_typed)
        self._client = HttpClient(settings, secrets=self._hub.secrets)

    async def read(self, name: str) -> HttpReply:
        """Return the answer for one resource."""
        return await self._client.request("GET", self._url_of(name))

    async def find(self, reference: str, type_: type[T]) -> T | HttpReply | None:
        """
        Return a resource by its id; ``None`` if it does not exist; a reply if that is unknown.
        """
        reply = await self.read(reference)
        resource = reply.decode_body(type_)
        if isinstance(resource, HttpReply):
            return None if reply.status == 404 else _not_sent(resource)
        return resource

    async def search(self, query: Mapping[str, str], type_: type[T]) -> tuple[T, ...] | HttpReply:
        """
        Return the resources that match a query; a reply if they are unknown.

        A server may ignore the filter and return everything.
        """
        reply = await self._client.request("GET", self._url, params=query)
        resources = reply.decode_body(tuple[type_, ...])  # type: ignore[valid-type]
        return _not_sent(resources) if isinstance(resources, HttpReply) else resources

    async def create(self, body: Json) -> HttpReply:
        """Create a resource."""
        return await self._write("POST", self._url, body, _JSON)

    async def patch(self, name: str, body: Json, *, content_type: str = _JSON) -> HttpReply:
        """Change a resource."""
        return await self._write("PATCH", self._url_of(name), body, content_type)

    async def poll(
        self,
        notifications: Sequence[OpenNotification],
        status_of: Callable[[OpenNotification, HttpReply], ReceiverStatus | None],
    ) -> Sequence[ReceiverStatus]:
        """Read the resource of each notification; unavailable ones are left out."""
        await self._hub.subscribe(self._client)
        slots = asyncio.Semaphore(_CONCURRENT_POLLS)

        async def poll_one(notification: OpenNotification) -> ReceiverStatus | None:
            async with slots:
                reply = await self.read(notification.reference)
            return status_of(notification, reply)

        statuses = await asyncio.gather(*map(poll_one, notifications))
        return [status for status in statuses if status is not None]

    def accepts_callback(self, token: str) -> bool:
        """Return whether a call carries the token of the callback address."""
        return self._hub.is_valid_token(token)

    async def close(self) -> None:
        """Unsubscribe, and close the connections."""
        await self._hub.unsubscribe(self._client)
        await self._client.close()

    def _url_of(self, name: str) -> str:
        return f"{self._url}/{quote(name, safe='')}"

    async def _write(self, method: str, url: str, body: Json, content_type: str) -> HttpReply:
        headers = {"Content-Type": content_type, "Accept": _JSON}
        return await self._client.request(
            method, url, body=msgspec.json.encode(body), headers=headers
        )


def _not_sent(reply: HttpReply) -> HttpReply:
    """Return the result of a failed query: in any case nothing was sent."""
    is_unknown = reply.outcome is ChannelOutcome.UNKNOWN
    return msgspec.structs.replace(reply, outcome=ChannelOutcome.RETRY) if is_unknown else reply
