"""A carrier's service desk: its systems, kept in one file, and the actions of its staff."""

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Final

from thongsuot_lab.carrier_desk.alarms import AlarmStore
from thongsuot_lab.carrier_desk.documents import ApiError, Json
from thongsuot_lab.carrier_desk.hub import EventHub
from thongsuot_lab.carrier_desk.tickets import TicketStore, note_document

OPERATOR_NAME: Final = "Trực ban nhà mạng"


class ServiceDesk:
    """
    A carrier's systems and staff.

    ``keep`` is the file that holds everything (``None``: nothing is kept). After ``clerk_s``
    somebody begins to work on a new ticket (0: only on request).
    """

    def __init__(self, keep: Path | None = None, *, clerk_s: float = 0.0) -> None:
        kept: dict[str, dict[str, dict[str, Json]]] = {}
        if keep is not None and keep.exists():
            kept = json.loads(keep.read_text("utf-8"))
        self.tickets = TicketStore(kept.get("tickets"))
        self.alarms = AlarmStore(kept.get("alarms", {}).get("alarms"))
        hubs = kept.get("hubs", {})
        self.hubs = {name: EventHub(hubs.get(name)) for name in ("4", "5", "alarm")}
        self._keep = keep
        self._clerk_s = clerk_s
        self._tasks: set[asyncio.Task[None]] = set()

    def create_ticket(self, version: int, document: Json) -> Json:
        """Create a ticket and notify subscribers."""
        ticket = self.tickets.create(version, document)
        self.write()
        self._publish_ticket(version, "TroubleTicketCreateEvent", ticket)
        if self._clerk_s:
            self._spawn(self._start_work(version, str(ticket["id"])))
        return ticket

    def patch_ticket(self, version: int, name: str, document: Json) -> Json:
        """Change a ticket and notify subscribers."""
        before, after = self.tickets.patch(version, name, document)
        self.write()
        if after["status"] == before["status"]:
            self._publish_ticket(version, "TroubleTicketAttributeValueChangeEvent", after)
        else:
            self._publish_ticket(version, "TroubleTicketStatusChangeEvent", after)
            if after["status"] == "resolved":
                self._publish_ticket(version, "TroubleTicketResolvedEvent", after)
        return after

    def update_as_operator(self, version: int, name: str, *, status: str, text: str) -> Json:
        """
        Apply an action of the desk's staff to a ticket.

        Raises:
            ApiError: the transition to that state is not allowed.
        """
        before = self.tickets.get(version, name)
        document: Json = {"status": status or before["status"]}
        if text:
            notes = before.get("note")
            document["note"] = [
                *(notes if isinstance(notes, list) else []),
                note_document(version, OPERATOR_NAME, text),
            ]
        return self.patch_ticket(version, name, document)

    def start_work(self, version: int, name: str) -> None:
        """Let the clerk begin to work on a ticket, unless it was cancelled meanwhile."""
        try:
            self.update_as_operator(
                version, name, status="inProgress", text="Đã tiếp nhận, đang kiểm tra."
            )
        except ApiError:
            return  # the ticket was cancelled meanwhile

    def create_alarm(self, document: Json) -> Json:
        """Create an alarm and notify subscribers."""
        alarm = self.alarms.create(document)
        self.write()
        self._publish_alarm("AlarmCreateEvent", alarm)
        return alarm

    def patch_alarm(self, name: str, document: Json) -> Json:
        """Change an alarm and notify subscribers."""
        before, after = self.alarms.patch(name, document)
        self.write()
        is_state = before["perceivedSeverity"] != after["perceivedSeverity"]
        kind = "AlarmStateChangeEvent" if is_state else "AlarmAttributeValueChangeEvent"
        self._publish_alarm(kind, after)
        return after

    def write(self) -> None:
        """Save everything."""
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
        new_file = self._keep.with_suffix(".new")
        new_file.write_text(text, "utf-8")
        new_file.rename(self._keep)

    def clear(self) -> None:
        """Delete everything."""
        self.tickets, self.alarms = TicketStore(), AlarmStore()
        self.hubs = {name: EventHub() for name in self.hubs}
        self.write()

    async def stop(self) -> None:
        """Cancel pending work."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _start_work(self, version: int, name: str) -> None:
        await asyncio.sleep(self._clerk_s)
        self.start_work(version, name)

    def _publish_ticket(self, version: int, kind: str, ticket: Json) -> None:
        hub = self.hubs[str(version)]
        self._spawn(hub.publish(kind, "troubleTicket", dict(ticket), is_typed=version == 5))

    def _publish_alarm(self, kind: str, alarm: Json) -> None:
        self._spawn(self.hubs["alarm"].publish(kind, "alarm", dict(alarm), is_typed=False))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
