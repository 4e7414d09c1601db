"""Limits: what reaches one exactly is taken, in both forms, and one more is refused."""

import json
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from tests.schema.batch.realistic import RealisticDevice
from tests.schema.batch.test_decode import FAULTY, layouts
from tests.schema.batch.test_encode import EMPTY, INDEX, batch_of
from tests.schema.batch.test_json import Document, decoded, document, result
from thongsuot_schema.batch.conversion import NS_PER_MS
from thongsuot_schema.batch.decode import decode_batch
from thongsuot_schema.batch.encode import encode_batch
from thongsuot_schema.batch.json import decode_json
from thongsuot_schema.batch.limits import DEFAULT_LIMITS, LATEST_MS, BatchLimits
from thongsuot_schema.batch.model import Batch, Notice, NoticeCode
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.errors import BatchMalformed, BatchTooLarge
from thongsuot_schema.result import ok_finding

LARGEST = 2**63 - 1
LATEST_NS = LATEST_MS * NS_PER_MS


def clock(**changes: object) -> Document:
    return document(clock={"boottime_ns": 10**12, "wall_ns": 10**18} | changes)


def with_result(**changes: object) -> Document:
    return document(results=[result(**changes)])


Bounds = tuple[list[object], list[object], Callable[[object], Document]]
"""What is taken, what is refused, and the document that has such a value."""

BOUNDS: dict[str, Bounds] = {
    "number": ([1, LARGEST], [0, LARGEST + 1], lambda value: document(number=value)),
    "site": (["s", "s" * 128], ["", "s" * 129], lambda value: document(site=value)),
    "wall time": ([0, LARGEST], [-1, LARGEST + 1], lambda value: clock(wall_ns=value)),
    "boot time": ([0, LATEST_NS], [-1, LATEST_NS + 1], lambda value: clock(boottime_ns=value)),
    "clock error": ([None, 0, 1e9], [-1e-6, 1.1e9], lambda value: clock(error_s=value)),
    "time of a result": (
        [0, LATEST_NS],
        [-1, LATEST_NS + 1],
        lambda value: with_result(boottime_ns=value),
    ),
    "cost": ([0, 2**53 - 1], [-1, 2**53], lambda value: with_result(cost_bytes=value)),
    "detail": (
        ["", "d" * 200],
        ["d" * 201],
        lambda value: with_result(reason="timed_out", values={"icmp_loss_ratio": 1}, detail=value),
    ),
    "unknown key": ([], [1], lambda value: document(unknown=value)),
    "unknown key of the clock": ([], [1], lambda value: clock(unknown=value)),
    "unknown key of a result": ([], [1], lambda value: with_result(unknown=value)),
}


@pytest.mark.parametrize("field", BOUNDS)
def test_a_field_of_json_is_taken_up_to_its_bounds_and_refused_beyond(field: str) -> None:
    taken, refused, form = BOUNDS[field]
    for value in taken:
        assert isinstance(decoded(form(value)), Batch)
    for value in refused:
        with pytest.raises(BatchMalformed):
            decoded(form(value))


def full() -> Batch:
    notices = (Notice(code=NoticeCode.GAP, boottime_ns=NS_PER_MS),) * 2
    return replace(FAULTY, changes=(RealisticDevice(1).change(),), notices=notices)


EXACT = BatchLimits(series=1, results=4, values=7, changes=1, notices=2)


def test_a_batch_that_reaches_every_limit_is_taken() -> None:
    body = encode_batch(full(), INDEX)
    assert decode_batch(body, layouts(INDEX), EXACT).notices == full().notices


@pytest.mark.parametrize("limit", ["results", "values"])
def test_json_that_reaches_a_limit_is_taken_and_one_more_is_too_large(limit: str) -> None:
    results = [result(boottime_ns=second * 10**9) for second in (1, 2)]
    count = {"results": 2, "values": 4}[limit]
    body = json.dumps(document(results=results)).encode()
    limits = {"series": 9, "results": 9, "values": 9, "changes": 9, "notices": 9}
    assert len(decode_json(body, BatchLimits(**limits | {limit: count})).results) == 2
    with pytest.raises(BatchTooLarge):
        decode_json(body, BatchLimits(**limits | {limit: count - 1}))


def test_times_from_boot_to_the_latest_possible_one_are_accepted() -> None:
    finding = ok_finding({icmp.RTT: 0.001})
    for moment_ns in (0, LATEST_NS):
        (first,) = batch_of(finding).results
        batch = replace(
            batch_of(finding),
            clock=replace(EMPTY.clock, boottime_ns=moment_ns),
            results=(replace(first, boottime_ns=moment_ns),),
        )
        read = decode_batch(encode_batch(batch, INDEX), layouts(INDEX))
        assert read.results[0].boottime_ns == moment_ns


def test_a_sender_stays_inside_what_every_receiver_takes() -> None:
    notice = Notice(code=NoticeCode.GAP, boottime_ns=NS_PER_MS)
    count = DEFAULT_LIMITS.notices
    assert encode_batch(replace(EMPTY, notices=(notice,) * count), INDEX)
    with pytest.raises(ValueError, match=f"has {count + 1} notices; receivers take {count}"):
        encode_batch(replace(EMPTY, notices=(notice,) * (count + 1)), INDEX)
