"""Bytes to batches: exact, bounded, and never anything else than a batch or a ``BatchError``."""

import contextlib
import random
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.schema.batch.layout_builder import LayoutBuilder
from tests.schema.batch.realistic import RealisticDevice
from tests.schema.batch.strategies import batches, travelled
from tests.schema.batch.test_encode import EMPTY, INDEX, batch_of
from tests.timing import examples
from thongsuot_schema.batch import frame
from thongsuot_schema.batch.columns import decode_columns, unpack_numbers
from thongsuot_schema.batch.decode import decode_batch, decode_layout, read_header
from thongsuot_schema.batch.encode import LayoutIndex, encode_batch, encode_layout, index_layout
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.limits import DEFAULT_LIMITS, LATEST_MS, BatchLimits
from thongsuot_schema.batch.model import Batch, Notice, NoticeCode
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.errors import (
    BatchError,
    BatchMalformed,
    BatchTooLarge,
    BatchVersionUnknown,
    LayoutUnknown,
)
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import failed_finding, ok_finding
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Verdict, VerdictChange

# The arrays of a batch, by position; a fuzzer's view, so untyped.
Arrays = list[Any]
VERSION, SITE, STREAM, NUMBER, BOOT_ID, CLOCK, PREVIOUS, LAYOUT, COUNTS = range(9)
CHANGES, NOTICES, NUMBERS, REASONS, ABSENCES, DOUBTS, DETAILS, EVIDENCE = range(9, 17)


def layouts(index: LayoutIndex) -> Callable[[bytes], Any]:
    return {index.layout_id: index.layout}.get


def arrays_of(body: bytes) -> Arrays:
    arrays: Arrays = msgspec.msgpack.decode(frame.unpack(body, DEFAULT_LIMITS))
    return arrays


def packed(arrays: object) -> bytes:
    # Fast: what is tested is not how small it gets.
    return zstandard.ZstdCompressor(level=1).compress(msgspec.msgpack.encode(arrays))


FAULTY = batch_of(
    ok_finding({icmp.RTT: 0.001, icmp.LOSS: 0.0, icmp.HOP_LIMIT: 64.0}),
    failed_finding(Reason.TIMED_OUT, {icmp.LOSS: 1.0}, detail="no answer", evidence={"sent": "3"}),
    failed_finding(Reason.NO_ROUTE),
    ok_finding({icmp.RTT: 0.002, icmp.LOSS: 0.0, icmp.HOP_LIMIT: 64.0}),
)
FAULTY_BODY = encode_batch(FAULTY, INDEX)


@given(batches())
@settings(max_examples=examples(150))
def test_a_batch_comes_back_exact_to_the_resolution(batch: Batch) -> None:
    index = LayoutBuilder().index_for(batch.results)
    body = encode_batch(batch, index)
    decoded = decode_batch(body, layouts(index))
    assert decoded == travelled(batch)
    assert encode_batch(decoded, index) == body


@given(batches())
@settings(max_examples=examples(30))
def test_a_layout_may_hold_more_series_than_a_batch_has(batch: Batch) -> None:
    builder = LayoutBuilder()
    builder.index_for(RealisticDevice(1).rows(1).results)
    index = builder.index_for(batch.results)
    assert decode_batch(encode_batch(batch, index), layouts(index)) == travelled(batch)


@given(batches())
@settings(max_examples=examples(50))
def test_the_header_can_be_read_without_the_batch(batch: Batch) -> None:
    index = LayoutBuilder().index_for(batch.results)
    head = read_header(encode_batch(batch, index))
    for name in ("site", "stream", "number", "boot_id", "clock", "previous"):
        assert getattr(head, name) == getattr(batch, name)
    assert head.layout == (index.layout_id if batch.results else b"")
    counted = (head.results, head.changes, head.notices)
    assert counted == (len(batch.results), len(batch.changes), len(batch.notices))


def test_an_unknown_layout_is_named_in_the_error() -> None:
    with pytest.raises(LayoutUnknown, match=INDEX.layout_id.hex()) as raised:
        decode_batch(FAULTY_BODY, lambda _: None)
    assert raised.value.layout_id == INDEX.layout_id


@pytest.mark.parametrize("version", [0, 2, 2**40])
def test_another_version_is_named_whatever_its_form(version: int) -> None:
    for body in (packed([version, *arrays_of(FAULTY_BODY)[1:]]), packed([version, {"new": 1}])):
        for decode in (read_header, lambda body: decode_batch(body, layouts(INDEX)), decode_layout):
            with pytest.raises(BatchVersionUnknown, match=f"of version {version}; version 1 is"):
                decode(body)


