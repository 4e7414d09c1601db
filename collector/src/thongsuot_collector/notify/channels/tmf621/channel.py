"""
TMF621: a trouble ticket in the carrier's own system, version 5 by default, version 4 where wanted.

A ticket is found by its external identifier before one is made: a request whose answer was lost
makes no second one. What the carrier does with it comes back by asking now and then, and at once
where the carrier tells a callback that something has changed.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec

from thongsuot_collector.incidents.notification_log import NotificationCause, NotificationKind
from thongsuot_collector.notify.channels.tmf621 import states, ticket
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

_AT_ONCE = 4

_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
_PATCH = {"Content-Type": "application/merge-patch+json", "Accept": "application/json"}

Positive = Annotated[float, msgspec.Meta(gt=0)]


class Settings(CallbackSettings, frozen=True, kw_only=True):
    """
    One ``[[channels]]`` of kind ``tmf621``.

    ``url`` is the carrier's API root, without ``/tmf-api``. ``customer`` is how the carrier knows
    the city. Not ``sets_status``: the carrier alone says how far a ticket is, and is told in notes.
    ``poll_s`` is how often open tickets are asked for.
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
    """The channel; see ``Channel`` and ``Watching``."""

    display_name = "tmf621"

    def __init__(self, settings: Settings) -> None:
        self.poll_s = settings.poll_s
        self._settings = settings
        self._version: Version = settings.version
        self._base = settings.url.rstrip("/") + ticket.BASES[settings.version]
        self._hub = HubSubscription(settings, f"{self._base}/hub", is_typed=settings.version == 5)
        self._client = HttpClient(settings, secrets=self._hub.secrets)

    async def send(self, message: NotificationMessage) -> ChannelResult:
        """Make a ticket, change it, or bring it to its end."""
        found = await self._find(message)
        if isinstance(found, HttpReply):
            return found.channel_result()
        if message.kind is NotificationKind.RESOLVED:
            return await self._end(message, found)
        if found is None:
            return await self._create(message)
        if message.kind is NotificationKind.OPENED:
            return _answer(found, f"{found.id} is there already, {found.status}")
        return await self._go_on(message, found)

    async def poll(self, known: Sequence[OpenNotification]) -> Sequence[ReceiverStatus]:
        """Ask for each ticket."""
        await self._hub.subscribe(self._client)
        turns = asyncio.Semaphore(_AT_ONCE)

        async def look(one: OpenNotification) -> ReceiverStatus | None:
            async with turns:
                reply = await self._client.request("GET", f"{self._tickets}/{one.reference}")
            found = reply.decode_body(TroubleTicket)
            if not isinstance(found, TroubleTicket) or not found.status:
                return None
            others = sum(note.get("author") != ticket.AUTHOR for note in found.note)
            return ReceiverStatus(
                thread_id=one.thread_id,
                status=found.status,
                text=found.last_said,
                revision=f"{found.status} {others}",
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
    def _tickets(self) -> str:
        return f"{self._base}/troubleTicket"

    async def _find(self, message: NotificationMessage) -> TroubleTicket | HttpReply | None:
        """
        Return the ticket of a message, ``None`` where there is none; a reply where that is not
        known.
        """
        if message.reference:
            reply = await self._client.request("GET", f"{self._tickets}/{message.reference}")
            known = reply.decode_body(TroubleTicket)
            if isinstance(known, TroubleTicket):
                return known
            if reply.status != 404:
                return _not_told(known)
            # The ticket, or all of the API, is not there any more: the next answer says which.
        params = ticket.external_id_filter(self._version, message.thread_id)
        reply = await self._client.request("GET", self._tickets, params=params)
        found = reply.decode_body(tuple[TroubleTicket, ...])
        if isinstance(found, HttpReply):
            return _not_told(found)
        # A server may not know the filter and answer with all that it has.
        named = [one for one in found if one.is_named(message.thread_id)]
        named.sort(key=lambda one: states.is_over(one.status))
        return named[0] if named else None

    async def _create(self, message: NotificationMessage, *, follows: str = "") -> ChannelResult:
        asked = ticket.new_ticket(
            message,
            self._version,
            ticket_type=self._settings.ticket_type,
            customer=self._settings.customer,
            follows=follows,
        )
        reply = await self._ask("POST", self._tickets, asked)
        if reply.outcome is not ChannelOutcome.DELIVERED:
            return reply.channel_result()
        made = reply.decode_body(TroubleTicket)
        if isinstance(made, HttpReply):
            # 202: taken, but not there yet; it is found by its external identifier later.
            return ChannelResult(
                outcome=ChannelOutcome.DELIVERED, text=f"{reply.text}; no ticket number yet"
            )
        return _answer(made, f"{made.id} {made.status}")

    async def _go_on(self, message: NotificationMessage, found: TroubleTicket) -> ChannelResult:
        """Say what has changed; the fault goes on, whatever the carrier thinks of it."""
        if found.status == states.REJECTED:
            return _answer(found, f"{found.id} was rejected; it is not made again")
        if states.is_over(found.status):
            return await self._create(message, follows=found.id)
        status = states.IN_PROGRESS if found.status == states.RESOLVED else ""
        return await self._change(message, found, status)

    async def _change(
        self, message: NotificationMessage, found: TroubleTicket, status: str
    ) -> ChannelResult:
        if not self._settings.sets_status:
            status = ""
        asked = ticket.ticket_patch(message, self._version, found, status=status)
        reply = await self._ask("PATCH", f"{self._tickets}/{found.id}", asked)
        if reply.outcome is ChannelOutcome.REJECTED and status:
            # What may be said to the carrier without being its business is said at least.
            asked = ticket.ticket_patch(message, self._version, found)
            again = await self._ask("PATCH", f"{self._tickets}/{found.id}", asked)
            if again.outcome is ChannelOutcome.DELIVERED:
                return _answer(found, f"{found.id} noted; its state stays: {reply.text}")
        return msgspec.structs.replace(reply.channel_result(), reference=found.id)

    async def _end(
        self, message: NotificationMessage, found: TroubleTicket | None
    ) -> ChannelResult:
        """Bring a ticket to its end: resolved, or taken back where it was not the carrier's."""
        if found is None:
            return ChannelResult(
                outcome=ChannelOutcome.DELIVERED, text="there is no ticket to bring to an end"
            )
        if states.is_over(found.status):
            return _answer(found, f"{found.id} is {found.status} already")
        is_restored = message.record.cause is NotificationCause.ENDED
        wanted = states.RESOLVED if is_restored else states.CANCELLED
        steps = states.status_path(found.status, wanted) if self._settings.sets_status else None
        for status in (steps or ())[:-1]:
            asked = ticket.status_patch(self._version, status)
            reply = await self._ask("PATCH", f"{self._tickets}/{found.id}", asked)
            if reply.outcome is ChannelOutcome.REJECTED:
                return await self._change(message, found, "")
            if reply.outcome is not ChannelOutcome.DELIVERED:
                return msgspec.structs.replace(reply.channel_result(), reference=found.id)
        return await self._change(message, found, steps[-1] if steps else "")

    async def _ask(self, method: str, url: str, asked: Json) -> HttpReply:
        headers = _PATCH if method == "PATCH" and self._version == 5 else _HEADERS
        body = msgspec.json.encode(asked)
        return await self._client.request(method, url, body=body, headers=headers)


def _answer(found: TroubleTicket, text: str) -> ChannelResult:
    return ChannelResult(outcome=ChannelOutcome.DELIVERED, text=text, reference=found.id)


def _not_told(reply: HttpReply) -> HttpReply:
    """Return what a question in vain means: whatever came of it, nothing was told."""
    is_unsure = reply.outcome is ChannelOutcome.UNKNOWN
    return msgspec.structs.replace(reply, outcome=ChannelOutcome.RETRY) if is_unsure else reply


CHANNEL = ChannelKind(
    settings=Settings,
    check=check,
    make=TroubleTicketChannel,
    notifies="a carrier's ticket system (TM Forum TMF621, 5.0.1 or 4.0.0)",
    delivered_when="the carrier's system accepts a ticket, a state or a note",
    recognises_by="the external identifier",
)
