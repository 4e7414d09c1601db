"""
Webhook: a signed POST of the incident as JSON, to any system of a party.

The body, the signature and the receiver's answers are described in ``docs/reference/webhook.md``.
"""

import time
from urllib.parse import urlsplit

import msgspec

from thongsuot_collector.clients import read_secret
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.notify.channels.webhook.signature import HEADER, sign_body
from thongsuot_collector.notify.contract import ChannelKind
from thongsuot_collector.notify.http.client import (
    HttpChannelSettings,
    HttpClient,
    check_http,
    check_url,
)
from thongsuot_collector.notify.message import (
    ChannelOutcome,
    ChannelResult,
    NotificationMessage,
)
from thongsuot_collector.notify.render.document import IncidentDocument, PartyReference, timestamp
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.segment import Party

FORMAT = "thongsuot.webhook/1"
DELIVERY_HEADER = "Thongsuot-Delivery"
"""The same for each repetition of a notification."""


class WebhookBody(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is posted.

    ``delivery`` is the same for each repetition: a receiver that has it answers 200 and does
    nothing. ``thread_id`` is the same for all notifications of one incident, from ``opened`` to
    ``resolved``. ``kind`` is the notification's kind for the receiver. ``title`` and ``text`` are
    for people.
    """

    delivery: str
    thread_id: str
    kind: NotificationKind
    sent_at: str
    audience: PartyReference
    title: str
    text: str
    incident: IncidentDocument
    is_test: bool = False
    format: str = FORMAT


class Settings(HttpChannelSettings, frozen=True, kw_only=True):
    """
    One ``[[channels]]`` of kind ``webhook``.

    ``url`` is the address of the POST; ``url_file`` holds it instead if it is itself a secret.
    ``secret_file`` holds the secret of the signature; ``old_secret_file`` the previous one, until
    the receiver has switched.
    """

    url: str = ""
    url_file: str = ""
    secret_file: str
    old_secret_file: str = ""


def check(settings: Settings) -> None:
    """Reject settings that cannot work: see ``ChannelKind``."""
    check_http(settings)
    if bool(settings.url) is bool(settings.url_file):
        raise ValueError(Localizable("url or url_file: one of them is needed"))
    check_url(settings.url or read_secret(settings.url_file))
    for file in (settings.secret_file, settings.old_secret_file):
        if file:
            read_secret(file)


class WebhookChannel:
    """The channel; see ``Channel``."""

    display_name = "webhook"

    def __init__(self, settings: Settings) -> None:
        files = (settings.secret_file, settings.old_secret_file)
        self._secrets = tuple(read_secret(file) for file in files if file)
        self._url = settings.url or read_secret(settings.url_file)
        parts = urlsplit(self._url)
        # If the URL is a secret, its path and query are, too: a receiver may echo them.
        hidden = () if settings.url else (self._url, parts.path, parts.query)
        self._client = HttpClient(settings, secrets=(*self._secrets, *hidden))

    async def send(self, message: NotificationMessage) -> ChannelResult:
        """Post once."""
        now_ns = time.time_ns()
        body = encode_body(message, now_ns)
        headers = {
            "Content-Type": "application/json",
            DELIVERY_HEADER: message.key,
            HEADER: sign_body(body, self._secrets, at_s=now_ns // 1_000_000_000),
        }
        reply = await self._client.request("POST", self._url, body=body, headers=headers)
        if reply.status == 409:
            # 409: the receiver has this delivery already.
            return ChannelResult(outcome=ChannelOutcome.DELIVERED, text=reply.text)
        return reply.channel_result()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def encode_body(message: NotificationMessage, now_ns: int) -> bytes:
    """Return the body of a message."""
    party: Party = message.audience.party
    body = WebhookBody(
        delivery=message.key,
        thread_id=message.thread_id,
        kind=message.kind,
        sent_at=timestamp(now_ns),
        audience=PartyReference(
            party=party, name=message.audience.name, title=message.contact.title
        ),
        title=message.title,
        text=message.body,
        incident=message.document,
        is_test=message.is_test,
    )
    return msgspec.json.encode(body)


CHANNEL = ChannelKind(
    settings=Settings,
    check=check,
    make=WebhookChannel,
    notifies="any system that takes JSON over HTTP",
    delivered_when="the receiver answers 2xx or 409",
    recognises_by="`Thongsuot-Delivery`",
)
