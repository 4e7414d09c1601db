"""
The arrays of the batch format, version 1, field by field in the order in which they travel.

Each structure is a msgpack array. Later versions of a structure may append fields: older readers
skip them, and they need a default here so that data of older writers can be read. Words of closed
lists are encoded as text, because an older reader must accept words that it does not know.
"""

from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Raw, Struct

from thongsuot_schema.batch.digest import DIGEST_BYTES
from thongsuot_schema.batch.limits import (
    BOOT_BYTES,
    EVIDENCE_ENTRIES,
    LATEST_MS,
    NAME_CHARACTERS,
    REMARKS,
    STREAM_BYTES,
    TEXT_CHARACTERS,
)

RemarkT = TypeVar("RemarkT")

Name = Annotated[str, Meta(max_length=NAME_CHARACTERS)]
Text = Annotated[str, Meta(max_length=TEXT_CHARACTERS)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Nanoseconds = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Milliseconds = Annotated[int, Meta(ge=-LATEST_MS, le=LATEST_MS)]
Digest = Annotated[bytes, Meta(max_length=DIGEST_BYTES)]
EvidenceTexts = Annotated[dict[Text, Text], Meta(max_length=EVIDENCE_ENTRIES)]
StreamName = Annotated[bytes, Meta(min_length=STREAM_BYTES, max_length=STREAM_BYTES)]
BootId = Annotated[bytes, Meta(min_length=BOOT_BYTES, max_length=BOOT_BYTES)]


class WireArray(Struct, array_like=True, frozen=True, gc=False):
    """Base of all structures here: an array, not a map."""


class RowRemark(WireArray, Generic[RemarkT], frozen=True):
    """
    A remark about a few results: ``content`` holds for each of ``rows``.

    ``rows`` are ascending row numbers, each as the difference to the one before (the first to 0).
    """

    content: RemarkT
    rows: list[int]


class ReasonWire(WireArray, frozen=True):
    """Why a run was not ok. ``outcome`` is 1 for failed, 2 for unmeasured."""

    outcome: int
    reason: Name


class ClockWire(WireArray, frozen=True):
    """``Clock``; the error in whole microseconds, rounded up."""

    boottime_ns: Nanoseconds
    wall_ns: Nanoseconds
    error_us: Count | None


class EvidenceWire(WireArray, frozen=True):
    """``Evidence``, field by field."""

    kind: Name
    target: Name
    family: Name
    segment: Name | None
    outcome: Name | None
    reason: Name | None
    ok: Count
    failed: Count
    unmeasured: Count
    metric: Name
    value: float | None
    limit: float | None
    link: Name = ""


class ChangeWire(WireArray, frozen=True):
    """
    ``VerdictChange``; times in milliseconds relative to the clock's boottime, mostly negative.
    """

    link: Name
    service: Name
    state: Name
    segment: Name | None
    symptom: Name
    before: Name
    onset_ms: Milliseconds
    decided_ms: Milliseconds
    evidence: Annotated[list[EvidenceWire], Meta(max_length=8 * EVIDENCE_ENTRIES)]


class NoticeWire(WireArray, frozen=True):
    """``Notice``; times as in ``ChangeWire``."""

    code: Name
    at_ms: Milliseconds
    text: Text
    count: Count
    value: float | None
    from_ms: Milliseconds | None


class HeadWire(WireArray, frozen=True):
    """The fields of a batch that describe its origin and content, without its numbers."""

    version: int
    site: Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS)]
    stream: StreamName
    number: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    boot_id: BootId
    clock: ClockWire
    previous: Digest
    layout: Digest
    counts: list[Count]
    """Results of each series by its position; missing ones at the end are 0."""
    changes: list[Raw]
    notices: list[Raw]


class BatchWire(WireArray, frozen=True):
    """A batch. Rows are results, series after series, and in the order of time within a series."""

    version: int
    site: Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS)]
    stream: StreamName
    number: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    boot_id: BootId
    clock: ClockWire
    previous: Digest
    layout: Digest
    counts: list[Count]
    changes: list[ChangeWire]
    notices: list[NoticeWire]
    numbers: bytes
    """
    Planes (``numbers.pack``) of: times of all rows, each column of each block, costs of all rows.
    """
    reasons: Annotated[list[RowRemark[ReasonWire]], Meta(max_length=REMARKS)]
    """Rows that are not ok."""
    absences: Annotated[list[RowRemark[int]], Meta(max_length=REMARKS)]
    """Rows that lack values; bit ``i`` is set where the block's column ``i`` is lacking."""
    doubts: Annotated[list[RowRemark[list[Name]]], Meta(max_length=REMARKS)]
    details: Annotated[list[RowRemark[Text]], Meta(max_length=REMARKS)]
    evidence: Annotated[list[RowRemark[EvidenceTexts]], Meta(max_length=REMARKS)]


class VersionWire(WireArray, frozen=True):
    """The one field that every version of a batch and of a layout begins with."""

    version: int


class ColumnWire(WireArray, frozen=True):
    """``Column``."""

    metric: Name
    numerator: Count
    denominator: Count


class SeriesWire(WireArray, frozen=True):
    """The fields that distinguish series of one kind."""

    link: Name
    target: Name
    family: Name


class KindWire(WireArray, frozen=True):
    """One kind and revision: its columns and its series, both in their order."""

    kind: Name
    revision: Count
    columns: list[ColumnWire]
    places: list[SeriesWire]


class LayoutWire(WireArray, frozen=True):
    """A layout."""

    version: int
    kinds: list[KindWire]
