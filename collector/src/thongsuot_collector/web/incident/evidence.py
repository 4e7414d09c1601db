"""
Evidence: an incident in machine-readable form, for download from its page.

The incident itself is the document attached to messages; its further course is added.
``thongsuot-collector verify --evidence`` reads it.
"""

import msgspec

from thongsuot_collector.incidents.notification_log import NotificationCause, NotificationKind
from thongsuot_collector.notify.render import text
from thongsuot_collector.notify.render.document import IncidentDocument, document_of, timestamp
from thongsuot_collector.notify.render.names import party_name
from thongsuot_collector.web.incident.report import IncidentReport
from thongsuot_schema.segment import Party
from thongsuot_schema.words.translations import REFERENCE

FORMAT = "thongsuot.evidence/1"


class AcknowledgementEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """The person who accepted it, since when, and their note."""

    owner: str
    at: str
    note: str


class MaintenanceEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Planned work that affects it."""

    name: str
    start: str
    end: str
    note: str


class NotificationEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """
    A notification of a party by one of its channels. ``decided_at`` is the time of the decision,
    ``delivered_at`` that of the delivery by ``channel`` (null: not delivered).
    """

    party: Party
    name: str
    kind: NotificationKind
    cause: NotificationCause
    decided_at: str
    delivered_at: str | None
    channel: str
    reference: str


class EvidenceFile(msgspec.Struct, frozen=True, kw_only=True):
    """
    The whole file. ``incident.notified_at`` is the last of ``notifications``; without any, the time
    when the incident became known.
    """

    incident: IncidentDocument
    notifications: tuple[NotificationEvidence, ...]
    acknowledged: AcknowledgementEvidence | None
    maintenance: tuple[MaintenanceEvidence, ...]
    format: str = FORMAT


def evidence_of(report: IncidentReport) -> EvidenceFile:
    """Return an incident's evidence."""
    incident, context = report.incident, report.context
    taken = incident.acknowledgement
    return EvidenceFile(
        incident=document_of(
            incident,
            context.record,
            context.comparison,
            context.directory,
            titles=(text.headline_of(context, "vi"), text.headline_of(context, "en")),
            responsible=party_name(incident.party, context.directory, REFERENCE),
            page_url=context.page_url,
        ),
        notifications=tuple(_notifications(report)),
        acknowledged=None
        if taken is None
        else AcknowledgementEvidence(owner=taken.owner, at=timestamp(taken.at_ns), note=taken.note),
        maintenance=tuple(
            MaintenanceEvidence(
                name=window.id,
                start=timestamp(window.start_ns),
                end=timestamp(window.end_ns),
                note=window.note,
            )
            for window in report.windows
        ),
    )


def _notifications(report: IncidentReport) -> list[NotificationEvidence]:
    return [
        NotificationEvidence(
            party=entry.party.party,
            name=entry.party.name,
            kind=entry.kind,
            cause=entry.cause,
            decided_at=timestamp(entry.at_ns),
            delivered_at=None
            if delivery is None or not delivery.is_delivered
            else timestamp(delivery.at_ns),
            # The text after a colon is a personal address.
            channel="" if delivery is None else delivery.channel.partition(":")[0],
            reference="" if delivery is None else delivery.reference,
        )
        for entry in report.incident.notifications
        for delivery in entry.by_channel() or (None,)
    ]
