"""Ticket: a message in the forms of TMF621, version 5 (5.0.1) and version 4 (4.0.0)."""

import base64
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from thongsuot_collector.incidents.party import Severity
from thongsuot_collector.notify.http.client import ReceiverId
from thongsuot_collector.notify.message import NotificationMessage
from thongsuot_collector.notify.render.document import timestamp

Version = Literal[5, 4]
Json = dict[str, object]

AUTHOR: Final = "Thông Suốt"
OWNER: Final = "thongsuot"
BASES: Final[dict[Version, str]] = {
    5: "/tmf-api/troubleTicket/v5",
    4: "/tmf-api/troubleTicket/v4",
}

SEVERITIES: Final[dict[Severity, str]] = {
    Severity.CRITICAL: "Critical",
    Severity.MAJOR: "Major",
    Severity.MINOR: "Minor",
    Severity.WARNING: "Minor",
    Severity.INDETERMINATE: "Minor",
}
"""The words that the standard gives as examples; a carrier may want others."""


class TroubleTicket(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The fields of a carrier's ticket that are read; all others stay unchanged."""

    id: ReceiverId
    status: str = ""
    status_change_reason: str = ""
    note: tuple[dict[str, object], ...] = ()
    external_identifier: tuple[dict[str, object], ...] = ()
    external_id: str = ""

    def is_named(self, external: str) -> bool:
        """Return whether it has an external identifier."""
        named = [item.get("id") for item in self.external_identifier]
        return external in [*named, self.external_id]

    @property
    def carrier_notes(self) -> int:
        """The number of notes that are not ours."""
        return len(self._texts(is_ours=False))

    @property
    def carrier_text(self) -> str:
        """The carrier's last text: the reason of its state, or its last note."""
        reason = self.status_change_reason
        if reason.startswith(AUTHOR):
            reason = ""  # we set the state
        notes = self._texts(is_ours=False)
        return "; ".join(dict.fromkeys(filter(None, (reason, *notes[-1:]))))

    def has_note(self, text: str) -> bool:
        """Return whether the ticket has this note of ours already."""
        return text in self._texts(is_ours=True)

    def _texts(self, *, is_ours: bool) -> list[str]:
        return [
            str(note.get("text", ""))
            for note in self.note
            if (note.get("author") == AUTHOR) is is_ours
        ]


def external_id_filter(version: Version, external: str) -> Mapping[str, str]:
    """Return the query for the tickets with an external identifier (TMF630, filtering)."""
    return {"externalIdentifier.id" if version == 5 else "externalId": external}


def new_ticket(
    message: NotificationMessage,
    version: Version,
    *,
    ticket_type: str,
    customer: str,
    follows: str = "",
) -> Json:
    """
    Return a new ticket.

    ``customer`` is the carrier's name for the city; ``follows`` an earlier ticket of the same
    fault.
    """
    ticket: Json = {
        "name": message.document.title_vi,
        "description": message.body,
        "severity": SEVERITIES[message.document.severity],
        "ticketType": ticket_type,
        "attachment": [_typed(version, "Attachment", _attachment(message))],
        "note": [note(version, message.title, message.record.at_ns)],
        "relatedEntity": _circuits(message, version),
    }
    if version == 5:
        identifier: Json = {
            "id": message.thread_id,
            "owner": OWNER,
            "externalIdentifierType": "incident",
        }
        ticket["@type"] = "TroubleTicket"
        ticket["externalIdentifier"] = [_typed(version, "ExternalIdentifier", identifier)]
        ticket["troubleTicketCharacteristic"] = _characteristics(message)
    else:
        ticket["externalId"] = message.thread_id
    if customer:
        ticket["relatedParty"] = [_customer(version, customer)]
    if follows:
        relation: Json = {"id": follows, "relationshipType": "follows"}
        ticket["troubleTicketRelationship"] = [
            _typed(version, "TroubleTicketRelationship", relation)
        ]
    return ticket


def ticket_patch(
    message: NotificationMessage, version: Version, ticket: TroubleTicket, *, status: str = ""
) -> Json:
    """
    Return the changes of a ticket.

    A list in a PATCH replaces the list that is there (RFC 7396): the carrier's own notes are sent
    along, or they would be lost.
    """
    patch: Json = {
        "severity": SEVERITIES[message.document.severity],
        "note": [*ticket.note, note(version, note_text(message), message.record.at_ns)],
    }
    if status:
        patch["status"] = status
        patch["statusChangeReason"] = f"{AUTHOR}: {message.title}"
    if version == 5:
        patch["@type"] = "TroubleTicket"
    return patch


def note_text(message: NotificationMessage) -> str:
    """Return the text of a note for a message."""
    return f"{message.title}\n\n{message.body}"


def status_patch(version: Version, status: str) -> Json:
    """Return a patch of the ticket's state alone, for an intermediate step."""
    patch: Json = {"status": status}
    return patch | {"@type": "TroubleTicket"} if version == 5 else patch


def note(version: Version, text: str, at_ns: int, *, author: str = AUTHOR) -> Json:
    """Return a note, ours unless another author is named."""
    return _typed(version, "Note", {"author": author, "date": timestamp(at_ns), "text": text})


def _typed(version: Version, kind: str, value: Json) -> Json:
    """Return an object with its type, which version 5 requires everywhere."""
    return {"@type": kind, **value} if version == 5 else value


def _attachment(message: NotificationMessage) -> Json:
    return {
        "attachmentType": "evidence",
        "mimeType": "application/json",
        "name": f"{message.incident.id}-{message.record.number}.json",
        "content": base64.b64encode(message.attachment).decode(),
    }


def _circuits(message: NotificationMessage, version: Version) -> list[Json]:
    """Return the affected circuits by the carrier's ids, else by our own names."""
    circuits: list[Json] = []
    for item in message.document.affected:
        if not item.link:
            continue
        entity: Json = {
            "id": item.circuit or f"{item.site}/{item.link}",
            "name": item.site_title or item.site,
            "@referredType": "Service",
        }
        if version == 5:
            circuits.append(
                {
                    "@type": "RelatedEntity",
                    "role": "affectedService",
                    "entity": {"@type": "EntityRef", **entity},
                }
            )
        else:
            circuits.append({"role": "affectedService", **entity})
    return circuits


def _customer(version: Version, customer: str) -> Json:
    if version == 5:
        return {
            "@type": "RelatedPartyRefOrPartyRoleRef",
            "role": "customer",
            "partyOrPartyRole": {"@type": "PartyRef", "id": customer},
        }
    return {"id": customer, "role": "customer", "@referredType": "Organization"}


def _characteristics(message: NotificationMessage) -> list[Json]:
    """Return the facts by name: fields by which a carrier's system can sort and search."""
    document = message.document
    texts = {
        "rule": document.rule,
        "state": document.state.value,
        "segment": document.segment.value if document.segment is not None else "",
        "symptom": document.symptom.value,
        "openedAt": document.opened_at,
        "evidencePage": document.page_url,
    }
    numbers: dict[str, float] = {"affectedNow": document.affected_now}
    if document.total is not None:
        numbers["affectedOf"] = document.total
    if document.clock_error_s is not None:
        numbers["clockErrorSeconds"] = document.clock_error_s
    for shown in document.subject_evidence[:1]:
        for item in shown.evidence:
            if item.value is not None and not item.link:
                numbers.setdefault(item.metric, item.value)
    characteristics: list[Json] = [
        {"@type": "StringCharacteristic", "name": name, "valueType": "string", "value": value}
        for name, value in texts.items()
        if value
    ]
    characteristics += [
        {"@type": "NumberCharacteristic", "name": name, "valueType": "number", "value": value}
        for name, value in numbers.items()
    ]
    return characteristics
