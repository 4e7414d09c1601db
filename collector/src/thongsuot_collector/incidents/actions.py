"""Actions: what people and channels do to incidents."""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.errors import AnswerImpossible
from thongsuot_collector.incidents.answer import AnswerKind, Dispute, PartyAnswer, Ruling
from thongsuot_collector.incidents.incident import (
    Acknowledgement,
    HistoryEntry,
    Incident,
    with_delivery,
)
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.incidents.update import with_history

MOST_ANSWERS = 100
"""
Maximum per incident: more is a malfunctioning program. Each stays in its record, and is checked
with each change.
"""


def acknowledge(
    registry: IncidentRegistry, name: str, owner: str, now_ns: int, *, note: str = ""
) -> Incident:
    """
    Record the owner of an incident; return the incident.

    Raises:
        KeyError: there is no such incident in the registry.
    """
    taken = msgspec.structs.replace(
        registry.incidents[name],
        acknowledgement=Acknowledgement(owner=owner, at_ns=now_ns, note=note),
    )
    return _put_incident(
        registry, with_history(taken, HistoryEntry(at_ns=now_ns, event="acknowledged", about=owner))
    )


def dispute(registry: IncidentRegistry, name: str, dispute: Dispute) -> Incident:
    """
    Record that a party rejects an incident as not its own; return the incident.

    Raises:
        KeyError: there is no such incident in the registry.
    """
    return _put_incident(registry, _disputed(registry.incidents[name], dispute))


def answer(registry: IncidentRegistry, name: str, answer: PartyAnswer) -> Incident:
    """
    Record the answer of a party to an incident; return the incident.

    Accepting an incident that the party has refused before withdraws the refusal.

    Raises:
        KeyError: there is no such incident in the registry.
        AnswerImpossible: it is over, is another party's, was decided by the city, has had this
            answer already, or too many answers.
    """
    incident = registry.incidents[name]
    _check_answer(incident, answer)
    answered = msgspec.structs.replace(incident, answers=(*incident.answers, answer))
    if answer.kind is AnswerKind.REFUSED:
        disputed = Dispute(
            party=answer.party,
            reference="",
            reason=answer.text,
            at_ns=answer.at_ns,
            person=answer.person,
        )
        return _put_incident(registry, _disputed(answered, disputed))
    if answer.kind is not AnswerKind.MENDED:
        answered = _accepted(answered, answer)
    about = ": ".join(filter(None, (str(answer.party), answer.person, answer.text)))
    entry = HistoryEntry(at_ns=answer.at_ns, event=f"answer {answer.kind}", about=about)
    return _put_incident(registry, with_history(answered, entry))


def rule(registry: IncidentRegistry, name: str, ruling: Ruling) -> Incident:
    """
    Record the city's decision in a dispute; return the incident.

    Raises:
        KeyError: there is no such incident in the registry.
        AnswerImpossible: it is not disputed.
    """
    incident = registry.incidents[name]
    if incident.dispute is None or incident.dispute.is_settled:
        raise AnswerImpossible("not_disputed")
    settled = msgspec.structs.replace(incident.dispute, ruling=ruling)
    event = "ruled for the party" if ruling.is_upheld else "ruled against the party"
    about = ": ".join(filter(None, (ruling.by, ruling.reason)))
    ruled = msgspec.structs.replace(incident, dispute=settled)
    entry = HistoryEntry(at_ns=ruling.at_ns, event=event, about=about)
    return _put_incident(registry, with_history(ruled, entry))


def add_note(
    registry: IncidentRegistry, name: str, text: str, now_ns: int, *, event: str = "note"
) -> Incident:
    """
    Add a line to an incident's history; return the incident.

    Raises:
        KeyError: there is no such incident in the registry.
    """
    entry = HistoryEntry(at_ns=now_ns, event=event, about=text)
    return _put_incident(registry, with_history(registry.incidents[name], entry))


def record_delivery(
    registry: IncidentRegistry,
    name: str,
    number: int,
    delivery: DeliveryAttempt | None,
    *,
    is_done: bool,
) -> Incident:
    """
    Record the result of one of an incident's notifications; return the incident.

    Raises:
        KeyError: there is no such incident in the registry.
    """
    return _put_incident(
        registry, with_delivery(registry.incidents[name], number, delivery, is_done=is_done)
    )


def set_windows(registry: IncidentRegistry, windows: Iterable[MaintenanceWindow]) -> None:
    """Replace all maintenance windows; the next ``advance`` checks all ongoing faults again."""
    registry.network_state.windows = tuple(windows)
    registry.windows_active = frozenset(
        {""}
    )  # not the name of a window: active windows differ from it


def _check_answer(incident: Incident, answer: PartyAnswer) -> None:
    if not incident.is_open:
        raise AnswerImpossible("over")
    if answer.party != incident.party:
        raise AnswerImpossible("not_theirs")
    if len(incident.answers) >= MOST_ANSWERS:
        raise AnswerImpossible("many")
    if answer.token and any(answer.token == other.token for other in incident.answers):
        raise AnswerImpossible("used")
    dispute = incident.dispute
    if answer.kind is AnswerKind.REFUSED and dispute is not None and dispute.withdrawn_ns is None:
        raise AnswerImpossible("decided" if dispute.is_settled else "disputed")


def _disputed(incident: Incident, dispute: Dispute) -> Incident:
    """
    Return an incident that its party rejects as not its own.

    The same refusal again, of a ticket, changes nothing: the city may have decided since.
    """
    before, past = incident.dispute, incident.past_disputes
    if before is not None and before.is_same(dispute):
        return incident
    taken = incident.acknowledgement
    disputed = msgspec.structs.replace(
        incident,
        dispute=dispute,
        past_disputes=past if before is None else (*past, before),
        # A refusal is no acceptance, but another party may have accepted it.
        acknowledgement=taken if taken is None or taken.owner != str(dispute.party) else None,
    )
    about = (str(dispute.party), dispute.reference, dispute.person, dispute.reason)
    entry = HistoryEntry(
        at_ns=dispute.at_ns, event="disputed", about=": ".join(filter(None, about))
    )
    return with_history(disputed, entry)


def _accepted(incident: Incident, answer: PartyAnswer) -> Incident:
    dispute = incident.dispute
    if dispute is not None and not dispute.is_settled:
        dispute = msgspec.structs.replace(dispute, withdrawn_ns=answer.at_ns)
    known = incident.acknowledgement
    if known is None or known.owner != str(answer.party):
        known = Acknowledgement(
            owner=str(answer.party),
            at_ns=answer.at_ns,
            note=": ".join(filter(None, (answer.person, answer.text))),
        )
    return msgspec.structs.replace(incident, acknowledgement=known, dispute=dispute)


def _put_incident(registry: IncidentRegistry, incident: Incident) -> Incident:
    registry.put_incident(incident)
    return incident
