"""
TMF642: an alarm in somebody's alarm management, with causes and severities of ITU-T X.733.

As with tickets, an alarm is looked for by its external identifier before one is made.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec

from thongsuot_collector.incidents.ledger import Kind
from thongsuot_collector.notify import ChannelKind
from thongsuot_collector.notify.telling.client import Client, Reply, check_http, check_url
from thongsuot_collector.notify.telling.hub import Hub, HubSettings, check_hub
from thongsuot_collector.notify.telling.message import Answer, Message, News, Open, Outcome
from thongsuot_collector.notify.tmf import alarm
from thongsuot_collector.notify.tmf.alarm import Alarm, Json

_AT_ONCE = 4
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}

Positive = Annotated[float, msgspec.Meta(gt=0)]


class Settings(HubSettings, frozen=True, kw_only=True):
    """
    One ``[[channels]]`` of kind ``tmf642``.

    ``url`` is the API root, without ``/tmf-api``. ``look_s`` is how often open alarms are asked
    for: who has acknowledged one is noted in the incident.
    """

    url: str
    look_s: Positive = 60.0


def check(settings: Settings) -> None:
    """Refuse what cannot work: see ``ChannelKind``."""
    check_http(settings)
    check_url(settings.url)
    check_hub(settings)


class Alarms:
    """The channel; see ``Channel`` and ``Watching``."""

    word = "tmf642"

    def __init__(self, settings: Settings) -> None:
        self.look_s = settings.look_s
        self._base = settings.url.rstrip("/") + alarm.BASE
        self.hub = Hub(settings, f"{self._base}/hub", is_typed=False)
        self._client = Client(settings, secrets=self.hub.secrets)

    async def tell(self, message: Message) -> Answer:
        """Raise an alarm, change it, or clear it."""
        found = await self._find(message)
        if isinstance(found, Reply):
            return found.answer()
        if message.kind is Kind.RESOLVED:
            if found is None or found.is_cleared:
                text = "there is no alarm to clear" if found is None else "cleared already"
                return Answer(outcome=Outcome.DELIVERED, text=text)
            return await self._patch(found, alarm.cleared(message))
        if found is None or found.is_cleared:
            return await self._create(message)
        if message.kind is Kind.OPENED:
            return _answer(found, f"alarm {found.id} is there already")
        return await self._patch(found, alarm.changed(message))

    async def look(self, known: Sequence[Open]) -> Sequence[News]:
        """Ask for each alarm: has anybody acknowledged it?"""
        await self.hub.subscribe(self._client)
        turns = asyncio.Semaphore(_AT_ONCE)

        async def look(one: Open) -> News | None:
            async with turns:
                reply = await self._client.ask("GET", f"{self._alarms}/{one.reference}")
            found = reply.read(Alarm)
            if not isinstance(found, Alarm) or found.ack_state != "acknowledged":
                return None
            return News(
                conversation=one.conversation, status="acknowledged", text=found.ack_user_id
            )

        found = await asyncio.gather(*(look(one) for one in known))
        return [one for one in found if one is not None]

    async def close(self) -> None:
        """Take the subscription back, and close the connections."""
        await self.hub.unsubscribe(self._client)
        await self._client.close()

    @property
    def _alarms(self) -> str:
        return f"{self._base}/alarm"

    async def _find(self, message: Message) -> Alarm | Reply | None:
        """
        Return the alarm of a message, ``None`` where there is none; a reply where that is not
        known.
        """
        if message.reference:
            reply = await self._client.ask("GET", f"{self._alarms}/{message.reference}")
            known = reply.read(Alarm)
            if isinstance(known, Alarm):
                return known
            if reply.status != 404:
                return _not_told(known)
        params = {"externalAlarmId": message.conversation}
        reply = await self._client.ask("GET", self._alarms, params=params)
        found = reply.read(tuple[Alarm, ...])
        if isinstance(found, Reply):
            return _not_told(found)
        named = [one for one in found if one.external_alarm_id == message.conversation]
        named.sort(key=lambda one: one.is_cleared)
        return named[0] if named else None

    async def _create(self, message: Message) -> Answer:
        reply = await self._ask("POST", self._alarms, alarm.created(message))
        made = reply.read(Alarm)
        if isinstance(made, Reply):
            return made.answer()
        return _answer(made, f"alarm {made.id}")

    async def _patch(self, found: Alarm, asked: Json) -> Answer:
        reply = await self._ask("PATCH", f"{self._alarms}/{found.id}", asked)
        return msgspec.structs.replace(reply.answer(), reference=str(found.id))

    async def _ask(self, method: str, url: str, asked: Json) -> Reply:
        body = msgspec.json.encode(asked)
        return await self._client.ask(method, url, body=body, headers=_HEADERS)


def _answer(found: Alarm, text: str) -> Answer:
    return Answer(outcome=Outcome.DELIVERED, text=text, reference=str(found.id))


def _not_told(reply: Reply) -> Reply:
    """Return what a question in vain means: whatever came of it, nothing was told."""
    is_unsure = reply.outcome is Outcome.UNSURE
    return msgspec.structs.replace(reply, outcome=Outcome.BUSY) if is_unsure else reply


CHANNEL = ChannelKind(settings=Settings, check=check, make=Alarms)
