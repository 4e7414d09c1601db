"""
The results of the cluster, and of a single collector for the same batches, in a comparable form.

Only one kind of difference is allowed. Whether a device is silent is judged by what has arrived,
and a collector that takes over gives every device time to be heard: so one side alone may have seen
a silence that the record disproves when it arrives. Such an incident is left out where it was true
when it was opened: nothing of the device's last 45 seconds had been acknowledged by then.
"""

import json
import re
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec
from bench.cluster.load import AcknowledgedBatch
from sqlalchemy import Engine, select

from thongsuot_collector.incidents.incident import ClosureCode, Incident
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.rules import agent_silent, many_silent
from thongsuot_collector.sla.calendar import month_at
from thongsuot_collector.sla.periods import Period
from thongsuot_collector.sla.statement import Statement
from thongsuot_collector.statements.archive import StatementArchive
from thongsuot_collector.statements.circuits import circuits
from thongsuot_collector.store.tables import INCIDENTS
from thongsuot_collector.timeline.settings import NS_PER_S, TimelineSettings
from thongsuot_lab.node import RunningNode
from thongsuot_schema.inventory.model import Inventory

_OF_TELLING = ("notified_ms", "down_notified_ms", "restore_notified_ms", "reference")
_OF_THE_CARRIER = ("ticket ", "acknowledged")
"""
Events that record a carrier's answers. Their place in the history depends on when the carrier was
polled, and an earlier answer may be replaced between two polls: the last answer is compared.
"""

_TICKET_NUMBER = re.compile(r"\bTT-\d+\b")
_TICKETS = "/tmf-api/troubleTicket/v5/troubleTicket"


_OF_SILENCE = {agent_silent.RULE.code, many_silent.RULE.code}
"""That of many is made of those of single devices, which are checked."""

_SILENT_S = TimelineSettings().silent_after_s
_READ_WITHIN_S = 2.0
"""A batch that was acknowledged so long ago has been read by the collector that judges."""


@dataclass(frozen=True, kw_only=True)
class Silence:
    """A silence of a site that the record has disproved; opened when (Unix time)."""

    site: str
    opened_s: float

    def was_true(self, acknowledged: Iterable[AcknowledgedBatch]) -> bool:
        """Return whether nothing newer of the site had been acknowledged when it was opened."""
        heard_s = max(
            (
                batch.sealed_s
                for batch in acknowledged
                if batch.acknowledged_s <= self.opened_s - _READ_WITHIN_S
            ),
            default=0.0,
        )
        return heard_s <= self.opened_s - _SILENT_S


@dataclass(frozen=True, kw_only=True)
class ComparisonOutcome:
    """
    The results of a collector: incidents, the carrier's tickets and statements, each as texts, and
    silences that were withdrawn, by their incidents.

    Moments at which a collector acted are left out, and the desk's ticket numbers; the beginning
    and end of a fault, its party, its evidence, everybody's notifications and the carrier's last
    answer are not.
    """

    incidents: Mapping[str, str]
    tickets: Counter[str]
    statements: Mapping[str, str]
    silences: Mapping[str, Silence]

    def differences(self, alone: "ComparisonOutcome") -> list[str]:
        """Return the differences from the single collector, one line each."""
        lines = [
            f"ticket: {side} only: {text}"
            for side, extra in (
                ("cluster", self.tickets - alone.tickets),
                ("alone", alone.tickets - self.tickets),
            )
            for text in sorted(extra.elements())
        ]
        for noun, ours, theirs in (
            ("incident", self.incidents, alone.incidents),
            ("statement", self.statements, alone.statements),
        ):
            for name in sorted(ours.keys() | theirs.keys()):
                pair = [json.loads(side.get(name, "null")) for side in (ours, theirs)]
                lines += [f"{noun} {name} {line}" for line in _unlike(*pair)]
        return lines


def outcome_of(store: Engine, inventory: Inventory, tickets: Iterable[object]) -> ComparisonOutcome:
    """Return the results of a collector, from its store and the carrier's desk."""
    incidents = read_incidents(store)
    silences = {
        incident.id: Silence(
            site=incident.key, opened_s=min(entry.at_ns for entry in incident.history) / NS_PER_S
        )
        for incident in incidents
        if incident.code == agent_silent.RULE.code and _is_withdrawn(incident)
    }
    return ComparisonOutcome(
        incidents={
            incident.id: _incident_text(incident)
            for incident in incidents
            if not (incident.code in _OF_SILENCE and _is_withdrawn(incident))
        },
        silences=silences,
        tickets=Counter(_ticket_text(ticket) for ticket in tickets),
        statements=_statements(store, InventoryDirectory(inventory)),
    )


