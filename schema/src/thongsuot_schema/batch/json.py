"""
A batch as JSON, for anyone who pushes with ``curl`` or wants to read one: complete in itself, no
layout.

Stricter than the packed form, because it is written by hand: an unknown key, kind, metric or word
is an error, and so is a value outside its metric's range.
"""

import struct
from typing import Annotated

import msgspec
from msgspec import Meta

from thongsuot_schema.batch.conversion import NS_PER_MS
from thongsuot_schema.batch.decode import decode_batch
from thongsuot_schema.batch.encode import LayoutIndex, encode_batch, index_layout
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.limits import (
    DEFAULT_LIMITS,
    EVIDENCE_ENTRIES,
    LATEST_MS,
    NAME_CHARACTERS,
    TEXT_CHARACTERS,
    BatchLimits,
)
from thongsuot_schema.batch.model import VERSION, Batch, ClockReading, Notice
from thongsuot_schema.catalogue.loader import load
from thongsuot_schema.errors import BatchMalformed, BatchTooLarge, BatchVersionUnknown
from thongsuot_schema.metric import Metric, ProbeKind
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import (
    Family,
    Finding,
    QualityFlag,
    Result,
    Series,
    failed_finding,
    ok_finding,
)
from thongsuot_schema.suggestion import suggest
from thongsuot_schema.verdict import VerdictChange

Name = Annotated[str, Meta(max_length=NAME_CHARACTERS)]
Text = Annotated[str, Meta(max_length=TEXT_CHARACTERS)]
BootTime = Annotated[int, Meta(ge=0, le=LATEST_MS * NS_PER_MS)]

_LARGEST_COST_BYTES = (1 << 53) - 1
"""What JSON itself can count exactly; the packed form holds no more than 64 bits."""


class ResultJson(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A result; without ``reason`` it is ok, otherwise the reason determines the outcome."""

    kind: Name
    revision: int | None = None
    """Left out: the catalogue's."""
    link: Name = ""
    target: Name = ""
    family: Family = Family.NONE
    boottime_ns: BootTime
    reason: Reason | None = None
    values: dict[str, float] = {}
    doubts: tuple[QualityFlag, ...] = ()
    detail: Text = ""
    evidence: Annotated[dict[Text, Text], Meta(max_length=EVIDENCE_ENTRIES)] = {}
    cost_bytes: Annotated[int, Meta(ge=0, le=_LARGEST_COST_BYTES)] = 0


class ClockJson(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``ClockReading``."""

    boottime_ns: BootTime
    wall_ns: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    error_s: Annotated[float, Meta(ge=0, le=10**9)] | None = None


class BatchJson(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A batch; the fields are those of ``Batch``, ``previous`` in hexadecimal digits."""

    version: int = VERSION
    site: Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS)]
    stream: Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
    number: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    boot_id: Annotated[
        str, Meta(pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
    ]
    clock: ClockJson
    previous: Annotated[str, Meta(pattern="^([0-9a-f]{32})?$")] = ""
    results: list[ResultJson] = []
    changes: tuple[VerdictChange, ...] = ()
    notices: tuple[Notice, ...] = ()


_DECODER = msgspec.json.Decoder(BatchJson)


def decode_json(body: bytes, limits: BatchLimits = DEFAULT_LIMITS) -> Batch:
    """
    Return a batch, the same as if it had come packed: milliseconds, steps of resolution, order.

    Raises:
        BatchTooLarge: the body or a count in it is over the limit.
        BatchVersionUnknown: ``version`` is another than the one read here.
        BatchMalformed: it is not JSON of this form, or contains impossible values.
    """
    index, packed = pack_json(body, limits)
    return decode_batch(packed, {index.layout_id: index.layout}.get, limits)


def pack_json(body: bytes, limits: BatchLimits = DEFAULT_LIMITS) -> tuple[LayoutIndex, bytes]:
    """
    Return the packed form of a batch in JSON: its layout, and the body that refers to it.

    This form of a push is stored, so that every reader of the record meets only one form.

    Raises:
        BatchError: as ``decode_json``.
    """
    batch = _batch_from_json(body, limits)
    try:
        index = index_layout(sorted_layout(result.series for result in batch.results))
        packed = encode_batch(batch, index)
    except (ValueError, OverflowError, struct.error) as error:
        raise BatchMalformed(f"body cannot be kept: {error}") from error
    # Names and texts of changes and notices have their bounds in the packed form only.
    decode_batch(packed, {index.layout_id: index.layout}.get, limits)
    return index, packed


def _batch_from_json(body: bytes, limits: BatchLimits) -> Batch:
    if len(body) > limits.unpacked_bytes:
        message = f"body of {len(body)} bytes; at most {limits.unpacked_bytes} are taken as JSON"
        raise BatchTooLarge(message)
    try:
        decoded = _DECODER.decode(body)
    except RecursionError as error:
        raise BatchMalformed("body is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BatchMalformed(f"body is no batch in JSON: {error}") from error
    if decoded.version != VERSION:
        message = f"body is of version {decoded.version}; version {VERSION} is read here"
        raise BatchVersionUnknown(message)
    _check_counts(decoded, limits)
    return Batch(
        site=decoded.site,
        stream=decoded.stream,
        number=decoded.number,
        boot_id=decoded.boot_id,
        clock=ClockReading(
            boottime_ns=decoded.clock.boottime_ns,
            wall_ns=decoded.clock.wall_ns,
            error_s=decoded.clock.error_s,
        ),
        previous=bytes.fromhex(decoded.previous),
        results=tuple(_result_from_json(at, result) for at, result in enumerate(decoded.results)),
        changes=decoded.changes,
        notices=decoded.notices,
    )


def _check_counts(batch: BatchJson, limits: BatchLimits) -> None:
    for noun, count, limit in (
        ("results", len(batch.results), limits.results),
        ("values", sum(len(result.values) for result in batch.results), limits.values),
        ("verdict changes", len(batch.changes), limits.changes),
        ("notices", len(batch.notices), limits.notices),
    ):
        if count > limit:
            raise BatchTooLarge(f"batch has {count} {noun}; at most {limit} are taken")


def _result_from_json(at: int, row: ResultJson) -> Result:
    try:
        kind = load(row.kind)
        if row.revision not in {None, kind.revision}:
            message = f"{kind.name} is of revision {kind.revision} here, not {row.revision}"
            raise BatchMalformed(f"result {at}: {message}")
        finding = _finding_from_json(row, kind)
    except KeyError as error:
        raise BatchMalformed(f"result {at}: {error.args[0]}") from error
    except ValueError as error:
        raise BatchMalformed(f"result {at}: {error}") from error
    series = Series(
        kind=row.kind,
        revision=kind.revision,
        link=row.link,
        target=row.target,
        family=row.family,
    )
    return Result(series=series, boottime_ns=row.boottime_ns, finding=finding)


def _finding_from_json(row: ResultJson, kind: ProbeKind) -> Finding:
    metrics = {metric.name: metric for metric in kind.metrics}
    values: dict[Metric, float] = {}
    for name, value in row.values.items():
        if name not in metrics:
            raise ValueError(f"{kind.name} has no metric {name!r}{suggest(name, metrics)}")
        values[metrics[name]] = value
    return msgspec.structs.replace(
        ok_finding(values) if row.reason is None else failed_finding(row.reason, values),
        doubts=row.doubts,
        detail=row.detail,
        evidence=row.evidence,
        cost_bytes=row.cost_bytes,
    )
