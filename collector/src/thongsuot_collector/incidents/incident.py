"""Incident: what people see, own, and are notified of; and the notification itself."""

from enum import StrEnum

import msgspec

from thongsuot_collector.incidents.answer import AnswerKind, Dispute, PartyAnswer
from thongsuot_collector.incidents.decision import Closing, Placement
from thongsuot_collector.incidents.notification_log import (
    DeliveryAttempt,
    NotificationKind,
    NotificationRecord,
)
from thongsuot_collector.incidents.observation import ProbeObservation
from thongsuot_collector.incidents.party import CITY, ResponsibleParty, Severity
from thongsuot_collector.incidents.service_reach import ServiceReach
from thongsuot_collector.timeline.interval import BatchRef
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.problem import ProblemKind
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom


class IncidentStatus(StrEnum):
    """Whether an incident continues."""

    OPEN = "open"
    CLOSED = "closed"


class ClosureCode(StrEnum):
    """How an incident was closed."""

    RESTORED = "restored"
    """All members are up again; for an outage: all except a rest that is notified separately."""

    WITHDRAWN = "withdrawn"
    """Later data: there was no such fault, or silence had another cause."""

    MERGED = "merged"
    """It turned out to be the same as another one; see its history."""

    CLOSED_BY_CITY = "closed_by_city"
    """An engineer of the city closed it while it lasted; after its end it is restored."""


class IncidentMember(msgspec.Struct, frozen=True, kw_only=True):
    """
    One subject's part in an incident, regardless of the number of its failures.

    ``fault_ids`` are its faults, oldest first; each is the name of a separate incident, which
    continues if this one ends earlier. ``start_ns`` is its first onset, ``end_ns`` its last
    recovery, ``None`` while it is down.
    """

    fault_ids: tuple[str, ...]
    subject: Subject
    start_ns: int
    end_ns: int | None
    state: State
    symptom: Symptom


class MemberEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """
    The evidence of one subject: that of the latest verdict, and its batches.

    A batch is identified by site, stream, number and digest; its chain covers earlier ones.
    ``observations`` are those of a link's probes at the last notification of its party.
    """

    subject: Subject
    state: State
    segment: Segment | None
    symptom: Symptom
    since_ns: int
    batches: tuple[BatchRef, ...]
    evidence: tuple[Evidence, ...] = ()
    observations: tuple[ProbeObservation, ...] = ()


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an incident's history: its time (the collector's clock), event, and detail."""

    at_ns: int
    event: str
    about: str = ""


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """The owner of an incident, since when, and their note."""

    owner: str
    at_ns: int
    note: str = ""


class ProblemReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    A problem reported at a point. ``by`` is its author according to the pages, empty for the
    device's own page; ``answer`` is the city's final answer, with its author.
    """

    kind: ProblemKind
    by: str = ""
    answer: str = ""
    answered_by: str = ""


class HoldOff(msgspec.Struct, frozen=True, kw_only=True):
    """
    A hold-off: the party is notified at the earliest ``hold_s`` after ``from_ns``, and ``limit_s``
    after it at the latest.
    """

    from_ns: int
    hold_s: float
    limit_s: float


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """
    The headline of an incident at its notification, which is its title until its end.

    A title that changed with each recovered circuit could not be found in a mailbox; the present
    state is in the text. ``affected`` of ``total``.
    """

    party: ResponsibleParty
    state: State
    segment: Segment | None
    symptom: Symptom
    affected: int
    total: int
    variant: str = ""