def _is_withdrawn(incident: Incident) -> bool:
    return incident.closure_code is ClosureCode.WITHDRAWN


def read_incidents(store: Engine) -> list[Incident]:
    """Return every incident in a store."""
    with store.connect() as connection:
        bodies = connection.execute(select(INCIDENTS.c.body)).scalars().all()
    return [msgspec.msgpack.decode(body, type=Incident) for body in bodies]


def tickets_of(node: RunningNode, url: str) -> list[dict[str, object]]:
    """Return the tickets of a desk, queried from a machine."""

    def ask() -> bytes:
        with urllib.request.urlopen(url + _TICKETS, timeout=30) as answer:
            body: bytes = answer.read()
            return body

    tickets: list[dict[str, object]] = json.loads(node.call(ask))
    return tickets


def _unlike(ours: object, theirs: object, place: str = "") -> Iterator[str]:
    """Yield the differences between two documents."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            yield from _unlike(ours.get(key), theirs.get(key), f"{place}/{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from _unlike(*pair, f"{place}/{number}")
    elif ours != theirs:
        yield f"{place}: cluster {ours}, alone {theirs}"


def _incident_text(incident: Incident) -> str:
    facts = {
        "id": incident.id,
        "rule": incident.code,
        "key": incident.key,
        "status": incident.status,
        "closure": incident.closure_code,
        "opened_ns": incident.opened_ns,
        "closed_ns": incident.closed_ns,
        "state": incident.state,
        "symptom": incident.symptom,
        "segment": incident.segment,
        "party": incident.party,
        "severity": incident.severity,
        "is_certain": incident.is_certain,
        "members": [
            (str(member.subject), member.start_ns, member.end_ns, member.state, member.symptom)
            for member in incident.members
        ],
        "evidence": [
            (str(shown.subject), shown.state, shown.symptom, shown.since_ns, shown.batches)
            for shown in incident.member_evidence
        ],
        "history": [
            (entry.event, entry.about)
            for entry in incident.history
            if not entry.event.startswith(_OF_THE_CARRIER)
        ],
        "carrier": _last_word(incident),
        "notifications": [
            (record.number, record.kind, record.cause, record.party)
            for record in incident.notifications
        ],
    }
    return msgspec.json.encode(facts, enc_hook=str).decode()


def _last_word(incident: Incident) -> tuple[str, str, str]:
    """Return the last that the carrier said of its ticket, and who has taken the incident on."""
    words = [
        (entry.event, _TICKET_NUMBER.sub("TT", entry.about))
        for entry in incident.history
        if entry.event.startswith(_OF_THE_CARRIER[0])
    ]
    event, about = words[-1] if words else ("", "")
    taken = incident.acknowledgement
    return event, about, "" if taken is None else taken.owner


def _ticket_text(ticket: object) -> str:
    assert isinstance(ticket, dict)
    return json.dumps(
        {
            "name": ticket.get("name"),
            "severity": ticket.get("severity"),
            "type": ticket.get("ticketType"),
            "status": ticket.get("status"),
            "statuses": [entry["status"] for entry in ticket.get("statusChangeHistory", ())],
            "notes": len(ticket.get("note", ())),
        },
        ensure_ascii=False,
    )


def _statements(store: Engine, directory: InventoryDirectory) -> dict[str, str]:
    archive = StatementArchive(store, directory)
    month = month_at(time.time_ns() // 10**6)
    return {
        circuit.name: json.dumps(_without_telling(archive.statement(circuit, month)))
        for circuit in circuits(directory)
    }


def _without_telling(statement: Statement) -> dict[str, object]:
    """Return a statement without what depends on the second of the carrier's notification."""
    bare = msgspec.structs.replace(statement, periods=tuple(_joined(statement.periods)))
    document: dict[str, object] = json.loads(msgspec.json.encode(bare, enc_hook=str))
    for part in _parts(document):
        for key in _OF_TELLING:
            part.pop(key, None)
    return document


def _joined(periods: Iterable[Period]) -> Iterator[Period]:
    """Yield periods, joining those that a notification has split."""
    held: Period | None = None
    for period in periods:
        known = msgspec.structs.replace(period, is_notified=False)
        if held is not None and known == msgspec.structs.replace(
            held, from_ms=known.from_ms, until_ms=known.until_ms
        ):
            held = msgspec.structs.replace(held, until_ms=known.until_ms)
            continue
        if held is not None:
            yield held
        held = known
    if held is not None:
        yield held


def _parts(document: object) -> Iterator[dict[str, object]]:
    if isinstance(document, dict):
        yield document
        document = list(document.values())
    if isinstance(document, list):
        for part in document:
            yield from _parts(part)
