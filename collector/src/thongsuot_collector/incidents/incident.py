"""Incident: what people see, own, and are told of; and Event, the telling."""

from enum import StrEnum

import msgspec

from thongsuot_collector.incidents.notification_log import (
    DeliveryAttempt,
    NotificationKind,
    NotificationRecord,
)
from thongsuot_collector.incidents.party import ResponsibleParty, Severity
from thongsuot_collector.timeline.interval import BatchRef
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom


class IncidentStatus(StrEnum):
    """Whether an incident goes on."""

    OPEN = "open"
    CLOSED = "closed"


class ClosureCode(StrEnum):
    """How an incident was closed."""

    RESTORED = "restored"
    """All that belonged to it is up again; of an outage: all but a rest that is told alone."""

    WITHDRAWN = "withdrawn"
    """Later news: there was no such fault, or silence turned out to be something else."""

    MERGED = "merged"
    """It turned out to be one with another; see its history."""


class IncidentMember(msgspec.Struct, frozen=True, kw_only=True):
    """
    One subject's part in an incident. ``fault_id`` is the name of its own incident, which goes on
    when this one ends before it.
    """

    fault_id: str
    subject: Subject
    start_ns: int
    end_ns: int | None
    state: State
    symptom: Symptom


class MemberEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is shown of one subject: the latest verdict's evidence, and the batches that told of it.

    A batch is named by site, stream, number and digest; those before it are bound by its chain.
    """

    subject: Subject
    state: State
    segment: Segment | None
    symptom: Symptom
    since_ns: int
    batches: tuple[BatchRef, ...]
    evidence: tuple[Evidence, ...] = ()


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an incident's history: when (the collector's clock), what, and about what."""

    at_ns: int
    event: str
    about: str = ""


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes care of an incident, since when, and what they say."""

    owner: str
    at_ns: int
    note: str = ""


class HoldOff(msgspec.Struct, frozen=True, kw_only=True):
    """
    A hold: told at the earliest ``hold_s`` after ``from_ns``, and ``limit_s`` after it at the
    latest.
    """

    from_ns: int
    hold_s: float
    limit_s: float


class NotifiedState(msgspec.Struct, frozen=True, kw_only=True):
    """What was told last, to see whether there is anything new; ``updates`` counts since opened."""

    at_ns: int
    severity: Severity
    symptom: Symptom
    open_members: int
    members: int
    updates: int = 0


class Incident(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    One incident of a rule (``code``) about a ``key``: a subject, a carrier, a service.

    Times are Unix time. ``opened_ns`` is the onset of the fault, off by ``error_s`` at most
    (``None``: nothing bounds it); ``known_ns`` when the collector learned of it; ``closed_ns`` the
    true end, ``closed_known_ns`` when that was learned. ``total`` is M of "N of M".
    ``communes`` are codes. ``parents`` are the open incidents that stand for this one: while there
    are any nobody is told of it. ``children`` are the incidents of the members of one of many.
    ``windows`` names the maintenance windows that touch it; ``is_excused``: one covers all of it
    now. ``released_ns``, ``unexcused_ns``: when a parent left it, when its maintenance ended. Not
    ``is_notifiable``: recorded, but nobody has to act. Not ``is_certain``: the fault is not what
    was heard last; ``presumed_ns`` is then since when it is presumed to go on, if it is.
    """

    id: str
    code: str
    key: str
    status: IncidentStatus
    opened_ns: int
    known_ns: int
    state: State
    symptom: Symptom
    party: ResponsibleParty
    severity: Severity
    hold_off: HoldOff
    error_s: float | None = None
    segment: Segment | None = None
    closure_code: ClosureCode | None = None
    closed_ns: int | None = None
    closed_known_ns: int | None = None
    is_certain: bool = True
    presumed_ns: int | None = None
    is_notifiable: bool = True
    members: tuple[IncidentMember, ...] = ()
    total: int | None = None
    communes: tuple[str, ...] = ()
    member_evidence: tuple[MemberEvidence, ...] = ()
    parents: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()
    is_excused: bool = False
    released_ns: int | None = None
    unexcused_ns: int | None = None
    acknowledgement: Acknowledgement | None = None
    last_notified: NotifiedState | None = None
    history: tuple[HistoryEntry, ...] = ()
    notifications: tuple[NotificationRecord, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.status is IncidentStatus.OPEN

    @property
    def notified_party(self) -> ResponsibleParty | None:
        """The party that has an open notification of it now; never more than one."""
        if not self.notifications or self.notifications[-1].kind is NotificationKind.RESOLVED:
            return None
        return self.notifications[-1].party

    @property
    def open_members(self) -> int:
        """N of "N of M": members that are not up again."""
        return sum(one.end_ns is None for one in self.members)

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites it is about, sorted."""
        return tuple(sorted({one.subject.site for one in self.members}))


class NotificationEvent(msgspec.Struct, frozen=True, kw_only=True):
    """
    One telling: the entry of the ledger, and the incident as it was then.

    All that channels consume. An event may be handed out again after a crash, with the same ``id``.
    """

    record: NotificationRecord
    incident: Incident

    @property
    def id(self) -> str:
        """The same for the same telling, for ever."""
        return f"{self.incident.id}.{self.record.number}"


def with_delivery(
    incident: Incident, number: int, delivery: DeliveryAttempt | None, *, is_done: bool
) -> Incident:
    """Return an incident with what became of an entry of its ledger."""
    ledger = tuple(
        msgspec.structs.replace(
            entry,
            deliveries=entry.deliveries if delivery is None else (*entry.deliveries, delivery),
            is_done=entry.is_done or is_done,
        )
        if entry.number == number
        else entry
        for entry in incident.notifications
    )
    return msgspec.structs.replace(incident, notifications=ledger)
