"""
Document: an incident with its evidence in machine-readable form, the attachment of a message.

It allows a later check that the batches it names are the measured ones: a batch is identified by
its digest, and each batch contains the digest of the one before it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from thongsuot_collector.incidents.answer import Dispute
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import (
    ClosureCode,
    Incident,
    IncidentMember,
    IncidentStatus,
    MemberEvidence,
)
from thongsuot_collector.incidents.notification_log import (
    NotificationCause,
    NotificationKind,
    NotificationRecord,
)
from thongsuot_collector.incidents.observation import ProbeObservation
from thongsuot_collector.incidents.party import Severity
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.render.comparison import Comparison
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom

FORMAT = "thongsuot.incident/1"
"""The version in every document; an incompatible change raises it."""


class PartyReference(msgspec.Struct, frozen=True, kw_only=True):
    """Who must act. ``name`` is the carrier's, the site's or the service's."""

    party: Party
    name: str
    title: str


class AffectedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One affected object: a link, a service or a device (neither) of a site."""

    site: str
    site_title: str
    commune: str
    commune_name: str
    link: str
    service: str
    medium: str
    carrier: str
    circuit: str
    state: State
    symptom: Symptom
    started_at: str
    ended_at: str | None


class BatchReference(msgspec.Struct, frozen=True, kw_only=True):
    """A batch of a site's record: its digest is 32 hex digits, see the batch format's page."""

    stream: str
    number: int
    digest: str


class ObservedProbe(msgspec.Struct, frozen=True, kw_only=True):
    """
    The observations of one probe of a link at the time of the notification.

    ``last_good_at`` is the last answered run, ``first_bad_at`` the first unanswered one after that.
    Of the runs in the minute before ``newest_at``, since the first failure, ``good`` of ``total``
    were answered.
    """

    kind: str
    target: str
    family: Family
    last_good_at: str | None
    first_bad_at: str | None
    newest_at: str
    good: int
    total: int


class SubjectEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence for the verdict on one affected object."""

    site: str
    link: str
    service: str
    state: State
    segment: Segment | None
    symptom: Symptom
    since: str
    evidence: tuple[Evidence, ...]
    observed: tuple[ObservedProbe, ...]
    batches: tuple[BatchReference, ...]


class DisputeReference(msgspec.Struct, frozen=True, kw_only=True):
    """
    A party that denies responsibility for the incident: it refused our ticket (``reference``), or
    one of its people (``person``) denied it.

    ``settled_at`` is null while the city has to decide. ``is_upheld`` is its decision: whether the
    party is right; also null if the party has accepted the incident after all.
    """

    party: Party
    name: str
    reference: str
    reason: str
    disputed_at: str
    person: str = ""
    settled_at: str | None = None
    is_upheld: bool | None = None
    ruling: str = ""


class IncidentDocument(msgspec.Struct, frozen=True, kw_only=True):
    """
    An incident, for machines. Times are RFC 3339 in UTC.

    ``change`` is the reported change and ``cause`` its reason. ``opened_at`` is the onset of the
    fault, off by ``clock_error_s`` at most (null: nothing bounds it); ``known_at`` the time of
    detection by the collector, ``closed_at`` the true end. ``affected_now`` of ``affected`` have
    not recovered, of ``total`` existing ones (null: not counted). ``closed_by`` of the city closed
    it, for ``closing_reason``: until the fault is over, ``closed_at`` is when that was.
    ``merged_into`` is the incident with which a person merged this one.
    """

    incident: str
    rule: str
    title_vi: str
    title_en: str
    change: NotificationKind
    cause: NotificationCause
    notified_at: str
    status: IncidentStatus
    outcome: ClosureCode | None
    opened_at: str
    clock_error_s: float | None
    known_at: str
    closed_at: str | None
    state: State
    segment: Segment | None
    symptom: Symptom
    severity: Severity
    responsible: PartyReference
    affected: tuple[AffectedItem, ...]
    affected_now: int
    total: int | None
    comparison: Comparison
    subject_evidence: tuple[SubjectEvidence, ...]
    disputes: tuple[DisputeReference, ...] = ()
    closed_by: str = ""
    closing_reason: str = ""
    merged_into: str = ""
    page_url: str = ""
    is_test: bool = False
    format: str = FORMAT


