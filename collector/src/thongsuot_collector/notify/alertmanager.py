"""
Alertmanager: an alert for each party and incident; grouping, silences, HA are then its own.

API v2 (``POST /api/v2/alerts``). An alert is what its labels are, so those are fixed when it is
opened and kept until it is over; what changes stands in annotations. Alertmanager keeps alerts in
memory only and drops what it has not heard of, so everything open is sent again and again.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated

import msgspec

from thongsuot_collector.incidents.ledger import Kind
from thongsuot_collector.incidents.trouble import NS_PER_S
from thongsuot_collector.notify import ChannelKind
from thongsuot_collector.notify.content.document import timestamp
from thongsuot_collector.notify.telling.client import (
    Client,
    HttpSettings,
    Reply,
    check_http,
    check_url,
)
from thongsuot_collector.notify.telling.message import Answer, Message, Outcome

PATH = "/api/v2/alerts"

_ALERTS_AT_ONCE = 64
"""As Prometheus: one request for a city's storm would be refused as too large."""

_WORST_LAST = (Outcome.DELIVERED, Outcome.UNSURE, Outcome.BUSY, Outcome.SHUT, Outcome.REFUSED)
"""Of a cluster one that has it is enough; else what leaves most hope decides."""

_ENDED_KEPT = 10_000

Positive = Annotated[float, msgspec.Meta(gt=0)]


class Settings(HttpSettings, frozen=True, kw_only=True):
    """
    One ``[[channels]]`` of kind ``alertmanager``.

    ``urls`` are those of all members of one cluster, without ``/api``: each is told, as Prometheus
    does. ``repeat_s`` is how often what is open is sent again. ``lasts_s`` is for how long
    Alertmanager believes in an alert that it hears no more of: a collector that is away for a while
    must not look like a repair. ``labels`` are added to every alert.
    """

    urls: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    repeat_s: Positive = 60.0
    lasts_s: Positive = 4 * 3_600.0
    labels: dict[str, str] = msgspec.field(default_factory=dict)


def check(settings: Settings) -> None:
    """Refuse what cannot work: see ``ChannelKind``."""
    check_http(settings)
    for url in settings.urls:
        check_url(url)
    if settings.lasts_s < 3 * settings.repeat_s:
        raise ValueError(
            f"lasts_s is {settings.lasts_s:g} s and alerts are sent again every "
            f"{settings.repeat_s:g} s: an alert would end before it is repeated three times"
        )


class Alert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One alert as it is posted (``postableAlert``)."""

    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: str
    ends_at: str
    generator_url: str = msgspec.field(default="", name="generatorURL")


class Fixed(msgspec.Struct, frozen=True, kw_only=True):
    """What of an alert stays from its opening to its end: the channel's memo."""

    labels: dict[str, str]
    starts_ns: int


class Alertmanager:
    """The channel; see ``Channel`` and ``Repeating``."""

    word = "alertmanager"

    def __init__(self, settings: Settings) -> None:
        self.repeat_s = settings.repeat_s
        self._settings = settings
        self._client = Client(settings)
        self._urls = [url.rstrip("/") + PATH for url in settings.urls]
        # A repetition that was made before an end must not arrive after it.
        self._turn = asyncio.Lock()
        self._ended: dict[str, None] = {}

    async def tell(self, message: Message) -> Answer:
        """Post one alert."""
        memo = message.memo or _fixed(message, self._settings.labels)
        async with self._turn:
            if message.kind is Kind.RESOLVED:
                self._end(message.conversation)
            else:
                self._ended.pop(message.conversation, None)
            reply = await self._post([self._alert(message, memo)])
        return reply.answer(memo=memo)

    async def repeat(self, messages: Sequence[Message]) -> Answer:
        """Post again what is open."""
        answer = Answer(outcome=Outcome.DELIVERED, text="nothing is open")
        async with self._turn:
            found = [
                self._alert(one, one.memo or _fixed(one, self._settings.labels))
                for one in messages
                if one.conversation not in self._ended
            ]
            for first in range(0, len(found), _ALERTS_AT_ONCE):
                answer = (await self._post(found[first : first + _ALERTS_AT_ONCE])).answer()
                if answer.outcome is not Outcome.DELIVERED:
                    break
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _alert(self, message: Message, memo: str) -> Alert:
        fixed = msgspec.json.decode(memo, type=Fixed)
        now_ns = message.entry.at_ns
        if message.kind is Kind.RESOLVED:
            # Not before its start: that is refused. An end that lies back is its true end.
            ends_ns = max(message.incident.closed_ns or now_ns, fixed.starts_ns + 1_000_000)
        else:
            ends_ns = time.time_ns() + round(self._settings.lasts_s * NS_PER_S)
        return Alert(
            labels=fixed.labels,
            annotations=_annotations(message),
            starts_at=timestamp(fixed.starts_ns),
            ends_at=timestamp(ends_ns),
            generator_url=message.document.page_url,
        )

    async def _post(self, alerts: Sequence[Alert]) -> Reply:
        """Post to every member of the cluster; the best answer stands for it."""
        body = msgspec.json.encode(alerts)
        headers = {"Content-Type": "application/json"}
        replies = await asyncio.gather(
            *(self._client.ask("POST", url, body=body, headers=headers) for url in self._urls)
        )
        best = min(replies, key=lambda one: _WORST_LAST.index(one.outcome))
        failed = [one.text for one in replies if one.outcome is not Outcome.DELIVERED]
        if best.outcome is Outcome.DELIVERED and failed:
            text = f"{best.text}; {len(failed)} of {len(replies)} did not: {'; '.join(failed)}"
            return msgspec.structs.replace(best, text=text)
        return best

    def _end(self, conversation: str) -> None:
        self._ended[conversation] = None
        while len(self._ended) > _ENDED_KEPT:
            del self._ended[next(iter(self._ended))]


def _fixed(message: Message, more: dict[str, str]) -> str:
    """Return what an alert is called for as long as it lasts."""
    incident = message.incident
    labels = {
        "alertname": incident.code,
        "incident": incident.id,
        "audience": str(message.audience),
        "party": incident.party.party.value,
        "responsible": incident.party.name,
        "test": "true" if message.is_test else "",
        **_place(message),
        **more,
    }
    fixed = Fixed(
        labels={name: value for name, value in labels.items() if value},
        starts_ns=incident.opened_ns,
    )
    return msgspec.json.encode(fixed).decode()


def _place(message: Message) -> dict[str, str]:
    """Return where an incident of one thing is; one of many grows and shrinks."""
    if len(message.document.affected) != 1:
        return {}
    (one,) = message.document.affected
    return {
        "site": one.site,
        "commune": one.commune,
        "link": one.link,
        "service": one.service,
        "carrier": one.carrier,
        "medium": one.medium,
    }


def _annotations(message: Message) -> dict[str, str]:
    document = message.document
    circuits = [one.circuit for one in document.affected if one.circuit and not one.ended_at]
    found = {
        "summary": message.title,
        "description": message.body,
        "severity": document.severity.value,
        "state": document.state.value,
        "segment": document.segment.value if document.segment is not None else "",
        "symptom": document.symptom.value,
        "affected": str(document.affected_now),
        "circuits": " ".join(circuits),
        "page": document.page_url,
    }
    return {name: value for name, value in found.items() if value}


CHANNEL = ChannelKind(settings=Settings, check=check, make=Alertmanager)
