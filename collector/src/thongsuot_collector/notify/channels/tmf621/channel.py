"""
TMF621: a trouble ticket in the carrier's own system, version 5 by default, version 4 where wanted.

A ticket is looked for by its external identifier before one is made: a request whose answer was
lost makes no second one. What the carrier does with it comes back by polling, and at once where the
carrier calls when something has changed. A notification counts as delivered only when the carrier's
system has accepted something written for it: a ticket, a state or a note.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec

from thongsuot_collector.incidents.notification_log import NotificationCause, NotificationKind
from thongsuot_collector.notify.channels.tmf621 import states
from thongsuot_collector.notify.channels.tmf621 import ticket as forms
from thongsuot_collector.notify.channels.tmf621.ticket import Json, TroubleTicket, Version
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

_CONCURRENT_POLLS = 4

_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
_PATCH_HEADERS = {"Content-Type": "application/merge-patch+json", "Accept": "application/json"}

Positive = Annotated[float, msgspec.Meta(gt=0)]


class Settings(CallbackSettings, frozen=True, kw_only=True):
    """
    One ``[[channels]]`` of kind ``tmf621``.

    ``url`` is the carrier's API root, without ``/tmf-api``. ``customer`` is how the carrier knows
    the city. Not ``sets_status``: the carrier alone sets the state of a ticket, and is told in
    notes. ``poll_s`` is how often open tickets are asked for.
    """

    url: str
    version: Version = 5
    ticket_type: str = "incident"
    customer: str = ""
    sets_status: bool = True
    poll_s: Positive = 60.0


def check(settings: Settings) -> None:
    """Refuse what cannot work: see ``ChannelKind``."""
    check_http(settings)
    check_url(settings.url)
    check_callback(settings)


class TroubleTicketChannel:
    """The channel; see ``Channel``, ``Polling`` and ``AcceptsCallbacks``."""

    display_name = "tmf621"

    def __init__(self, settings: Settings) -> None:
        self.poll_s = settings.poll_s
        self._settings = settings
        self._version: Version = settings.version
        self._base = settings.url.rstrip("/") + forms.BASES[settings.version]
        self._hub = HubSubscription(settings, f"{self._base}/hub", is_typed=settings.version == 5)
        self._client = HttpClient(settings, secrets=self._hub.secrets)

    async def send(self, message: NotificationMessage) -> ChannelResult:
        """Make a ticket, change it, or bring it to its end."""
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
            # An earlier attempt made it, and its answer was lost.
            return _delivered(ticket, f"{ticket.id} is there already, {ticket.status}")
        return await self._go_on(message, ticket)

    async def poll(self, notifications: Sequence[OpenNotification]) -> Sequence[ReceiverStatus]:
        """Ask for each ticket."""
        await self._hub.subscribe(self._client)
        slots = asyncio.Semaphore(_CONCURRENT_POLLS)

        async def poll_one(notification: OpenNotification) -> ReceiverStatus | None:
            async with slots:
                url = f"{self._tickets}/{notification.reference}"
                reply = await self._client.request("GET", url)
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
    def _tickets(self) -> str:
        return f"{self._base}/troubleTicket"

    async def _find(self, message: NotificationMessage) -> TroubleTicket | HttpReply | None:
        """Return the ticket of a message, ``None`` where there is none; a reply: not known."""
        if message.reference:
            reply = await self._client.request("GET", f"{self._tickets}/{message.reference}")
            known = reply.decode_body(TroubleTicket)
            if isinstance(known, TroubleTicket):
                return known
            if reply.status != 404:
                return _not_sent(known)
            # The ticket, or all of the API, is not there any more: the next answer says which.
        named = await self._find_named(message.thread_id)
        if isinstance(named, HttpReply):
            return named
        return named[0] if named else None

    async def _find_named(self, external_id: str) -> list[TroubleTicket] | HttpReply:
        """Return the tickets with an external identifier, those in work first."""
        params = forms.external_id_filter(self._version, external_id)
        reply = await self._client.request("GET", self._tickets, params=params)
        tickets = reply.decode_body(tuple[TroubleTicket, ...])
        if isinstance(tickets, HttpReply):
            return _not_sent(tickets)
        # A server may not know the filter and answer with all that it has.
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
        reply = await self._write("POST", self._tickets, body)
        if reply.outcome is not ChannelOutcome.DELIVERED:
            return reply.channel_result()
        created = reply.decode_body(TroubleTicket)
        if isinstance(created, HttpReply):
            # 202: accepted, but not there yet; it is found by its external identifier later.
            text = f"{reply.text}; no ticket number yet"
            return ChannelResult(outcome=ChannelOutcome.DELIVERED, text=text)
        return _delivered(created, f"{created.id} {created.status}")

    async def _go_on(self, message: NotificationMessage, ticket: TroubleTicket) -> ChannelResult:
        """Say that the fault is there, whatever the carrier thinks of an earlier ticket."""
        is_of_this_outage = message.kind is NotificationKind.UPDATED or ticket.is_named(
            message.thread_id
        )
        if states.is_refused(ticket.status) and is_of_this_outage:
            # The carrier has said no; repeating it settles nothing. The city has been told.
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
        """Make the ticket that follows one which is over, unless an earlier attempt made it."""
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
        """Bring a ticket to its end: resolved, or taken back where it was not the carrier's."""
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
            reply = await self._write("PATCH", f"{self._tickets}/{ticket.id}", body)
            if reply.outcome is ChannelOutcome.REJECTED:
                steps = None
                break
            if reply.outcome is not ChannelOutcome.DELIVERED:
                return msgspec.structs.replace(reply.channel_result(), reference=ticket.id)
        if not steps:
            return await self._note(message, ticket)
        reply = await self._patch(message, ticket, steps[-1])
        if reply.outcome is ChannelOutcome.REJECTED:
            # What the carrier lets nobody set is said at least.
            noted = await self._note(message, ticket)
            if noted.outcome is ChannelOutcome.DELIVERED:
                return _delivered(ticket, f"{ticket.id} noted; its state stays: {reply.text}")
        return msgspec.structs.replace(reply.channel_result(), reference=ticket.id)

    async def _patch(
        self, message: NotificationMessage, ticket: TroubleTicket, status: str
    ) -> HttpReply:
        body = forms.ticket_patch(message, self._version, ticket, status=status)
        return await self._write("PATCH", f"{self._tickets}/{ticket.id}", body)

    async def _write(self, method: str, url: str, body: Json) -> HttpReply:
        is_merge_patch = method == "PATCH" and self._version == 5
        headers = _PATCH_HEADERS if is_merge_patch else _HEADERS
        return await self._client.request(
            method, url, body=msgspec.json.encode(body), headers=headers
        )


def _delivered(ticket: TroubleTicket, text: str) -> ChannelResult:
    return ChannelResult(outcome=ChannelOutcome.DELIVERED, text=text, reference=ticket.id)


def _not_sent(reply: HttpReply) -> HttpReply:
    """Return what a failed question means: whatever came of it, nothing was sent."""
    is_unknown = reply.outcome is ChannelOutcome.UNKNOWN
    return msgspec.structs.replace(reply, outcome=ChannelOutcome.RETRY) if is_unknown else reply


CHANNEL = ChannelKind(
    settings=Settings,
    check=check,
    make=TroubleTicketChannel,
    notifies="a carrier's ticket system (TM Forum TMF621, 5.0.1 or 4.0.0)",
    delivered_when="the carrier's system accepts a ticket, a state or a note",
    recognises_by="the external identifier",
)
