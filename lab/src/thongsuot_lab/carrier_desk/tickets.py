"""
Trouble tickets: TMF621 in version 5 (5.0.1) and in version 4 (4.0.0), each ticket in one of them.

State transitions follow the TMF621 user guide as it is usually read; the OpenAPI file only lists
the states. There is no state "new": a ticket that is accepted begins as ``acknowledged``.
``rejected``, ``cancelled`` and ``closed`` are final.
"""

import itertools
from typing import Final

from thongsuot_lab.carrier_desk.documents import ApiError, Json, merge_patch, rfc3339_now

BASES: Final = {5: "/tmf-api/troubleTicket/v5", 4: "/tmf-api/troubleTicket/v4"}
REQUIRED: Final = ("description", "severity", "ticketType")

FIRST_STATE: Final = "acknowledged"

TRANSITIONS: Final[dict[str, tuple[str, ...]]] = {
    "acknowledged": ("inProgress", "rejected", "cancelled"),
    "inProgress": ("pending", "held", "resolved", "cancelled"),
    "pending": ("inProgress",),
    "held": ("inProgress",),
    "resolved": ("closed", "inProgress"),
    "rejected": (),
    "cancelled": (),
    "closed": (),
}

_OURS: Final = frozenset(
    {"id", "href", "creationDate", "lastUpdate", "statusChangeDate", "statusChangeHistory"}
)
"""Fields that a customer must not set."""


class TicketStore:
    """All tickets; ``documents`` holds them by version and id."""

    def __init__(self, documents: dict[str, dict[str, Json]] | None = None) -> None:
        self.documents = documents or {"4": {}, "5": {}}
        known = [int(name.partition("-")[2]) for all_ in self.documents.values() for name in all_]
        self._numbers = itertools.count(max(known, default=0) + 1)

    def create(self, version: int, document: Json) -> Json:
        """
        Create a ticket; its state is ``acknowledged``.

        Raises:
            ApiError: a required field is missing.
        """
        missing = [name for name in REQUIRED if not document.get(name)]
        if version == 5 and not document.get("@type"):
            missing.append("@type")
        if missing:
            raise ApiError(400, f"a ticket needs {', '.join(missing)}")
        if document.get("status", FIRST_STATE) != FIRST_STATE:
            raise ApiError(400, f"a new ticket is {FIRST_STATE}")
        name, now = f"TT-{next(self._numbers)}", rfc3339_now()
        ticket = {key: value for key, value in document.items() if key not in _OURS} | {
            "id": name,
            "href": f"{BASES[version]}/troubleTicket/{name}",
            "creationDate": now,
            "lastUpdate": now,
        }
        acknowledged = _changed(version, ticket, FIRST_STATE, "", now)
        self.documents[str(version)][name] = acknowledged
        return acknowledged

    def get(self, version: int, name: str) -> Json:
        """
        Return a ticket.

        Raises:
            ApiError: there is no such ticket.
        """
        ticket = self.documents[str(version)].get(name)
        if ticket is None:
            raise ApiError(404, f"there is no ticket {name}")
        return ticket

    def find(self, version: int, external: str | None) -> list[Json]:
        """Return all tickets, or those with an external identifier."""
        tickets = list(self.documents[str(version)].values())
        if external is None:
            return tickets
        return [ticket for ticket in tickets if external in _externals(ticket)]

    def patch(self, version: int, name: str, document: Json) -> tuple[Json, Json]:
        """
        Change a ticket; return it before and after the change.

        Raises:
            ApiError: there is no such ticket, or the transition is not allowed.
        """
        before = self.get(version, name)
        if not TRANSITIONS[str(before["status"])]:
            raise ApiError(409, f"the ticket is {before['status']}, nothing changes any more")
        status = str(document.get("status") or before["status"])
        if status not in TRANSITIONS:
            raise ApiError(400, f"there is no state {status}")
        if not is_transition_allowed(str(before["status"]), status):
            raise ApiError(409, f"a ticket that is {before['status']} cannot become {status}")
        wanted = {key: value for key, value in document.items() if key not in _OURS | {"status"}}
        now = rfc3339_now()
        after = merge_patch(before, wanted) | {"lastUpdate": now}
        if status != before["status"]:
            after = _changed(
                version, after, status, str(document.get("statusChangeReason", "")), now
            )
        self.documents[str(version)][name] = after
        return before, after


def is_transition_allowed(status: str, wanted: str) -> bool:
    """
    Return whether a ticket may go from one state to another; staying in a state is always allowed.
    """
    return wanted == status or wanted in TRANSITIONS[status]


def note_document(version: int, author: str, text: str) -> Json:
    """Return a note as the desk writes it."""
    note: Json = {"author": author, "date": rfc3339_now(), "text": text}
    return note | {"@type": "Note"} if version == 5 else note


def _changed(version: int, ticket: Json, status: str, reason: str, now: str) -> Json:
    """Return a ticket in a new state, with the change in its history."""
    if version == 5:
        key, change = "statusChangeHistory", {"@type": "StatusChange", "statusChangeDate": now}
        reason_key = "statusChangeReason"
    else:
        key, change = "statusChange", {"changeDate": now}
        reason_key = "changeReason"
    change |= {"status": status} | ({reason_key: reason} if reason else {})
    before = ticket.get(key)
    history = [*(before if isinstance(before, list) else []), change]
    changed = {**ticket, "status": status, "statusChangeDate": now, key: history}
    if status == "resolved":
        changed["resolutionDate"] = now
    return changed


def _externals(ticket: Json) -> list[object]:
    identifiers = ticket.get("externalIdentifier")
    names = (
        [identifier.get("id") for identifier in identifiers if isinstance(identifier, dict)]
        if isinstance(identifiers, list)
        else []
    )
    return [*names, ticket.get("externalId")]
