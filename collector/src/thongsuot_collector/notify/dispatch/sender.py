"""Sender: composes the message that is due in a thread, and passes it to the channel."""

import logging
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from thongsuot_collector.errors import Deposed
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.notify.contract import Channel, ReadByPeople
from thongsuot_collector.notify.dispatch import notified
from thongsuot_collector.notify.dispatch.composer import MessageComposer
from thongsuot_collector.notify.dispatch.digest import DigestBatch
from thongsuot_collector.notify.dispatch.notification_store import NotificationStore
from thongsuot_collector.notify.dispatch.thread import NotificationThread, RouteState
from thongsuot_collector.notify.dispatch.transitions import Send
from thongsuot_collector.notify.message import (
    ChannelOutcome,
    ChannelResult,
    NotificationMessage,
    PlainNotice,
)
from thongsuot_collector.printable import printable_line
from thongsuot_schema.words.language import Language

LastLook = Callable[[NotificationThread, RouteState], Awaitable[None]]
"""Polls a receiver's status of a notification that is about to be ended."""

_log = logging.getLogger(__name__)


async def _look_nowhere(_thread: NotificationThread, _route: RouteState) -> None:
    """Poll no receiver."""


class Sender:
    """
    Sends messages by the configured channels.

    ``may_send`` is called right before each attempt, ``last_look`` before one that ends a
    notification.
    """

    def __init__(
        self, channels: Mapping[str, Channel], composer: MessageComposer, store: NotificationStore
    ) -> None:
        self.may_send: Callable[[], bool] = lambda: True
        self.last_look: LastLook = _look_nowhere
        self._channels = channels
        self._composer = composer
        self._store = store

    async def send(
        self, thread: NotificationThread, step: Send, batch: DigestBatch | None = None
    ) -> ChannelResult:
        """
        Make one attempt, together with a batch; a channel's bug is also a result.

        Raises:
            Deposed: another collector notifies by now.
        """
        if not self.may_send():
            raise Deposed(f"incident={thread.incident} is no longer notified by this collector")
        name = step.route.partition(":")[0]
        channel = self._channels.get(name)
        if channel is None:
            return ChannelResult(
                outcome=ChannelOutcome.CHANNEL_UNAVAILABLE,
                text=f"channel {name!r} no longer exists",
            )
        try:
            if step.kind is NotificationKind.RESOLVED:
                await self.last_look(thread, thread.route_state(step.route))
            message = self._compose(thread, step)
            if batch is None:
                return _storable(await channel.send(message))
            language = self._composer.language_of(name)
            return _storable(await batch.deliver(message, channel.send, language))
        except Exception as error:  # noqa: BLE001 - one message must not stop all the others
            _log.exception("cannot notify incident=%s channel=%s: a bug", thread.incident, name)
            text = f"an internal error: {type(error).__name__}"
            return ChannelResult(outcome=ChannelOutcome.REJECTED, text=text)

    async def send_notice(self, route: str, notice: PlainNotice) -> ChannelResult:
        """
        Make one attempt to send people a notice that is about no incident.

        Raises:
            Deposed: another collector notifies by now.
        """
        if not self.may_send():
            raise Deposed(f"notice={notice.key} is no longer sent by this collector")
        name = route.partition(":")[0]
        channel = self._channels.get(name)
        if not isinstance(channel, ReadByPeople):
            return ChannelResult(
                outcome=ChannelOutcome.CHANNEL_UNAVAILABLE,
                text=f"no people read the messages of channel {name!r}",
            )
        try:
            return _storable(await channel.send(notice))
        except Exception as error:  # noqa: BLE001 - one notice must not stop all the others
            _log.exception("cannot send notice=%s channel=%s: a bug", notice.key, name)
            text = f"an internal error: {type(error).__name__}"
            return ChannelResult(outcome=ChannelOutcome.REJECTED, text=text)

    def language_of(self, channel: str) -> Language:
        """Return the language of a channel's messages to people."""
        return self._composer.language_of(channel)

    def _compose(self, thread: NotificationThread, step: Send) -> NotificationMessage:
        site = thread.event.incident.members[0].subject.site
        own = thread.incident, thread.audience
        others = [
            other for other in self._store.of_site(site) if (other.incident, other.audience) != own
        ]
        known = [
            notification
            for notification in notified.site_notifications(site, others, self.display_name_of)
            if notification.is_delivered
        ]
        return self._composer.compose(thread, step.route, step.kind, notified=tuple(known))

    def is_read_by_people(self, channel: str) -> bool:
        """Return whether people read a channel's messages."""
        return isinstance(self._channels.get(channel), ReadByPeople)

    def display_name_of(self, channel: str) -> str:
        """Return the display name of a channel."""
        known = self._channels.get(channel)
        return channel if known is None else known.display_name


def _storable(result: ChannelResult) -> ChannelResult:
    """
    Return a result whose text can be kept and shown, whatever its receiver answered: a mail server
    may answer in Latin-1, and halves of surrogates stand for that in its text.
    """
    return msgspec.structs.replace(result, text=printable_line(result.text))
