"""
TMF621: a trouble ticket in the carrier's own system, version 5 by default, version 4 by
configuration.

A ticket is searched by its external identifier before one is created: a request whose answer was
lost creates no second one. The carrier's changes are polled, and arrive at once if the carrier
sends callbacks. A notification counts as delivered only when the carrier's system has accepted
something written for it: a ticket, a state or a note.
"""

from collections.abc import Sequence

import msgspec

from thongsuot_collector.incidents.notification_log import NotificationCause, NotificationKind
from thongsuot_collector.notify.channels.tmf621 import states
from thongsuot_collector.notify.channels.tmf621 import ticket as forms
from thongsuot_collector.notify.channels.tmf621.ticket import Json, TroubleTicket, Version
from thongsuot_collector.notify.contract import ChannelKind
from thongsuot_collector.notify.http.client import HttpReply
from thongsuot_collector.notify.http.tmf_api import TmfApi, TmfSettings, check_tmf
from thongsuot_collector.notify.message import (
    ChannelOutcome,
    ChannelResult,
    NotificationMessage,
    OpenNotification,
    ReceiverStatus,
)

_PATCH_TYPES = {5: "application/merge-patch+json", 4: "application/json"}


class Settings(TmfSettings, frozen=True, kw_only=True):
    """
    One ``[[channels]]`` of kind ``tmf621``.

    ``url`` is the carrier's API root, without ``/tmf-api``. ``customer`` is the carrier's name for
    the city. Not ``sets_status``: only the carrier sets the state of a ticket, and is notified in
    notes. ``poll_s`` is how often open tickets are polled.
    """

    version: Version = 5
    ticket_type: str = "incident"
    customer: str = ""
    sets_status: bool = True


