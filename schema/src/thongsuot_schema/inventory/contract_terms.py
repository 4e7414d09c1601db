"""Contracts: a carrier's commitments for its circuits, in the files of the inventory."""

from enum import StrEnum
from typing import Annotated

import msgspec

from thongsuot_schema.inventory.fields import Medium, Month, Name, Seconds, StrictStruct


class ServiceHours(StrEnum):
    """The hours in which a contract's time runs."""

    ALWAYS = "24x7"
    OFFICE = "office"
    """Only in the office hours of the contract."""


class Exclusion(StrEnum):
    """The exclusions of a contract."""

    MAINTENANCE = "maintenance"
    """Planned work: the whole of its window."""
    POWER = "power"
    """The device was without power."""
    CUSTOMER = "customer"
    """The fault was on the point's side: its cable, router, local network, device."""


class Since(StrEnum):
    """The start of a fault's counted time."""

    DETECTED = "detected"
    """From its onset, as measured."""
    NOTIFIED = "notified"
    """From the notification of the carrier; a fault without one does not count."""


class AssessmentPeriod(StrEnum):
    """The time over which a target has to be met."""

    MONTH = "month"
    QUARTER = "quarter"
    """From the beginning of the calendar quarter to the end of the statement's month."""


class Day(StrEnum):
    """Days of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


LEAST_COVERAGE_RATIO = 0.5
"""A circuit is not assessed by less than half of the time, unless the contract says so."""


class Contract(StrictStruct, frozen=True):
    """
    A carrier's commitments for its circuits.

    It applies to all circuits of ``carrier``; with ``media`` or ``circuits`` only to those. One
    that names the circuit has precedence over one that names its medium, and that over one that
    only names the carrier. Missing terms are those of the regulation for the medium, see the
    statements' page of the reference.
    """

    name: Name
    carrier: Name
    title: str = ""
    """Its title in statements: its number and date."""
    media: tuple[Medium, ...] = ()
    circuits: tuple[str, ...] = ()
    first_month: Month = ""
    """The first month in which it applies, as in "2026-11"; empty: unlimited."""
    last_month: Month = ""
    """The last month in which it applies; empty: until further notice."""
    availability_ratio: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    """The share of the time in which the circuit has to be available."""
    window: AssessmentPeriod = AssessmentPeriod.MONTH
    coverage_ratio: Annotated[float, msgspec.Meta(ge=0, le=1)] = LEAST_COVERAGE_RATIO
    """
    The share of the time that has to be known to assess a circuit against the target; with less it
    is not assessed.
    """
    downtime_since: Since = Since.DETECTED
    """The start of counted downtime when the availability is assessed."""
    clock: ServiceHours = ServiceHours.ALWAYS
    office_days: tuple[Day, ...] = (Day.MON, Day.TUE, Day.WED, Day.THU, Day.FRI)
    office_hours: tuple[str, ...] = ("08:00-12:00", "13:00-17:00")
    """In Vietnam's time zone; "24:00" is the end of a day."""
    holidays: tuple[str, ...] = ()
    """Days without office hours, as in "2026-09-02"."""
    excludes: tuple[Exclusion, ...] = tuple(Exclusion)
    """
    Time that is not counted as the carrier's. Unknown time is never counted, regardless of the
    contract.
    """
    accept_s: Seconds | None = None
    """
    The carrier's time to accept an incident; by default that of the collector's ``[notify]``. Then
    others are notified, see ``Carrier.escalation``.
    """
    repair_ward_s: Seconds | None = None
    """The maximum time of a repair in a ward (phường)."""
    repair_commune_s: Seconds | None = None
    """The maximum time of a repair in a commune (xã)."""
    repair_ratio: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    """The share of repairs that have to be in time."""
    repair_since: Since = Since.NOTIFIED
