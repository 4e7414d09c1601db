"""
Webhook: a signed POST of the incident as JSON, to whatever a party runs.

The body, the signature and what a receiver answers are described in ``docs/reference/webhook.md``.
"""

import time
from urllib.parse import urlsplit

import msgspec

from thongsuot_collector.incidents.ledger import Kind
from thongsuot_collector.notify import ChannelKind
from thongsuot_collector.notify.content.document import Document, PartyNamed, timestamp
from thongsuot_collector.notify.telling.client import Client, HttpSettings, check_http, check_url
from thongsuot_collector.notify.telling.message import Answer, Message, Outcome
from thongsuot_collector.notify.telling.secrets import secret_in
from thongsuot_collector.notify.telling.signature import HEADER, sign
from thongsuot_schema.segment import Party

FORMAT = "thongsuot.webhook/1"
DELIVERY_HEADER = "Thongsuot-Delivery"
"""The same for the same telling, however often it is sent."""


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is posted.

    ``delivery`` is the same however often it is sent: a receiver that has it answers 200 and does
    nothing. ``conversation`` is the same for all that is said of one incident from ``opened``
    to ``resolved``. ``kind`` is what it is to the receiver. ``title`` and ``text`` are for people.
    """

    delivery: str
    conversation: str
    kind: Kind
    sent_at: str
    audience: PartyNamed
    title: str
    text: str
    incident: Document
    is_test: bool = False
    format: str = FORMAT


class Settings(HttpSettings, frozen=True, kw_only=True):
    """
    One ``[[channels]]`` of kind ``webhook``.

    ``url`` is where is posted to; ``url_file`` holds it instead where it is itself a secret.
    ``secret_file`` holds the secret of the signature; ``old_secret_file`` the one before it, while
    the receiver changes over.
    """

    url: str = ""
    url_file: str = ""
    secret_file: str
    old_secret_file: str = ""


def check(settings: Settings) -> None:
    """Refuse what cannot work: see ``ChannelKind``."""
    check_http(settings)
    if bool(settings.url) is bool(settings.url_file):
        raise ValueError("url or url_file: one of them is needed")
    check_url(settings.url or secret_in(settings.url_file))
    for file in (settings.secret_file, settings.old_secret_file):
        if file:
            secret_in(file)


class Webhook:
    """The channel; see ``Channel``."""

    word = "webhook"

    def __init__(self, settings: Settings) -> None:
        files = (settings.secret_file, settings.old_secret_file)
        self._secrets = tuple(secret_in(file) for file in files if file)
        self._url = settings.url or secret_in(settings.url_file)
        parts = urlsplit(self._url)
        # Where the URL is a secret, so is what follows its host: a receiver may send it back.
        hidden = () if settings.url else (self._url, parts.path, parts.query)
        self._client = Client(settings, secrets=(*self._secrets, *hidden))

    async def tell(self, message: Message) -> Answer:
        """Post once."""
        now_ns = time.time_ns()
        body = encode(message, now_ns)
        headers = {
            "Content-Type": "application/json",
            DELIVERY_HEADER: message.key,
            HEADER: sign(body, self._secrets, at_s=now_ns // 1_000_000_000),
        }
        reply = await self._client.ask("POST", self._url, body=body, headers=headers)
        if reply.status == 409:
            # It says that it has this delivery already.
            return Answer(outcome=Outcome.DELIVERED, text=reply.text)
        return reply.answer()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def encode(message: Message, now_ns: int) -> bytes:
    """Return the body of a message."""
    party: Party = message.audience.party
    body = Body(
        delivery=message.key,
        conversation=message.conversation,
        kind=message.kind,
        sent_at=timestamp(now_ns),
        audience=PartyNamed(party=party, name=message.audience.name, title=message.contact.title),
        title=message.title,
        text=message.body,
        incident=message.document,
        is_test=message.is_test,
    )
    return msgspec.json.encode(body)


CHANNEL = ChannelKind(settings=Settings, check=check, make=Webhook)