class TroubleTicketChannel:
    """The channel; see ``Channel``, ``Polling`` and ``AcceptsCallbacks``."""

    display_name = "tmf621"

    def __init__(self, settings: Settings) -> None:
        self.poll_s = settings.poll_s
        self._settings = settings
        self._version: Version = settings.version
        path = forms.BASES[settings.version]
        self._api = TmfApi(settings, path, "troubleTicket", is_typed=settings.version == 5)

    async def send(self, message: NotificationMessage) -> ChannelResult:
        """Create a ticket, change it, or end it."""
        ticket = await self._find(message)
        if isinstance(ticket, HttpReply):
            return ticket.channel_result()
        if message.kind is NotificationKind.RESOLVED:
            return await self._end(message, ticket)
        if ticket is None:
            return await self._create(message)
        if (
            message.kind is NotificationKind.OPENED
            and ticket.is_named(message.thread_id)
            and states.is_live(ticket.status)
        ):
            # An earlier attempt created it, and its answer was lost.
            return _delivered(ticket, f"{ticket.id} is there already, {ticket.status}")
        return await self._go_on(message, ticket)

    async def poll(self, notifications: Sequence[OpenNotification]) -> Sequence[ReceiverStatus]:
        """Ask for each ticket."""
        return await self._api.poll(notifications, _status_of)

    def accepts_callback(self, token: str) -> bool:
        """See ``AcceptsCallbacks``."""
        return self._api.accepts_callback(token)

    async def close(self) -> None:
        """See ``Channel``."""
        await self._api.close()

    async def _find(self, message: NotificationMessage) -> TroubleTicket | HttpReply | None:
        """Return the ticket of a message, ``None`` if there is none; a reply if that is unknown."""
        if message.reference:
            known = await self._api.find(message.reference, TroubleTicket)
            if known is not None:
                return known
            # The ticket, or the whole API, no longer exists: the next answer shows which.
        named = await self._find_named(message.thread_id)
        if isinstance(named, HttpReply):
            return named
        return named[0] if named else None

    async def _find_named(self, external_id: str) -> list[TroubleTicket] | HttpReply:
        """Return the tickets with an external identifier, those in progress first."""
        query = forms.external_id_filter(self._version, external_id)
        tickets = await self._api.search(query, TroubleTicket)
        if isinstance(tickets, HttpReply):
            return tickets
        named = [ticket for ticket in tickets if ticket.is_named(external_id)]
        return sorted(named, key=lambda ticket: not states.is_live(ticket.status))

    async def _create(self, message: NotificationMessage, *, follows: str = "") -> ChannelResult:
        body = forms.new_ticket(
            message,
            self._version,
            ticket_type=self._settings.ticket_type,
            customer=self._settings.customer,
            follows=follows,
        )
        reply = await self._api.create(body)
        if reply.outcome is not ChannelOutcome.DELIVERED:
            return reply.channel_result()
        created = reply.decode_body(TroubleTicket)
        if isinstance(created, HttpReply):
            # 202: accepted, but not there yet; it is found by its external identifier later.
            text = f"{reply.text}; no ticket number yet"
            return ChannelResult(outcome=ChannelOutcome.DELIVERED, text=text)
        return _delivered(created, f"{created.id} {created.status}")

    async def _go_on(self, message: NotificationMessage, ticket: TroubleTicket) -> ChannelResult:
        """Report that the fault exists, regardless of the state of an earlier ticket."""
        is_of_this_outage = message.kind is NotificationKind.UPDATED or ticket.is_named(
            message.thread_id
        )
        if states.is_refused(ticket.status) and is_of_this_outage:
            # The carrier has rejected it; repeating it does not help. The city has been notified.
            return ChannelResult(
                outcome=ChannelOutcome.REJECTED,
                text=f"{ticket.id} is {ticket.status} by the carrier; no other ticket is made",
                reference=ticket.id,
            )
        if states.is_over(ticket.status):
            return await self._follow(message, ticket)
        if ticket.status != states.RESOLVED:
            return await self._note(message, ticket)
        if self._settings.sets_status:
            reply = await self._patch(message, ticket, states.IN_PROGRESS)
            if reply.outcome is not ChannelOutcome.REJECTED:
                return msgspec.structs.replace(reply.channel_result(), reference=ticket.id)
        # Nobody works on a ticket that stays resolved: a note there would be read by nobody.
        return await self._follow(message, ticket)

    async def _follow(self, message: NotificationMessage, ticket: TroubleTicket) -> ChannelResult:
        """Create the successor of a ticket that is over, unless an earlier attempt created it."""
        named = await self._find_named(message.thread_id)
        if isinstance(named, HttpReply):
            return named.channel_result()
        for other in named:
            if other.id != ticket.id and states.is_live(other.status):
                return await self._note(message, other)
        return await self._create(message, follows=ticket.id)

    async def _note(self, message: NotificationMessage, ticket: TroubleTicket) -> ChannelResult:
        """Add a note, unless an earlier attempt added it."""
        if ticket.has_note(forms.note_text(message)):
            return _delivered(ticket, f"{ticket.id} has the note already")
        reply = await self._patch(message, ticket, "")
        return msgspec.structs.replace(reply.channel_result(), reference=ticket.id)

    async def _end(
        self, message: NotificationMessage, ticket: TroubleTicket | None
    ) -> ChannelResult:
        """End a ticket: resolved, or withdrawn if the fault was not the carrier's."""
        if ticket is None:
            text = "there is no ticket to bring to an end"
            return ChannelResult(outcome=ChannelOutcome.DELIVERED, text=text)
        if states.is_over(ticket.status):
            return _delivered(ticket, f"{ticket.id} is {ticket.status} already")
        is_restored = message.record.cause is NotificationCause.ENDED
        wanted = states.RESOLVED if is_restored else states.CANCELLED
        steps = states.status_path(ticket.status, wanted) if self._settings.sets_status else None
        for status in (steps or ())[:-1]:
            body = forms.status_patch(self._version, status)
            reply = await self._write_patch(ticket, body)
            if reply.outcome is ChannelOutcome.REJECTED:
                steps = None
                break
            if reply.outcome is not ChannelOutcome.DELIVERED:
                return msgspec.structs.replace(reply.channel_result(), reference=ticket.id)
        if not steps:
            return await self._note(message, ticket)
        reply = await self._patch(message, ticket, steps[-1])
        if reply.outcome is ChannelOutcome.REJECTED:
            # A state that the carrier does not allow to be set is at least noted.
            noted = await self._note(message, ticket)
            if noted.outcome is ChannelOutcome.DELIVERED:
                return _delivered(ticket, f"{ticket.id} noted; its state stays: {reply.text}")
        return msgspec.structs.replace(reply.channel_result(), reference=ticket.id)

    async def _patch(
        self, message: NotificationMessage, ticket: TroubleTicket, status: str
    ) -> HttpReply:
        body = forms.ticket_patch(message, self._version, ticket, status=status)
        return await self._write_patch(ticket, body)

    async def _write_patch(self, ticket: TroubleTicket, body: Json) -> HttpReply:
        return await self._api.patch(ticket.id, body, content_type=_PATCH_TYPES[self._version])


def _status_of(notification: OpenNotification, reply: HttpReply) -> ReceiverStatus | None:
    ticket = reply.decode_body(TroubleTicket)
    if not isinstance(ticket, TroubleTicket) or not ticket.status:
        return None
    return ReceiverStatus(
        thread_id=notification.thread_id,
        status=ticket.status,
        acceptance=states.acceptance(ticket.status),
        text=ticket.carrier_text,
        revision=f"{ticket.status} {ticket.carrier_notes}",
    )


def _delivered(ticket: TroubleTicket, text: str) -> ChannelResult:
    return ChannelResult(outcome=ChannelOutcome.DELIVERED, text=text, reference=ticket.id)


CHANNEL = ChannelKind(
    settings=Settings,
    check=check_tmf,
    make=TroubleTicketChannel,
    notifies="a carrier's ticket system (TM Forum TMF621, 5.0.1 or 4.0.0)",
    delivered_when="the carrier's system accepts a ticket, a state or a note",
    recognises_by="the external identifier",
)