def _changed(position: int, value: object) -> Arrays:
    arrays = arrays_of(FAULTY_BODY)
    arrays[position] = value
    return arrays


MALFORMED = {
    "no array": 7,
    "an empty array": [],
    "too few fields": arrays_of(FAULTY_BODY)[:EVIDENCE],
    "an empty site": _changed(SITE, ""),
    "a long site": _changed(SITE, "s" * 129),
    "a short stream": _changed(STREAM, bytes(7)),
    "a stream of text": _changed(STREAM, "00112233445566aa"),
    "number 0": _changed(NUMBER, 0),
    "a number over 63 bits": _changed(NUMBER, 2**63),
    "a long boot id": _changed(BOOT_ID, bytes(17)),
    "a clock before the epoch": _changed(CLOCK, [1, -1, None]),
    "a half digest": _changed(PREVIOUS, bytes(8)),
    "no layout": _changed(LAYOUT, b""),
    "a negative count": _changed(COUNTS, [5, -1]),
    "more series than the layout": _changed(COUNTS, [4, 0]),
    "another count of rows": _changed(COUNTS, [5]),
    "numbers cut short": _changed(NUMBERS, arrays_of(FAULTY_BODY)[NUMBERS][:-1]),
    "numbers of nine bytes": _changed(NUMBERS, bytes(9 * 18)),
    "no numbers": _changed(NUMBERS, b""),
    "a reason for no row": _changed(REASONS, [[[1, "timed_out"], []]]),
    "a reason for a row that is not there": _changed(REASONS, [[[1, "timed_out"], [4]]]),
    "a reason for a row before the first": _changed(REASONS, [[[1, "timed_out"], [-1]]]),
    "rows that go back": _changed(REASONS, [[[1, "timed_out"], [3, -1]]]),
    "rows that do not ascend": _changed(REASONS, [[[1, "timed_out"], [1, 0]]]),
    "two reasons for one row": _changed(
        REASONS, [[[1, "timed_out"], [1, 1]], [[2, "no_route"], [2]]]
    ),
    "an outcome that there is not": _changed(REASONS, [[[3, "timed_out"], [1]]]),
    "an outcome against its reason": _changed(REASONS, [[[2, "timed_out"], [1]]]),
    "values of what was not measured": _changed(REASONS, [[[2, "no_route"], [1]]]),
    "a lack of nothing": _changed(ABSENCES, [[0, [1]], [7, [1]]]),
    "a lack of columns that are not there": _changed(ABSENCES, [[8, [1, 1]]]),
    "as many values as there are, and a lack of columns that are not there": _changed(
        ABSENCES, [[8, [1]], [7, [2]], [1, [0]]]
    ),
    "a lack below nothing": _changed(ABSENCES, [[-1, [1]]]),
    "a text that is too long": _changed(DETAILS, [["x" * 201, [1]]]),
    "evidence that is too much": _changed(EVIDENCE, [[{str(n): "" for n in range(33)}, [1]]]),
    "a map for an array": _changed(NOTICES, {}),
}


def test_a_layout_of_no_series_takes_no_counts() -> None:
    nothing = index_layout(sorted_layout([]))
    body = packed(_changed(LAYOUT, nothing.layout_id))
    with pytest.raises(BatchMalformed, match="counts 1 series, its layout has 0"):
        decode_columns(body, {nothing.layout_id: nothing.compiled}.get)


@pytest.mark.parametrize("malformation", MALFORMED)
def test_input_that_violates_the_format_is_malformed(malformation: str) -> None:
    with pytest.raises(BatchMalformed):
        decode_batch(packed(MALFORMED[malformation]), layouts(INDEX))


def test_a_time_before_the_boot_is_malformed() -> None:
    late = replace(EMPTY.clock, boottime_ns=10**15)
    body = encode_batch(replace(FAULTY, clock=late), INDEX)
    arrays = arrays_of(body)
    arrays[CLOCK][0] = 0
    with pytest.raises(BatchMalformed, match="before the boot"):
        decode_batch(packed(arrays), layouts(INDEX))


