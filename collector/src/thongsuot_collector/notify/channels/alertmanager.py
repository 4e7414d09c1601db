"""
Alertmanager: one alert per party and incident; Alertmanager does grouping, silences and HA.

API v2 (``POST /api/v2/alerts``). An alert is identified by its labels, so its labels are fixed from
its opening to its end; changes are in annotations. An incident that becomes more severe opens a
second alert with the new ``severity`` beside the first, like a pair of Prometheus rules: routes
receive it, nothing is resolved too early, and both end with the incident. Alertmanager keeps alerts
in memory only and drops those that are not repeated, so all open ones are sent periodically. Ends
are repeated for a while, as Prometheus repeats them (``resolvedRetention``): a member of a cluster
that missed the only one would call the alert firing again.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.incidents.party import Severity
from thongsuot_collector.inventory.tiles import area_of
from thongsuot_collector.notify.contract import ChannelKind
from thongsuot_collector.notify.http.client import (
    HttpChannelSettings,
    HttpClient,
    HttpReply,
    check_http,
    check_url,
)
from thongsuot_collector.notify.message import (
    ChannelOutcome,
    ChannelResult,
    NotificationMessage,
)
from thongsuot_collector.notify.render.document import timestamp
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.segment import Party

PATH = "/api/v2/alerts"

SEVERITY = "severity"

_ALERTS_AT_ONCE = 64
"""As Prometheus: one request for a city's storm would be refused as too large."""

_WORST_LAST = (
    ChannelOutcome.DELIVERED,
    ChannelOutcome.UNKNOWN,
    ChannelOutcome.RETRY,
    ChannelOutcome.CHANNEL_UNAVAILABLE,
    ChannelOutcome.REJECTED,
)
"""Best outcome first: one member of a cluster with the alert is enough."""

_END_KEPT_S = 900.0
"""As Prometheus (``rules/alerting.go``)."""

_THREADS_KEPT = 20_000

Positive = Annotated[float, msgspec.Meta(gt=0)]


class Settings(HttpChannelSettings, frozen=True, kw_only=True):
    """
    One ``[[channels]]`` of kind ``alertmanager``.

    ``urls`` are those of all members of one cluster, without ``/api``: each is notified, as
    Prometheus does. ``repeat_s`` is how often open alerts are sent again. ``lasts_s`` is how long
    Alertmanager keeps an alert that is not repeated: a collector that is away for a while must not
    look like a repair. ``labels`` are added to every alert.
    """

    urls: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    repeat_s: Positive = 60.0
    lasts_s: Positive = 4 * 3_600.0
    labels: dict[str, str] = msgspec.field(default_factory=dict)


def check(settings: Settings) -> None:
    """Reject settings that cannot work: see ``ChannelKind``."""
    check_http(settings)
    for url in settings.urls:
        check_url(url)
    if settings.lasts_s < 3 * settings.repeat_s:
        raise ValueError(
            Localizable(
                "lasts_s is {lasts_s} s and alerts are sent again every {repeat_s} "
                "s: an alert would end before it is repeated three times",
                lasts_s=f"{settings.lasts_s:g}",
                repeat_s=f"{settings.repeat_s:g}",
            )
        )


class PostableAlert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One alert as it is posted (``postableAlert``)."""

    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: str
    ends_at: str
    generator_url: str = msgspec.field(default="", name="generatorURL")


class AlertIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an alert that does not change from its opening to its end."""

    labels: dict[str, str]
    starts_ns: int


Identities = tuple[AlertIdentity, ...]
"""The alerts of one incident and party, the first one first: the channel's memo."""


