"""Tickets: TMF621 in version 5 (5.0.1) and in version 4 (4.0.0), each ticket in one of them."""

import itertools
from datetime import UTC, datetime
from typing import Final

from thongsuot_lab.carrier_desk.http import ApiError, Json
from thongsuot_lab.carrier_desk.merge_patch import merge_patch
from thongsuot_lab.carrier_desk.ticket_states import FIRST_STATE, TRANSITIONS, is_transition_allowed

BASES: Final = {5: "/tmf-api/troubleTicket/v5", 4: "/tmf-api/troubleTicket/v4"}
REQUIRED: Final = ("description", "severity", "ticketType")

_OURS: Final = frozenset(
    {"id", "href", "creationDate", "lastUpdate", "statusChangeDate", "statusChangeHistory"}
)
"""What a customer must not set."""


class TicketStore:
    """All tickets; ``documents`` is what is kept, by version and id."""

    def __init__(self, documents: dict[str, dict[str, Json]] | None = None) -> None:
        self.documents = documents or {"4": {}, "5": {}}
        known = [int(name.partition("-")[2]) for all_ in self.documents.values() for name in all_]
        self._numbers = itertools.count(max(known, default=0) + 1)

    def create(self, version: int, asked: Json) -> Json:
        """
        Take a ticket in; it is acknowledged.

        Raises:
            Refused: something that it needs is not there.
        """
        missing = [name for name in REQUIRED if not asked.get(name)]
        if version == 5 and not asked.get("@type"):
            missing.append("@type")
        if missing:
            raise ApiError(400, f"a ticket needs {', '.join(missing)}")
        if asked.get("status", FIRST_STATE) != FIRST_STATE:
            raise ApiError(400, f"a new ticket is {FIRST_STATE}")
        name, now = f"TT-{next(self._numbers)}", rfc3339_now()
        ticket = {key: value for key, value in asked.items() if key not in _OURS} | {
            "id": name,
            "href": f"{BASES[version]}/troubleTicket/{name}",
            "creationDate": now,
            "lastUpdate": now,
        }
        found = _changed(version, ticket, FIRST_STATE, "", now)
        self.documents[str(version)][name] = found
        return found

    def get(self, version: int, name: str) -> Json:
        """
        Return a ticket.

        Raises:
            Refused: there is none of that name.
        """
        found = self.documents[str(version)].get(name)
        if found is None:
            raise ApiError(404, f"there is no ticket {name}")
        return found

    def find(self, version: int, external: str | None) -> list[Json]:
        """Return all tickets, or those with an external identifier."""
        tickets = list(self.documents[str(version)].values())
        if external is None:
            return tickets
        return [one for one in tickets if external in _externals(one)]

    def patch(self, version: int, name: str, asked: Json) -> tuple[Json, Json]:
        """
        Change a ticket; return it as it was and as it is.

        Raises:
            Refused: there is no such ticket, or it must not come into that state.
        """
        before = self.get(version, name)
        if not TRANSITIONS[str(before["status"])]:
            raise ApiError(409, f"the ticket is {before['status']}, nothing changes any more")
        status = str(asked.get("status") or before["status"])
        if status not in TRANSITIONS:
            raise ApiError(400, f"there is no state {status}")
        if not is_transition_allowed(str(before["status"]), status):
            raise ApiError(409, f"a ticket that is {before['status']} cannot become {status}")
        wanted = {key: value for key, value in asked.items() if key not in _OURS | {"status"}}
        now = rfc3339_now()
        after = merge_patch(before, wanted) | {"lastUpdate": now}
        if status != before["status"]:
            after = _changed(version, after, status, str(asked.get("statusChangeReason", "")), now)
        self.documents[str(version)][name] = after
        return before, after


def rfc3339_now() -> str:
    """Return now as RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def note_document(version: int, author: str, text: str) -> Json:
    """Return a note as the desk writes it."""
    found: Json = {"author": author, "date": rfc3339_now(), "text": text}
    return found | {"@type": "Note"} if version == 5 else found


def _changed(version: int, ticket: Json, status: str, reason: str, now: str) -> Json:
    """Return a ticket that has come into a state, with that in its history."""
    if version == 5:
        key, change = "statusChangeHistory", {"@type": "StatusChange", "statusChangeDate": now}
        reason_key = "statusChangeReason"
    else:
        key, change = "statusChange", {"changeDate": now}
        reason_key = "changeReason"
    change |= {"status": status} | ({reason_key: reason} if reason else {})
    before = ticket.get(key)
    history = [*(before if isinstance(before, list) else []), change]
    found = {**ticket, "status": status, "statusChangeDate": now, key: history}
    if status == "resolved":
        found["resolutionDate"] = now
    return found


def _externals(ticket: Json) -> list[object]:
    many = ticket.get("externalIdentifier")
    named = (
        [one.get("id") for one in many if isinstance(one, dict)] if isinstance(many, list) else []
    )
    return [*named, ticket.get("externalId")]
