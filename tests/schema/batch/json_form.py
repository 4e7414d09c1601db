"""Batches as JSON, the other way round: as a person might write one, for trials and examples."""

import msgspec

from thongsuot_schema.batch.json import BatchJson, ClockJson, ResultJson
from thongsuot_schema.batch.model import Batch
from thongsuot_schema.result import Result


def encode_json(batch: Batch) -> bytes:
    """Return a batch as JSON, on one line; nothing is rounded. Of a kind that is not known, too."""
    document = BatchJson(
        site=batch.site,
        stream=batch.stream,
        number=batch.number,
        boot_id=batch.boot_id,
        clock=ClockJson(
            boottime_ns=batch.clock.boottime_ns,
            wall_ns=batch.clock.wall_ns,
            error_s=batch.clock.error_s,
        ),
        previous=batch.previous.hex(),
        results=[_result_json(result) for result in batch.results],
        changes=batch.changes,
        notices=batch.notices,
    )
    return msgspec.json.encode(document)


def _result_json(result: Result) -> ResultJson:
    series, finding = result.series, result.finding
    return ResultJson(
        kind=series.kind,
        revision=series.revision,
        link=series.link,
        target=series.target,
        family=series.family,
        boottime_ns=result.boottime_ns,
        reason=finding.reason,
        values=finding.values,
        doubts=finding.doubts,
        detail=finding.detail,
        evidence=finding.evidence,
        cost_bytes=finding.cost_bytes,
    )