class AlertmanagerChannel:
    """The channel; see ``Channel`` and ``Resending``."""

    display_name = "alertmanager"

    def __init__(self, settings: Settings) -> None:
        self.resend_s = settings.repeat_s
        self.end_kept_s = _END_KEPT_S
        self._settings = settings
        self._client = HttpClient(settings)
        self._urls = [url.rstrip("/") + PATH for url in settings.urls]
        # A repetition that was made before an end must not arrive after it, nor that of an end
        # after a reopening.
        self._lock = asyncio.Lock()
        self._sent: dict[tuple[str, str], int] = {}

    async def send(self, message: NotificationMessage) -> ChannelResult:
        """Post one alert."""
        identities = self._identities(message)
        async with self._lock:
            self._note_sent(message)
            reply = await self._post(self._alerts(message, identities))
        return reply.channel_result(memo=msgspec.json.encode(identities).decode())

    async def resend(self, messages: Sequence[NotificationMessage]) -> ChannelResult:
        """Post all open alerts, and the ends of those that ended recently, again."""
        answer = ChannelResult(outcome=ChannelOutcome.DELIVERED, text="nothing to repeat")
        async with self._lock:
            alerts = [
                alert
                for message in messages
                if message.record.number >= self._sent.get(_thread_of(message), 0)
                # Only a message opens a graver alert, and its result keeps it: one that is opened
                # here would not end with its incident.
                for alert in self._alerts(message, self._repeated_identities(message))
            ]
            for first in range(0, len(alerts), _ALERTS_AT_ONCE):
                answer = (
                    await self._post(alerts[first : first + _ALERTS_AT_ONCE])
                ).channel_result()
                if answer.outcome is not ChannelOutcome.DELIVERED:
                    break
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _identities(self, message: NotificationMessage) -> Identities:
        """Return the alerts of an incident: those opened before, and a new one if it is due."""
        known = _decode_memo(message.memo)
        opened = AlertIdentity(
            labels=_labels(message, self._settings.labels), starts_ns=message.incident.opened_ns
        )
        if not known:
            return (opened,)
        if message.kind is NotificationKind.RESOLVED or not _is_graver(opened, known[-1]):
            return known
        labels = known[0].labels | {SEVERITY: opened.labels[SEVERITY]}
        return (*known, AlertIdentity(labels=labels, starts_ns=message.record.at_ns))

    def _repeated_identities(self, message: NotificationMessage) -> Identities:
        known = _decode_memo(message.memo)
        if known or message.kind is NotificationKind.RESOLVED:
            return known
        return self._identities(message)

    def _alerts(self, message: NotificationMessage, identities: Identities) -> list[PostableAlert]:
        now_ns = message.record.at_ns
        annotations = _annotations(message)
        alerts = []
        for identity in identities:
            if message.kind is NotificationKind.RESOLVED:
                # An end before the start is refused; an end in the past is the true end.
                ends_ns = max(message.incident.closed_ns or now_ns, identity.starts_ns + 1_000_000)
            else:
                ends_ns = time.time_ns() + round(self._settings.lasts_s * NS_PER_S)
            alerts.append(
                PostableAlert(
                    labels=identity.labels,
                    annotations=annotations,
                    starts_at=timestamp(identity.starts_ns),
                    ends_at=timestamp(ends_ns),
                    generator_url=message.document.page_url,
                )
            )
        return alerts

    async def _post(self, alerts: Sequence[PostableAlert]) -> HttpReply:
        """Post to every member of the cluster; the best answer counts."""
        body = msgspec.json.encode(alerts)
        headers = {"Content-Type": "application/json"}
        replies = await asyncio.gather(
            *(self._client.request("POST", url, body=body, headers=headers) for url in self._urls)
        )
        best = min(replies, key=lambda item: _WORST_LAST.index(item.outcome))
        failed = [reply.text for reply in replies if reply.outcome is not ChannelOutcome.DELIVERED]
        if best.outcome is ChannelOutcome.DELIVERED and failed:
            text = f"{best.text}; {len(failed)} of {len(replies)} did not: {'; '.join(failed)}"
            return msgspec.structs.replace(best, text=text)
        return best

    def _note_sent(self, message: NotificationMessage) -> None:
        thread = _thread_of(message)
        self._sent.pop(thread, None)
        self._sent[thread] = message.record.number
        while len(self._sent) > _THREADS_KEPT:
            del self._sent[next(iter(self._sent))]


def _thread_of(message: NotificationMessage) -> tuple[str, str]:
    return message.incident.id, str(message.audience)


def _decode_memo(memo: str) -> Identities:
    """Return the alerts of an earlier answer; an older collector stored one bare alert."""
    if not memo:
        return ()
    decoded = msgspec.json.decode(memo, type=AlertIdentity | Identities)
    return (decoded,) if isinstance(decoded, AlertIdentity) else decoded


def _is_graver(opened: AlertIdentity, last: AlertIdentity) -> bool:
    """
    Return whether an alert would be graver than the last one of the same incident.

    If the settings set ``severity``, or the alert has none (an older collector opened it), it stays
    the only one.
    """
    now, before = opened.labels.get(SEVERITY, ""), last.labels.get(SEVERITY, "")
    known = {severity.value for severity in Severity}
    return {now, before} <= known and Severity(now).is_worse_than(Severity(before))


def _labels(message: NotificationMessage, more: dict[str, str]) -> dict[str, str]:
    """Return the labels of an alert that a message opens."""
    incident = message.incident
    labels = {
        "alertname": alert_name(incident.code),
        "incident": incident.id,
        SEVERITY: incident.severity.value,
        "segment": "" if incident.segment is None else incident.segment.value,
        "audience": str(message.audience),
        "party": incident.party.party.value,
        "responsible": incident.party.name,
        "carrier": incident.party.name if incident.party.party is Party.CARRIER else "",
        "test": "true" if message.is_test else "",
        **_place(message),
        **more,
    }
    return {name: value for name, value in labels.items() if value}


def alert_name(code: str) -> str:
    """Return the name of the alerts of a rule: ``CarrierOutage`` of ``carrier_outage``."""
    return "".join(word.capitalize() for word in code.split("_"))


def _place(message: NotificationMessage) -> dict[str, str]:
    """Return the place of an incident with one affected object; larger ones change over time."""
    if len(message.document.affected) != 1:
        return {}
    (affected,) = message.document.affected
    place = {
        "site": affected.site,
        "commune": affected.commune,
        "area": area_of(affected.commune),
        "link": affected.link,
        "service": affected.service,
        "carrier": affected.carrier,
        "medium": affected.medium,
    }
    return {name: value for name, value in place.items() if value}


def _annotations(message: NotificationMessage) -> dict[str, str]:
    document = message.document
    circuits = [item.circuit for item in document.affected if item.circuit and not item.ended_at]
    annotations = {
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
    return {name: value for name, value in annotations.items() if value}


CHANNEL = ChannelKind(
    settings=Settings,
    check=check,
    make=AlertmanagerChannel,
    notifies="a cluster of Alertmanagers, whose routes decide further",
    delivered_when="one of them answers 2xx",
    recognises_by="the alert's labels",
)
