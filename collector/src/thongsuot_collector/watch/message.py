"""
The message about a collector that is not working, in the form that every channel accepts. Pure.
"""

from thongsuot_collector.incidents.incident import (
    ClosureCode,
    HoldOff,
    Incident,
    IncidentStatus,
)
from thongsuot_collector.incidents.notification_log import (
    NotificationCause,
    NotificationKind,
    NotificationRecord,
)
from thongsuot_collector.incidents.party import ResponsibleParty, Severity
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.message import NotificationMessage, PartyContact
from thongsuot_collector.notify.render.comparison import Comparison
from thongsuot_collector.notify.render.document import document_of, encode_document
from thongsuot_collector.watch.absence import AbsenceChange
from thongsuot_schema.inventory.model import Inventory
from thongsuot_schema.segment import Party
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.dates import moment
from thongsuot_schema.words.language import Language, Text

CODE = "collector_away"

_AWAY = Text("collector.watch.away")
_BACK = Text("collector.watch.back")
_AWAY_BODY = Text("collector.watch.away_body")
_BACK_BODY = Text("collector.watch.back_body")
_NS_PER_S = 1_000_000_000


def message_of(
    name: str, change: AbsenceChange, contact: PartyContact, language: Language, now_ns: int
) -> NotificationMessage:
    """Return the message about a collector; its key is the same for the same absence and kind."""
    since_ns = change.absence.since_ns
    kind = NotificationKind.RESOLVED if change.is_over else NotificationKind.OPENED
    party = ResponsibleParty(party=Party.CITY, name="")
    incident = _incident(name, change, party, now_ns)
    record = NotificationRecord(
        number=2 if change.is_over else 1,
        kind=kind,
        cause=NotificationCause.ENDED if change.is_over else NotificationCause.STARTED,
        party=party,
        at_ns=now_ns,
    )
    title = _BACK if change.is_over else _AWAY
    body = _BACK_BODY if change.is_over else _AWAY_BODY
    since_s = since_ns / _NS_PER_S
    document = document_of(
        incident,
        record,
        Comparison(),
        InventoryDirectory(Inventory()),
        titles=(title.read("vi", name=name), title.read("en", name=name)),
        responsible=contact.title,
    )
    return NotificationMessage(
        kind=kind,
        key=f"{incident.id}:{kind.value}",
        thread_id=incident.id,
        audience=party,
        contact=contact,
        record=record,
        incident=incident,
        title=title.read(language, name=name),
        body=body.read(
            language,
            name=name,
            since=moment(since_s),
            problem=change.absence.problem,
            minutes=max(1, round((now_ns - since_ns) / _NS_PER_S / 60)),
        ),
        document=document,
        attachment=encode_document(document),
    )


def _incident(name: str, change: AbsenceChange, party: ResponsibleParty, now_ns: int) -> Incident:
    since_ns = change.absence.since_ns
    return Incident(
        id=f"watch-{name}-{since_ns // _NS_PER_S}",
        code=CODE,
        key=name,
        status=IncidentStatus.CLOSED if change.is_over else IncidentStatus.OPEN,
        opened_ns=since_ns,
        known_ns=now_ns,
        closed_ns=now_ns if change.is_over else None,
        closure_code=ClosureCode.RESTORED if change.is_over else None,
        state=State.DOWN,
        symptom=Symptom.NONE,
        segment=None,
        party=party,
        severity=Severity.CRITICAL,
        hold_off=HoldOff(from_ns=since_ns, hold_s=0.0, limit_s=0.0),
        members=(),
        member_evidence=(),
    )