@pytest.mark.parametrize(
    ("at", "member"),
    [(CHANGES, 6), (CHANGES, 7), (NOTICES, 1), (NOTICES, 5)],
    ids=["onset", "decision", "notice", "beginning of what a notice is about"],
)
def test_a_verdict_or_notice_before_the_boot_or_decades_after_is_malformed(
    at: int, member: int
) -> None:
    down = Verdict(link="fiber", service="", state=State.DOWN)
    change = VerdictChange(
        verdict=down, before=State.UP, onset_boottime_ns=10**9, decided_boottime_ns=2 * 10**9
    )
    gap = Notice(code=NoticeCode.GAP, boottime_ns=10**9, from_boottime_ns=10**8)
    body = encode_batch(replace(EMPTY, changes=(change,), notices=(gap,)), INDEX)
    for moment_ms in (-1, LATEST_MS + 1):
        arrays = arrays_of(body)
        base_ms = arrays[CLOCK][0] // 1_000_000
        arrays[at][0][member] = moment_ms - base_ms
        with pytest.raises(BatchMalformed):
            decode_batch(packed(arrays), layouts(INDEX))


def test_a_batch_that_was_sealed_decades_after_the_boot_is_malformed() -> None:
    arrays = arrays_of(encode_batch(EMPTY, INDEX))
    arrays[CLOCK][0] = (LATEST_MS + 1) * 1_000_000
    with pytest.raises(BatchMalformed, match="decades"):
        decode_batch(packed(arrays), layouts(INDEX))


def test_sums_that_leave_the_range_are_malformed() -> None:
    arrays = arrays_of(encode_batch(batch_of(*[ok_finding({icmp.RTT: 0.0})] * 4), INDEX))
    count = 4 + 4 + 4
    largest = [0] * 4 + [2**62 - 1] * 4 + [0] * 4
    octets = [(number << 1).to_bytes(8, "little") for number in largest]
    arrays[NUMBERS] = b"".join(bytes(octet[plane] for octet in octets) for plane in range(8))
    assert len(arrays[NUMBERS]) == 8 * count
    with pytest.raises(BatchMalformed, match="larger than the format can hold"):
        decode_batch(packed(arrays), layouts(INDEX))


def test_the_largest_value_is_taken_and_one_step_more_is_malformed() -> None:
    arrays = arrays_of(encode_batch(batch_of(ok_finding({icmp.RTT: 0.0})), INDEX))
    time, _, cost = unpack_numbers(arrays[NUMBERS], 3)
    for largest in (2**62 - 1, -(2**62 - 1), 2**62, -(2**62)):
        folded = [number << 1 ^ number >> 63 for number in (time, largest, cost)]
        octets = [number.to_bytes(8, "little") for number in folded]
        arrays[NUMBERS] = b"".join(bytes(octet[plane] for octet in octets) for plane in range(8))
        if abs(largest) < 2**62:
            assert decode_batch(packed(arrays), layouts(INDEX)).results
            continue
        with pytest.raises(BatchMalformed, match="larger than the format can hold"):
            decode_batch(packed(arrays), layouts(INDEX))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (BatchLimits(body_bytes=50), "body of .* bytes"),
        (BatchLimits(unpacked_bytes=50), "unpacks to .* bytes"),
        (BatchLimits(series=0), "1 series; at most 0"),
        (BatchLimits(results=3), "4 results; at most 3"),
        (BatchLimits(values=6), "7 values; at most 6"),
        (BatchLimits(changes=0), "1 verdict changes; at most 0"),
        (BatchLimits(notices=1), "2 notices; at most 1"),
    ],
)
def test_more_than_the_limits_allow_is_too_large(limits: BatchLimits, message: str) -> None:
    change = RealisticDevice(1).change()
    notices = (Notice(code=NoticeCode.GAP, boottime_ns=1),) * 2
    batch = replace(FAULTY, changes=(change,), notices=notices)
    with pytest.raises(BatchTooLarge, match=message):
        decode_batch(encode_batch(batch, INDEX), layouts(INDEX), limits)


def test_a_count_of_a_thousand_million_rows_claims_no_memory() -> None:
    for counts in ([10**9], [2**53]):
        with pytest.raises(BatchTooLarge, match="results; at most 20000"):
            decode_batch(packed(_changed(COUNTS, counts)), layouts(INDEX))


@pytest.mark.parametrize(
    ("field", "remark"),
    [
        (REASONS, [[1, "timed_out"], []]),
        (ABSENCES, [0, []]),
        (DOUBTS, [[], []]),
        (DETAILS, ["", []]),
        (EVIDENCE, [{}, []]),
    ],
)
def test_more_remarks_than_rows_are_malformed(field: int, remark: object) -> None:
    """150 bytes can hold a hundred thousand of them, and each takes memory."""
    for count in (5, 60_000):
        with pytest.raises(BatchMalformed):
            decode_columns(
                packed(_changed(field, [remark] * count)), {INDEX.layout_id: INDEX.compiled}.get
            )


