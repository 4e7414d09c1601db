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
    ChannelOutcome,
    ChannelResult,
    NotificationMessage,
    OpenNotification,
    ReceiverStatus,
)

_AT_ONCE = 4
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
        found = await self._find(message)
        if isinstance(found, HttpReply):
            return found.channel_result()
        if message.kind is NotificationKind.RESOLVED:
            if found is None or found.is_cleared:
                text = "there is no alarm to clear" if found is None else "cleared already"
                return ChannelResult(outcome=ChannelOutcome.DELIVERED, text=text)
            return await self._patch(found, alarm.clear_patch(message))
        if found is None or found.is_cleared:
            return await self._create(message)
        if message.kind is NotificationKind.OPENED:
            return _answer(found, f"alarm {found.id} is there already")
        return await self._patch(found, alarm.alarm_patch(message))

    async def poll(self, known: Sequence[OpenNotification]) -> Sequence[ReceiverStatus]:
        """Ask for each alarm: has anybody acknowledged it?"""
        await self._hub.subscribe(self._client)
        turns = asyncio.Semaphore(_AT_ONCE)

        async def look(one: OpenNotification) -> ReceiverStatus | None:
            async with turns:
                reply = await self._client.request("GET", f"{self._alarms}/{one.reference}")
            found = reply.decode_body(Alarm)
            if not isinstance(found, Alarm) or found.ack_state != "acknowledged":
                return None
            return ReceiverStatus(
                thread_id=one.thread_id, status="acknowledged", text=found.ack_user_id
            )

        found = await asyncio.gather(*(look(one) for one in known))
        return [one for one in found if one is not None]

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
                return _not_told(known)
        params = {"externalAlarmId": message.thread_id}
        reply = await self._client.request("GET", self._alarms, params=params)
        found = reply.decode_body(tuple[Alarm, ...])
        if isinstance(found, HttpReply):
            return _not_told(found)
        named = [one for one in found if one.external_alarm_id == message.thread_id]
        named.sort(key=lambda one: one.is_cleared)
        return named[0] if named else None

    async def _create(self, message: NotificationMessage) -> ChannelResult:
        reply = await self._ask("POST", self._alarms, alarm.new_alarm(message))
        made = reply.decode_body(Alarm)
        if isinstance(made, HttpReply):
            return made.channel_result()
        return _answer(made, f"alarm {made.id}")

    async def _patch(self, found: Alarm, asked: Json) -> ChannelResult:
        reply = await self._ask("PATCH", f"{self._alarms}/{found.id}", asked)
        return msgspec.structs.replace(reply.channel_result(), reference=str(found.id))

    async def _ask(self, method: str, url: str, asked: Json) -> HttpReply:
        body = msgspec.json.encode(asked)
        return await self._client.request(method, url, body=body, headers=_HEADERS)


def _answer(found: Alarm, text: str) -> ChannelResult:
    return ChannelResult(outcome=ChannelOutcome.DELIVERED, text=text, reference=str(found.id))


def _not_told(reply: HttpReply) -> HttpReply:
    """Return what a question in vain means: whatever came of it, nothing was told."""
    is_unsure = reply.outcome is ChannelOutcome.UNKNOWN
    return msgspec.structs.replace(reply, outcome=ChannelOutcome.RETRY) if is_unsure else reply


CHANNEL = ChannelKind(
    settings=Settings,
    check=check,
    make=AlarmChannel,
    notifies="an alarm management system (TM Forum TMF642, 4.0.0)",
    delivered_when="there is an alarm",
    recognises_by="`externalAlarmId`",
)