class NotifiedState(msgspec.Struct, frozen=True, kw_only=True):
    """
    The content of the latest notification, to detect changes; ``updates`` counts since the opening.
    """

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
    (``None``: nothing bounds it); ``known_ns`` the time of detection by the collector;
    ``closed_ns`` the true end, ``closed_known_ns`` when that was learned. ``total`` is M of "N of
    M"; ``variant`` selects the sentences that apply, ``reach`` is who reaches a service and who
    does not; ``headline`` is its title since the first
    notification. ``communes`` are codes. ``parents`` are the open incidents that include this one:
    while there are any, nobody is notified about it. ``children`` are the incidents of the faults
    in a group incident. ``windows`` names the maintenance windows that affect it; ``is_excused``:
    one covers all of it now. ``released_ns``, ``unexcused_ns``: when a parent left it, when its
    maintenance ended. ``answers`` are those of its party while it lasts, ``past_disputes`` are
    settled. Not ``is_notifiable``: recorded, but nobody has to act. Not ``is_certain``: the fault
    is not the last report; ``presumed_ns`` is then the time since which it is presumed to last, if
    it is. ``report`` is set if a person opened it (``problem_report``). ``placement`` and
    ``closing`` are a person's decisions; ``merged_fault_ids`` are the faults of incidents that a
    person has merged into it, ``is_regrouped``: its party has not been notified about that yet.
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
    variant: str = ""
    reach: ServiceReach | None = None
    headline: Headline | None = None
    communes: tuple[str, ...] = ()
    member_evidence: tuple[MemberEvidence, ...] = ()
    parents: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()
    is_excused: bool = False
    released_ns: int | None = None
    unexcused_ns: int | None = None
    acknowledgement: Acknowledgement | None = None
    dispute: Dispute | None = None
    past_disputes: tuple[Dispute, ...] = ()
    answers: tuple[PartyAnswer, ...] = ()
    last_notified: NotifiedState | None = None
    history: tuple[HistoryEntry, ...] = ()
    notifications: tuple[NotificationRecord, ...] = ()
    report: ProblemReport | None = None
    placement: Placement | None = None
    closing: Closing | None = None
    merged_fault_ids: tuple[str, ...] = ()
    is_regrouped: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it continues."""
        return self.status is IncidentStatus.OPEN

    @property
    def notified_party(self) -> ResponsibleParty | None:
        """The party that has an open notification of it now; never more than one."""
        if not self.notifications or self.notifications[-1].kind is NotificationKind.RESOLVED:
            return None
        return self.notifications[-1].party

    @property
    def is_disputed(self) -> bool:
        """Whether its party denies responsibility, and the city has not decided yet."""
        return self.dispute is not None and not self.dispute.is_settled

    @property
    def acting_party(self) -> ResponsibleParty:
        """The party that has to act now: the city on disputes, and if it is not its party's."""
        dispute = self.dispute
        if dispute is None or dispute.party != self.party:
            return self.party
        is_upheld = dispute.ruling is not None and dispute.ruling.is_upheld
        return CITY if is_upheld or not dispute.is_settled else self.party

    @property
    def expected_ns(self) -> int | None:
        """The end of the repair according to the last answer of its party."""
        moments = [
            answer.expected_ns for answer in self.answers if answer.kind is AnswerKind.EXPECTED
        ]
        return moments[-1] if moments else None

    @property
    def is_closed_by_city(self) -> bool:
        """Whether a person has closed it while its faults continue."""
        return self.closure_code is ClosureCode.CLOSED_BY_CITY

    @property
    def fault_ids(self) -> frozenset[str]:
        """Its faults."""
        return frozenset(name for member in self.members for name in member.fault_ids)

    @property
    def own_fault_ids(self) -> frozenset[str]:
        """Its own faults, without those that a person has merged into it."""
        return self.fault_ids.difference(self.merged_fault_ids)

    @property
    def affected(self) -> tuple[IncidentMember, ...]:
        """
        The counted members: the links of a carrier's outage.

        A device that could not report is also a member, but is not counted in "N of M links".
        """
        links = tuple(member for member in self.members if member.subject.is_link)
        return links or self.members

    @property
    def open_members(self) -> int:
        """N of "N of M": the counted members that are not up again."""
        return sum(member.end_ns is None for member in self.affected)

    @property
    def sites(self) -> tuple[str, ...]:
        """Its sites, sorted."""
        return tuple(sorted({member.subject.site for member in self.members}))


class NotificationEvent(msgspec.Struct, frozen=True, kw_only=True):
    """
    One notification: its record, and the incident at that time.

    The only input of channels. An event may be emitted again after a crash, with the same ``id``.
    """

    record: NotificationRecord
    incident: Incident

    @property
    def id(self) -> str:
        """The same for the same notification, always."""
        return f"{self.incident.id}.{self.record.number}"


def with_delivery(
    incident: Incident, number: int, delivery: DeliveryAttempt | None, *, is_done: bool
) -> Incident:
    """Return an incident with the delivery of one of its notifications."""
    notifications = tuple(
        msgspec.structs.replace(
            record,
            deliveries=record.deliveries if delivery is None else (*record.deliveries, delivery),
            is_done=record.is_done or is_done,
        )
        if record.number == number
        else record
        for record in incident.notifications
    )
    return msgspec.structs.replace(incident, notifications=notifications)
