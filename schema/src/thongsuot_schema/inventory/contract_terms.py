"""What a carrier has promised for its circuits, as the files of the inventory hold it."""

from enum import StrEnum
from typing import Annotated

import msgspec

from thongsuot_schema.inventory.fields import Medium, Month, Name, Seconds, StrictStruct


class ServiceHours(StrEnum):
    """When a contract's time runs."""

    ALWAYS = "24x7"
    OFFICE = "office"
    """Only in the office hours of the contract."""


class Exclusion(StrEnum):
    """What a contract does not hold against the carrier."""

    MAINTENANCE = "maintenance"
    """Planned work: the whole of its window."""
    POWER = "power"
    """The device was without power."""
    CUSTOMER = "customer"
    """The fault was on the point's side: its cable, router, local network, device."""


class Since(StrEnum):
    """From when a fault is counted."""

    DETECTED = "detected"
    """From its onset, as measured."""
    NOTIFIED = "notified"
    """From when the carrier was told of it; a fault it was never told of counts nothing."""


class AssessmentPeriod(StrEnum):
    """Over what time a target has to be met."""

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
"""Nobody is judged by less than half of the time, unless the contract says so."""


class Contract(StrictStruct, frozen=True):
    """
    What a carrier has promised for its circuits.

    It holds for all circuits of ``carrier``; with ``media`` or ``circuits`` only for those. The one
    that names the circuit goes before the one that names its medium, and that before the carrier's
    only. What is left out is as the regulation for the medium has it, see the statements' page of
    the reference.
    """

    name: Name
    carrier: Name
    title: str = ""
    """What the statement calls it: its number and date."""
    media: tuple[Medium, ...] = ()
    circuits: tuple[str, ...] = ()
    first_month: Month = ""
    """The first month it holds for, as in "2026-11"; empty: always has."""
    last_month: Month = ""
    """The last month it holds for; empty: until further notice."""
    availability_ratio: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    """What share of the time the circuit has to be available."""
    window: AssessmentPeriod = AssessmentPeriod.MONTH
    coverage_ratio: Annotated[float, msgspec.Meta(ge=0, le=1)] = LEAST_COVERAGE_RATIO
    """
    Of what share of its time anything has to be known for a circuit to be held against the target;
    with less it is not assessed.
    """
    downtime_since: Since = Since.DETECTED
    """What the availability is counted from when it is held against the target."""
    clock: ServiceHours = ServiceHours.ALWAYS
    office_days: tuple[Day, ...] = (Day.MON, Day.TUE, Day.WED, Day.THU, Day.FRI)
    office_hours: tuple[str, ...] = ("08:00-12:00", "13:00-17:00")
    """In the time of Vietnam; "24:00" is the end of a day."""
    holidays: tuple[str, ...] = ()
    """Days without office hours, as in "2026-09-02"."""
    excludes: tuple[Exclusion, ...] = tuple(Exclusion)
    """
    What is not counted as the carrier's. Time of which nothing is known is never counted, whatever
    the contract says.
    """
    accept_s: Seconds | None = None
    """
    How long the carrier has to accept an incident that it was told of; left out: what the
    collector's ``[notify]`` says. Then others are told, see ``Carrier.escalation``.
    """
    repair_ward_s: Seconds | None = None
    """How long a repair may take in a ward (phường)."""
    repair_commune_s: Seconds | None = None
    """How long a repair may take in a commune (xã)."""
    repair_ratio: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    """What share of the repairs has to keep to that."""
    repair_since: Since = Since.NOTIFIED