@pytest.mark.parametrize("opening", [b"\x91", b"\x81\xa1k", b"\xdd\x00\x00\x00\x01"])
def test_deep_nesting_does_not_crash(opening: bytes) -> None:
    text = msgspec.msgpack.encode(arrays_of(FAULTY_BODY))
    fields, depth = text[3:], 300_000 // len(opening)
    deep = b"\xdc\x00\x12" + fields + opening * depth + b"\xc0"
    body = zstandard.ZstdCompressor(level=1).compress(deep)
    whole = zstandard.ZstdCompressor(level=1).compress(text)
    if sys.version_info < (3, 14):
        with pytest.raises(BatchMalformed, match="nested too deeply"):
            decode_batch(body, layouts(INDEX))
        with pytest.raises(BatchError):
            read_header(body)
    else:
        # Python measures the stack that is left instead of counting calls: a field of a later
        # version is skipped, however deep, where there is room.
        with contextlib.suppress(BatchMalformed):
            assert decode_batch(body, layouts(INDEX)) == decode_batch(whole, layouts(INDEX))


@given(st.binary(max_size=300), st.booleans())
@settings(max_examples=examples(200))
def test_any_text_gives_a_batch_error(text: bytes, array: bool) -> None:
    body = zstandard.ZstdCompressor(level=1).compress(
        (b"\xdc\x00\x11\x01" if array else b"") + text
    )
    for decode in (read_header, lambda body: decode_batch(body, layouts(INDEX)), decode_layout):
        with pytest.raises(BatchError):
            decode(body)


def _mutated(rng: random.Random, text: bytes) -> bytes:
    changed = bytearray(text)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(changed))
        way = rng.randrange(4)
        if way == 0:
            changed[at] = rng.randrange(256)
        elif way == 1:
            changed[at] ^= 1 << rng.randrange(8)
        elif way == 2:
            del changed[at : at + rng.randint(1, 5)]
        else:
            changed[at:at] = rng.randbytes(rng.randint(1, 5))
        if not changed:
            break
    return bytes(changed)


RICH = replace(
    FAULTY,
    changes=(RealisticDevice(1).change(),),
    notices=(Notice(code=NoticeCode.GAP, boottime_ns=1, from_boottime_ns=0, value=1.5),),
)
RICH_BODY = encode_batch(RICH, INDEX)


@given(st.integers(0, 2**32))
@settings(max_examples=examples(400))
def test_a_damaged_batch_gives_a_batch_error_or_one_that_can_be_sent_on(seed: int) -> None:
    rng = random.Random(seed)
    text = _mutated(rng, frame.unpack(RICH_BODY, DEFAULT_LIMITS))
    body = zstandard.ZstdCompressor(level=1).compress(text)
    try:
        decoded = decode_batch(body, layouts(INDEX))
    except BatchError:
        return
    again = decode_batch(encode_batch(decoded, INDEX), layouts(INDEX))
    assert again == decoded
    assert read_header(body).results == len(decoded.results)
    decode_columns(body, lambda _: INDEX.compiled)


@given(st.integers(0, 2**32))
@settings(max_examples=examples(200))
def test_a_damaged_body_gives_a_batch_error_or_a_batch(seed: int) -> None:
    body = _mutated(random.Random(seed), RICH_BODY)
    try:
        decode_batch(body, layouts(INDEX))
    except BatchError:
        return


LAYOUT_BODY = encode_layout(sorted_layout(RealisticDevice(1).series()))


@given(st.integers(0, 2**32))
@settings(max_examples=examples(200))
def test_a_damaged_layout_gives_a_batch_error_or_one_that_can_be_used(seed: int) -> None:
    text = _mutated(random.Random(seed), frame.unpack(LAYOUT_BODY, DEFAULT_LIMITS))
    try:
        _, layout = decode_layout(zstandard.ZstdCompressor(level=1).compress(text))
    except BatchError:
        return
    index_layout(layout)


def test_a_layout_of_too_many_series_is_too_large() -> None:
    with pytest.raises(BatchTooLarge, match="series; at most 3"):
        decode_layout(LAYOUT_BODY, BatchLimits(series=3))


def test_a_layout_out_of_order_is_malformed() -> None:
    arrays = arrays_of(LAYOUT_BODY)
    arrays[1][0][3].reverse()
    with pytest.raises(BatchMalformed, match="not sorted"):
        decode_layout(packed(arrays))


def test_a_layout_with_a_family_that_there_is_not_is_malformed() -> None:
    arrays = arrays_of(LAYOUT_BODY)
    arrays[1][0][3][0][2] = "ip5"
    with pytest.raises(BatchMalformed, match="ip5"):
        decode_layout(packed(arrays))
