"""Desk: the carrier's systems together, kept in one file, and what its own people do with them."""

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Final

from thongsuot_lab.carrier_desk.alarms import Alarms
from thongsuot_lab.carrier_desk.http import Json, Refused
from thongsuot_lab.carrier_desk.hub import Hub
from thongsuot_lab.carrier_desk.tickets import Tickets, note

AUTHOR: Final = "Trực ban nhà mạng"


class Desk:
    """
    A carrier's systems and people.

    ``keep`` is where everything is written down (``None``: nowhere). After ``clerk_s`` somebody
    begins to work on a new ticket (0: nobody does by themselves).
    """

    def __init__(self, keep: Path | None = None, *, clerk_s: float = 0.0) -> None:
        kept: dict[str, dict[str, dict[str, Json]]] = {}
        if keep is not None and keep.exists():
            kept = json.loads(keep.read_text("utf-8"))
        self.tickets = Tickets(kept.get("tickets"))
        self.alarms = Alarms(kept.get("alarms", {}).get("alarms"))
        hubs = kept.get("hubs", {})
        self.hubs = {name: Hub(hubs.get(name)) for name in ("4", "5", "alarm")}
        self._keep = keep
        self._clerk_s = clerk_s
        self._tasks: set[asyncio.Task[None]] = set()

    def create_ticket(self, version: int, asked: Json) -> Json:
        """Take a ticket in, and tell who subscribed."""
        found = self.tickets.create(version, asked)
        self.write()
        self._tell_ticket(version, "TroubleTicketCreateEvent", found)
        if self._clerk_s:
            self._do(self._begin(version, str(found["id"])))
        return found

    def patch_ticket(self, version: int, name: str, asked: Json) -> Json:
        """Change a ticket, and tell who subscribed."""
        before, after = self.tickets.patch(version, name, asked)
        self.write()
        if after["status"] == before["status"]:
            self._tell_ticket(version, "TroubleTicketAttributeValueChangeEvent", after)
        else:
            self._tell_ticket(version, "TroubleTicketStatusChangeEvent", after)
            if after["status"] == "resolved":
                self._tell_ticket(version, "TroubleTicketResolvedEvent", after)
        return after

    def act(self, version: int, name: str, *, status: str, text: str) -> Json:
        """
        Let somebody at the desk do something with a ticket.

        Raises:
            Refused: the ticket must not come into that state.
        """
        before = self.tickets.get(version, name)
        asked: Json = {"status": status or before["status"]}
        if text:
            notes = before.get("note")
            asked["note"] = [
                *(notes if isinstance(notes, list) else []),
                note(version, AUTHOR, text),
            ]
        return self.patch_ticket(version, name, asked)

    def create_alarm(self, asked: Json) -> Json:
        """Take an alarm in, and tell who subscribed."""
        found = self.alarms.create(asked)
        self.write()
        self._tell_alarm("AlarmCreateEvent", found)
        return found

    def patch_alarm(self, name: str, asked: Json) -> Json:
        """Change an alarm, and tell who subscribed."""
        before, after = self.alarms.patch(name, asked)
        self.write()
        is_state = before["perceivedSeverity"] != after["perceivedSeverity"]
        kind = "AlarmStateChangeEvent" if is_state else "AlarmAttributeValueChangeEvent"
        self._tell_alarm(kind, after)
        return after

    def write(self) -> None:
        """Write everything down."""
        if self._keep is None:
            return
        hubs = {name: hub.subscriptions for name, hub in self.hubs.items()}
        text = json.dumps(
            {
                "tickets": self.tickets.documents,
                "alarms": {"alarms": self.alarms.documents},
                "hubs": hubs,
            },
            ensure_ascii=False,
        )
        fresh = self._keep.with_suffix(".new")
        fresh.write_text(text, "utf-8")
        fresh.rename(self._keep)

    def clear(self) -> None:
        """Throw everything away."""
        self.tickets, self.alarms = Tickets(), Alarms()
        self.hubs = {name: Hub() for name in self.hubs}
        self.write()

    async def stop(self) -> None:
        """End what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _begin(self, version: int, name: str) -> None:
        await asyncio.sleep(self._clerk_s)
        try:
            self.act(version, name, status="inProgress", text="Đã tiếp nhận, đang kiểm tra.")
        except Refused:
            return  # it was taken back meanwhile

    def _tell_ticket(self, version: int, kind: str, ticket: Json) -> None:
        hub = self.hubs[str(version)]
        self._do(hub.tell(kind, "troubleTicket", dict(ticket), is_typed=version == 5))

    def _tell_alarm(self, kind: str, alarm: Json) -> None:
        self._do(self.hubs["alarm"].tell(kind, "alarm", dict(alarm), is_typed=False))

    def _do(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
