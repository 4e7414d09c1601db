"""Records: one row of each list, for programs and pages. Times are UTC."""

from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from thongsuot_collector.commissioning.status import CommissioningState
from thongsuot_collector.incidents.incident import ClosureCode, IncidentStatus
from thongsuot_collector.incidents.party import Severity
from thongsuot_collector.journal.entry import ClockQuality
from thongsuot_schema.inventory.model import SiteKind
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


class SiteStatus(StrEnum):
    """Whether a site is reporting."""

    REPORTING = "reporting"
    SILENT = "silent"
    """Its device has reported before, and does not now."""
    NOT_INSTALLED = "not-installed"
    """Its device has never reported."""
    RETIRED = "retired"
    """It is marked as retired in the inventory."""


class Turn(StrEnum):
    """Who has to act on an open incident."""

    CITY = "city"
    """The city acts: the incident is its own, or nobody accepted it in time."""
    DISPUTE = "dispute"
    """The city has to decide a dispute."""
    CARRIER = "carrier"
    COMMUNE = "commune"
    PORTAL = "portal"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all records."""


class SiteRecord(Record, frozen=True):
    """
    One service point. ``fixed`` and ``mobile`` are the worst of its links of either kind, null if
    it has none; ``is_whole``: it has both, and all its links are up. ``state`` is the worst of its
    links and services, but ``degraded`` while any link is up; ``since`` is the onset of the oldest
    ongoing fault. ``incidents`` are the open ones that it is part of. ``commissioning`` tells
    whether its links were verified by unplugging their cables, and whether they are still the same.
    """

    name: str
    title: str
    commune: str
    commune_name: str
    area: str
    kind: SiteKind
    status: SiteStatus
    state: State
    fixed: State | None
    mobile: State | None
    is_whole: bool
    links: int
    links_up: int
    since: datetime | None
    heard_at: datetime | None
    carriers: tuple[str, ...]
    incidents: tuple[str, ...]
    commissioning: CommissioningState


class LinkRecord(Record, frozen=True):
    """One link of a service point. ``since`` is the onset of its present state."""

    site: str
    site_title: str
    commune: str
    commune_name: str
    area: str
    link: str
    medium: str
    carrier: str
    carrier_title: str
    circuit: str
    status: SiteStatus
    state: State
    segment: Segment | None
    symptom: Symptom
    since: datetime | None
    incident: str


class IncidentRecord(Record, frozen=True):
    """
    One incident. ``responsible`` is the party at fault, ``acting`` the one that has to act now;
    both as ``party:name``. ``turn`` is null once it is closed. ``parents`` are the larger incidents
    that include it, ``children`` the included ones. ``closure`` is the way it was closed: a
    withdrawn one was a false alarm, and the fault of one that the city closed (``closed_by``, for
    ``closing_reason``) may continue. ``merged_into`` is the incident with which a person merged it.
    ``is_generated``: it was generated for a demonstration.
    """

    id: str
    rule: str
    title: str
    status: IncidentStatus
    closure: ClosureCode | None
    state: State
    severity: Severity
    segment: Segment | None
    symptom: Symptom
    opened_at: datetime
    known_at: datetime
    closed_at: datetime | None
    responsible: str
    acting: str
    acting_title: str
    turn: Turn | None
    accepted_by: str
    accepted_at: datetime | None
    expected_at: datetime | None
    is_disputed: bool
    is_excused: bool
    affected: int
    total: int | None
    communes: tuple[str, ...]
    areas: tuple[str, ...]
    sites: tuple[str, ...]
    carriers: tuple[str, ...]
    parents: tuple[str, ...]
    children: tuple[str, ...]
    merged_into: str
    closed_by: str
    closing_reason: str
    is_generated: bool


class AgentRecord(Record, frozen=True):
    """
    The device of one service point. ``config`` is the version of its settings that it runs,
    ``config_offered`` the newest, ``config_refused`` one that it refused. ``backlog_batches`` are
    known to be waiting on it.
    """

    site: str
    site_title: str
    commune: str
    commune_name: str
    area: str
    status: SiteStatus
    version: str
    heard_at: datetime | None
    clock: ClockQuality | None
    backlog_batches: int
    config: str
    config_offered: str
    config_refused: str


class DeliveryRecord(Record, frozen=True):
    """One attempt to notify a party about an incident, and its outcome."""

    id: int
    incident: str
    number: int
    audience: str
    channel: str
    kind: str
    began_at: datetime
    took_s: float
    outcome: str
    reference: str
    text: str


class AuditRecord(Record, frozen=True):
    """One line of the audit log: who changed what."""

    id: int
    at: datetime
    by: str
    action: str
    subject: str
    detail: str


class CarrierRecord(Record, frozen=True):
    """One carrier: the state of its links, and the open incidents on which it has to act."""

    name: str
    title: str
    hotline: str
    links: int
    up: int
    degraded: int
    down: int
    unknown: int
    incidents: int
    unaccepted: int
    disputed: int


class MaintenanceRecord(Record, frozen=True):
    """Current or future planned work, and its scope; empty fields set no bound."""

    id: str
    start_at: datetime
    end_at: datetime
    is_active: bool
    site: str
    link: str
    carrier: str
    carriers: tuple[str, ...]
    commune: str
    areas: tuple[str, ...]
    service: str
    note: str


class CommuneRecord(Record, frozen=True):
    """
    One commune: its place on the wall (from 1; 0: none) and the worst of its sites' links of either
    kind, null if none has ever reported.
    """

    code: str
    name: str
    area: str
    row: int
    column: int
    sites: int
    installed: int
    whole: int
    fixed: State | None
    mobile: State | None
    state: State
    incidents: tuple[str, ...]


class CitySummary(Record, frozen=True):
    """
    The city in figures. Incidents are counted by who has to act: ``to_act`` the city's,
    ``waiting_for_carriers``, ``waiting_for_others`` (communes, operators of portals), ``disputed``.
    ``whole`` of ``installed`` sites have both links good.
    """

    communes: int
    sites: int
    installed: int
    whole: int
    silent: int
    not_installed: int
    retired: int
    to_act: int
    waiting_for_carriers: int
    waiting_for_others: int
    disputed: int


def utc(at_ns: int | None) -> datetime | None:
    """Return a Unix time in nanoseconds in the form of records, to the millisecond; 0: none."""
    if not at_ns:
        return None
    return datetime.fromtimestamp(at_ns // 1_000_000 / 1_000, UTC)


def moment(at_ns: int) -> datetime:
    """Return a Unix time in nanoseconds in the form of records, to the millisecond."""
    return datetime.fromtimestamp(at_ns // 1_000_000 / 1_000, UTC)


TURNS: dict[Party, Turn] = {
    Party.CITY: Turn.CITY,
    Party.CARRIER: Turn.CARRIER,
    Party.COMMUNE: Turn.COMMUNE,
    Party.PORTAL: Turn.PORTAL,
}
