"""
TMF642: an alarm in an alarm management system, with causes and severities of ITU-T X.733.

As with tickets, an alarm is searched by its external identifier before one is created.
"""

from collections.abc import Sequence

import msgspec

from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.notify.channels.tmf642 import alarm
from thongsuot_collector.notify.channels.tmf642.alarm import Alarm, Json
from thongsuot_collector.notify.contract import ChannelKind
from thongsuot_collector.notify.http.client import HttpReply
from thongsuot_collector.notify.http.tmf_api import TmfApi, TmfSettings, check_tmf
from thongsuot_collector.notify.message import (
    Acceptance,
    ChannelOutcome,
    ChannelResult,
    NotificationMessage,
    OpenNotification,
    ReceiverStatus,
)


class Settings(TmfSettings, frozen=True, kw_only=True):
    """
    One ``[[channels]]`` of kind ``tmf642``.

    ``url`` is the API root, without ``/tmf-api``. ``poll_s`` is how often open alarms are polled:
    acknowledgements are recorded in the incident.
    """


class AlarmChannel:
    """The channel; see ``Channel``, ``Polling`` and ``AcceptsCallbacks``."""

    display_name = "tmf642"

    def __init__(self, settings: Settings) -> None:
        self.poll_s = settings.poll_s
        self._api = TmfApi(settings, alarm.BASE, "alarm")

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
            # An earlier attempt created it, and its answer was lost.
            return _delivered(known, f"alarm {known.id} is there already")
        return await self._patch(known, alarm.alarm_patch(message))

    async def poll(self, notifications: Sequence[OpenNotification]) -> Sequence[ReceiverStatus]:
        """Poll each alarm for an acknowledgement."""
        return await self._api.poll(notifications, _status_of)

    def accepts_callback(self, token: str) -> bool:
        """See ``AcceptsCallbacks``."""
        return self._api.accepts_callback(token)

    async def close(self) -> None:
        """See ``Channel``."""
        await self._api.close()

    async def _find(self, message: NotificationMessage) -> Alarm | HttpReply | None:
        """Return the alarm of a message, ``None`` if there is none; a reply if that is unknown."""
        if message.reference:
            known = await self._api.find(message.reference, Alarm)
            if known is not None:
                return known
        alarms = await self._api.search({"externalAlarmId": message.thread_id}, Alarm)
        if isinstance(alarms, HttpReply):
            return alarms
        named = [known for known in alarms if known.external_alarm_id == message.thread_id]
        named.sort(key=lambda known: known.is_cleared)
        return named[0] if named else None

    async def _create(self, message: NotificationMessage) -> ChannelResult:
        reply = await self._api.create(alarm.new_alarm(message))
        created = reply.decode_body(Alarm)
        if isinstance(created, HttpReply):
            return created.channel_result()
        return _delivered(created, f"alarm {created.id}")

    async def _patch(self, known: Alarm, body: Json) -> ChannelResult:
        reply = await self._api.patch(str(known.id), body)
        return msgspec.structs.replace(reply.channel_result(), reference=str(known.id))


def _status_of(notification: OpenNotification, reply: HttpReply) -> ReceiverStatus | None:
    known = reply.decode_body(Alarm)
    if not isinstance(known, Alarm) or known.ack_state != "acknowledged":
        return None
    return ReceiverStatus(
        thread_id=notification.thread_id,
        status=known.ack_state,
        acceptance=Acceptance.ACCEPTED,
        text=known.ack_user_id,
    )


def _delivered(known: Alarm, text: str) -> ChannelResult:
    return ChannelResult(outcome=ChannelOutcome.DELIVERED, text=text, reference=str(known.id))


CHANNEL = ChannelKind(
    settings=Settings,
    check=check_tmf,
    make=AlarmChannel,
    notifies="an alarm management system (TM Forum TMF642, 4.0.0)",
    delivered_when="there is an alarm",
    recognises_by="`externalAlarmId`",
)
