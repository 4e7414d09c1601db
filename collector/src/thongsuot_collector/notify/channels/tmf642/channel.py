"""
TMF642: an alarm in somebody's alarm management, with causes and severities of ITU-T X.733.

As with tickets, an alarm is looked for by its external identifier before one is made.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec

from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.notify.channels.tmf642 import alarm
from thongsuot_collector.notify.channels.tmf642.alarm import Alarm, Json
from thongsuot_collector.notify.contract import ChannelKind
from thongsuot_collector.notify.http.callbacks import (
    CallbackSettings,
    HubSubscription,
    check_callback,
)
from thongsuot_collector.notify.http.client import HttpClient, HttpReply, check_http, check_url
from thongsuot_collector.notify.message import (
    Acceptance,
    ChannelOutcome,
    ChannelResult,
    NotificationMessage,
    OpenNotification,
    ReceiverStatus,
)

_CONCURRENT_POLLS = 4
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}

Positive = Annotated[float, msgspec.Meta(gt=0)]


class Settings(CallbackSettings, frozen=True, kw_only=True):
    """
    One ``[[channels]]`` of kind ``tmf642``.

    ``url`` is the API root, without ``/tmf-api``. ``poll_s`` is how often open alarms are asked
    for: who has acknowledged one is noted in the incident.
    """

    url: str
    poll_s: Positive = 60.0


def check(settings: Settings) -> None:
    """Refuse what cannot work: see ``ChannelKind``."""
    check_http(settings)
    check_url(settings.url)
    check_callback(settings)


class AlarmChannel:
    """The channel; see ``Channel`` and ``Watching``."""

    display_name = "tmf642"

    def __init__(self, settings: Settings) -> None:
        self.poll_s = settings.poll_s
        self._base = settings.url.rstrip("/") + alarm.BASE
        self._hub = HubSubscription(settings, f"{self._base}/hub", is_typed=False)
        self._client = HttpClient(settings, secrets=self._hub.secrets)

    async def send(self, message: NotificationMessage) -> ChannelResult:
        """Raise an alarm, change it, or clear it."""
        known = await self._find(message)
        if isinstance(known, HttpReply):
            return known.channel_result()
        if message.kind is NotificationKind.RESOLVED:
            if known is None or known.is_cleared:
                text = "there is no alarm to clear" if known is None else "cleared already"
                return ChannelResult(outcome=ChannelOutcome.DELIVERED, text=text)
            return await self._patch(known, alarm.clear_patch(message))
        if known is None or known.is_cleared:
            return await self._create(message)
        is_of_this_thread = known.external_alarm_id == message.thread_id
        if message.kind is NotificationKind.OPENED and is_of_this_thread:
            # An earlier attempt made it, and its answer was lost.
            return _delivered(known, f"alarm {known.id} is there already")
        return await self._patch(known, alarm.alarm_patch(message))

    async def poll(self, notifications: Sequence[OpenNotification]) -> Sequence[ReceiverStatus]:
        """Ask for each alarm: has anybody acknowledged it?"""
        await self._hub.subscribe(self._client)
        slots = asyncio.Semaphore(_CONCURRENT_POLLS)

        async def poll_one(notification: OpenNotification) -> ReceiverStatus | None:
            async with slots:
                url = f"{self._alarms}/{notification.reference}"
                reply = await self._client.request("GET", url)
            known = reply.decode_body(Alarm)
            if not isinstance(known, Alarm) or known.ack_state != "acknowledged":
                return None
            return ReceiverStatus(
                thread_id=notification.thread_id,
                status=known.ack_state,
                acceptance=Acceptance.ACCEPTED,
                text=known.ack_user_id,
            )

        statuses = await asyncio.gather(*map(poll_one, notifications))
        return [status for status in statuses if status is not None]

    def accepts_callback(self, token: str) -> bool:
        """Return whether a call comes from somebody who was told where to call."""
        return self._hub.is_valid_token(token)

    async def close(self) -> None:
        """Take the subscription back, and close the connections."""
        await self._hub.unsubscribe(self._client)
        await self._client.close()

    @property
    def _alarms(self) -> str:
        return f"{self._base}/alarm"

    async def _find(self, message: NotificationMessage) -> Alarm | HttpReply | None:
        """
        Return the alarm of a message, ``None`` where there is none; a reply where that is not
        known.
        """
        if message.reference:
            reply = await self._client.request("GET", f"{self._alarms}/{message.reference}")
            known = reply.decode_body(Alarm)
            if isinstance(known, Alarm):
                return known
            if reply.status != 404:
                return _not_sent(known)
        params = {"externalAlarmId": message.thread_id}
        reply = await self._client.request("GET", self._alarms, params=params)
        alarms = reply.decode_body(tuple[Alarm, ...])
        if isinstance(alarms, HttpReply):
            return _not_sent(alarms)
        named = [known for known in alarms if known.external_alarm_id == message.thread_id]
        named.sort(key=lambda known: known.is_cleared)
        return named[0] if named else None

    async def _create(self, message: NotificationMessage) -> ChannelResult:
        reply = await self._write("POST", self._alarms, alarm.new_alarm(message))
        created = reply.decode_body(Alarm)
        if isinstance(created, HttpReply):
            return created.channel_result()
        return _delivered(created, f"alarm {created.id}")

    async def _patch(self, known: Alarm, body: Json) -> ChannelResult:
        reply = await self._write("PATCH", f"{self._alarms}/{known.id}", body)
        return msgspec.structs.replace(reply.channel_result(), reference=str(known.id))

    async def _write(self, method: str, url: str, body: Json) -> HttpReply:
        return await self._client.request(
            method, url, body=msgspec.json.encode(body), headers=_HEADERS
        )


def _delivered(known: Alarm, text: str) -> ChannelResult:
    return ChannelResult(outcome=ChannelOutcome.DELIVERED, text=text, reference=str(known.id))


def _not_sent(reply: HttpReply) -> HttpReply:
    """Return what a failed question means: whatever came of it, nothing was sent."""
    is_unknown = reply.outcome is ChannelOutcome.UNKNOWN
    return msgspec.structs.replace(reply, outcome=ChannelOutcome.RETRY) if is_unknown else reply


CHANNEL = ChannelKind(
    settings=Settings,
    check=check,
    make=AlarmChannel,
    notifies="an alarm management system (TM Forum TMF642, 4.0.0)",
    delivered_when="there is an alarm",
    recognises_by="`externalAlarmId`",
)