def document_of(
    incident: Incident,
    entry: NotificationRecord,
    comparison: Comparison,
    directory: InventoryDirectory,
    *,
    titles: tuple[str, str],
    responsible: str,
    page_url: str = "",
    is_test: bool = False,
) -> IncidentDocument:
    """
    Return the document of one notification.

    ``titles`` are the incident's headline in Vietnamese and in English; ``responsible`` is the
    display name of the party that must act.
    """
    closed_ns, closing, placement = incident.closed_ns, incident.closing, incident.placement
    return IncidentDocument(
        incident=incident.id,
        rule=incident.code,
        title_vi=titles[0],
        title_en=titles[1],
        change=entry.kind,
        cause=entry.cause,
        notified_at=timestamp(entry.at_ns),
        status=incident.status,
        outcome=incident.closure_code,
        opened_at=timestamp(incident.opened_ns),
        clock_error_s=incident.error_s,
        known_at=timestamp(incident.known_ns),
        closed_at=None if closed_ns is None else timestamp(closed_ns),
        state=incident.state,
        segment=incident.segment,
        symptom=incident.symptom,
        severity=incident.severity,
        responsible=PartyReference(
            party=incident.party.party, name=incident.party.name, title=responsible
        ),
        affected=tuple(affected_of(member, directory) for member in incident.members),
        affected_now=incident.open_members,
        total=incident.total,
        comparison=comparison,
        subject_evidence=tuple(_shown(shown) for shown in incident.member_evidence),
        closed_by="" if closing is None else closing.by,
        closing_reason="" if closing is None else closing.reason,
        merged_into="" if placement is None else placement.into,
        page_url=page_url,
        is_test=is_test,
    )


def with_disputes(document: IncidentDocument, disputes: Iterable[Dispute]) -> IncidentDocument:
    """Return a document with the disputes of the incident."""
    references = tuple(
        DisputeReference(
            party=dispute.party.party,
            name=dispute.party.name,
            reference=dispute.reference,
            reason=dispute.reason,
            disputed_at=timestamp(dispute.at_ns),
            person=dispute.person,
            settled_at=None if dispute.settled_ns is None else timestamp(dispute.settled_ns),
            is_upheld=None if dispute.ruling is None else dispute.ruling.is_upheld,
            ruling="" if dispute.ruling is None else dispute.ruling.reason,
        )
        for dispute in disputes
    )
    return msgspec.structs.replace(document, disputes=references)


def encode_document(document: IncidentDocument) -> bytes:
    """Return a document as JSON, indented so that a person can read it, too."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def affected_of(member: IncidentMember, directory: InventoryDirectory) -> AffectedItem:
    """Return the inventory's data of one affected object."""
    subject = member.subject
    site = directory.site(subject.site)
    link = directory.link(subject.site, subject.link) if subject.link else None
    return AffectedItem(
        site=subject.site,
        site_title=site.title,
        commune=site.commune,
        commune_name=directory.commune_name(site.commune),
        link=subject.link,
        service=subject.service,
        medium="" if link is None else link.medium.value,
        carrier="" if link is None else link.carrier,
        circuit="" if link is None else link.circuit,
        state=member.state,
        symptom=member.symptom,
        started_at=timestamp(member.start_ns),
        ended_at=None if member.end_ns is None else timestamp(member.end_ns),
    )


def timestamp(at_ns: int) -> str:
    """Return a moment (Unix time) as RFC 3339 in UTC, to the millisecond."""
    whole = datetime.fromtimestamp(at_ns // NS_PER_S, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{at_ns % NS_PER_S // 1_000_000:03}Z"


def _shown(member_evidence: MemberEvidence) -> SubjectEvidence:
    subject = member_evidence.subject
    return SubjectEvidence(
        site=subject.site,
        link=subject.link,
        service=subject.service,
        state=member_evidence.state,
        segment=member_evidence.segment,
        symptom=member_evidence.symptom,
        since=timestamp(member_evidence.since_ns),
        evidence=member_evidence.evidence,
        observed=tuple(_observed(observation) for observation in member_evidence.observations),
        batches=tuple(
            BatchReference(stream=batch.stream, number=batch.number, digest=batch.digest.hex())
            for batch in member_evidence.batches
        ),
    )


def _observed(observation: ProbeObservation) -> ObservedProbe:
    last_good_ns, first_bad_ns = observation.last_good_ns, observation.first_bad_ns
    return ObservedProbe(
        kind=observation.kind,
        target=observation.target,
        family=observation.family,
        last_good_at=None if last_good_ns is None else timestamp(last_good_ns),
        first_bad_at=None if first_bad_ns is None else timestamp(first_bad_ns),
        newest_at=timestamp(observation.newest_ns),
        good=observation.good,
        total=observation.total,
    )
