"""Audited actions: actions of people on incidents, as lines for the audit log. Pure."""

import msgspec

from thongsuot_collector.incidents.answer import AnswerKind, Dispute, PartyAnswer, Ruling
from thongsuot_collector.store.audit import AuditAction

_ANSWERS = {
    AnswerKind.ACCEPTED: AuditAction.INCIDENT_ACCEPTED,
    AnswerKind.REFUSED: AuditAction.INCIDENT_REFUSED,
    AnswerKind.EXPECTED: AuditAction.INCIDENT_END_EXPECTED,
    AnswerKind.MENDED: AuditAction.INCIDENT_MENDED,
}


class AuditedAction(msgspec.Struct, frozen=True, kw_only=True):
    """One person's action on an incident."""

    action: AuditAction
    incident: str
    by: str
    note: str


def audited_answer(incident: str, answer: PartyAnswer, by: str) -> AuditedAction:
    """Return the action of a party's answer."""
    note = ": ".join(filter(None, (answer.person, answer.text)))
    return AuditedAction(action=_ANSWERS[answer.kind], incident=incident, by=by, note=note)


def audited_dispute(incident: str, dispute: Dispute) -> AuditedAction:
    """Return the action of a party's refusal of a ticket."""
    return AuditedAction(
        action=AuditAction.INCIDENT_REFUSED,
        incident=incident,
        by=str(dispute.party),
        note=": ".join(filter(None, (dispute.reference, dispute.reason))),
    )


def audited_ruling(incident: str, ruling: Ruling, by: str) -> AuditedAction:
    """Return the action of the city's decision."""
    note = f"{'for' if ruling.is_upheld else 'against'} the party: {ruling.reason}"
    return AuditedAction(action=AuditAction.INCIDENT_RULED, incident=incident, by=by, note=note)
