"""Batches as JSON: strict, complete, and the same batch as the packed form."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.schema.batch.json_form import encode_json
from tests.schema.batch.layout_builder import LayoutBuilder
from tests.schema.batch.realistic import RealisticDevice
from tests.schema.batch.strategies import batches, travelled
from tests.timing import examples
from thongsuot_schema.batch.decode import decode_batch
from thongsuot_schema.batch.encode import encode_batch
from thongsuot_schema.batch.json import decode_json, pack_json
from thongsuot_schema.batch.limits import BatchLimits
from thongsuot_schema.batch.model import Batch
from thongsuot_schema.errors import (
    BatchError,
    BatchMalformed,
    BatchTooLarge,
    BatchVersionUnknown,
)
from thongsuot_schema.reason import Reason

Document = dict[str, Any]


def document(**changes: object) -> Document:
    return {
        "site": "site-1",
        "stream": "00112233445566aa",
        "number": 1,
        "boot_id": "00112233-4455-6677-8899-aabbccddeeff",
        "clock": {"boottime_ns": 10**12, "wall_ns": 1_795_540_000 * 10**9},
    } | changes


def result(**changes: object) -> Document:
    return {
        "kind": "icmp",
        "link": "fiber",
        "target": "gateway",
        "family": "ip4",
        "boottime_ns": 9 * 10**11,
        "values": {"icmp_rtt_seconds": 0.0012, "icmp_loss_ratio": 0},
    } | changes


def decoded(form: object) -> Batch:
    return decode_json(json.dumps(form).encode())


@given(batches())
@settings(max_examples=examples(60))
def test_json_and_packed_forms_decode_to_the_same_batch(batch: Batch) -> None:
    decoded_batch = decode_json(encode_json(batch))
    assert decoded_batch == travelled(batch)
    assert decode_json(encode_json(decoded_batch)) == decoded_batch


def test_a_json_push_packs_to_the_same_bytes() -> None:
    batch = RealisticDevice(2).window(15)
    index = LayoutBuilder().index_for(batch.results)
    packed = encode_batch(batch, index)
    assert decode_json(encode_json(batch)) == decode_batch(packed, lambda _: index.layout)
    assert pack_json(encode_json(batch)) == (index, packed)


def test_minimal_documents_are_accepted() -> None:
    batch = decoded(document(results=[{"kind": "host", "boottime_ns": 1}]))
    assert batch.results[0].series.kind == "host"
    assert decoded(document()).results == ()


def test_zero_is_accepted_for_every_number() -> None:
    clock = {"boottime_ns": 0, "wall_ns": 0, "error_s": 0.0}
    batch = decoded(document(clock=clock, results=[result(boottime_ns=0, cost_bytes=0)]))
    assert (batch.clock.boottime_ns, batch.clock.wall_ns, batch.clock.error_s) == (0, 0, 0.0)
    assert (batch.results[0].boottime_ns, batch.results[0].finding.cost_bytes) == (0, 0)


def test_the_outcome_follows_from_the_reason() -> None:
    batch = decoded(document(results=[result(reason="timed_out", values={})]))
    assert batch.results[0].finding.reason is Reason.TIMED_OUT


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sight": 1}, "unknown field `sight`"),
        ({"site": ""}, "length >= 1"),
        ({"stream": "xyz"}, "matching regex"),
        ({"number": 0}, "`int` >= 1"),
        ({"number": 2**63}, r"`int` <= 9223372036854775807 - at `\$.number`"),
        ({"boot_id": "boot"}, "matching regex"),
        ({"clock": {"boottime_ns": 1}}, "missing required field `wall_ns`"),
        ({"clock": {"boottime_ns": 1, "wall_ns": -1}}, r"`int` >= 0 - at `\$.clock.wall_ns`"),
        ({"previous": "ab"}, "matching regex"),
        ({"results": [result(vaules={})]}, r"unknown field `vaules` - at `\$.results\[0\]`"),
        ({"results": [result(kind="icmq")]}, "result 0: no kind 'icmq'; known: "),
        ({"results": [result(revision=7)]}, "result 0: icmp is of revision 1 here, not 7"),
        (
            {"results": [result(values={"icmp_rtt_second": 1})]},
            r'has no metric .icmp_rtt_second.; did you mean "icmp_rtt_seconds"\?',
        ),
        ({"results": [result(), result(values={"icmp_loss_ratio": 100})]}, "result 1: icmp_loss"),
        ({"results": [result(reason="tired")]}, "Invalid enum value 'tired'"),
        ({"results": [result(reason="no_route")]}, "unmeasured .* has no values"),
        ({"results": [result(boottime_ns=-1)]}, "`int` >= 0"),
        ({"results": [result(cost_bytes=2**64 - 1)]}, r"`int` <= 9007199254740991"),
        ({"results": [result(cost_bytes=-1)]}, r"`int` >= 0 - at `\$.results\[0\].cost_bytes`"),
        ({"results": [result(boottime_ns=2**64 - 1)]}, r"cannot be kept|`int` <="),
        ({"results": [result(detail="x" * 201)]}, "length <= 200"),
        ({"results": [result(family="ip5")]}, "Invalid enum value 'ip5'"),
        ({"notices": [{"code": "gap"}]}, "missing required field `boottime_ns`"),
        ({"notices": [{"code": "gap", "boottime_ns": 1, "count": -1}]}, ">= 0"),
        ({"notices": [{"code": "gap", "boottime_ns": 1, "count": 2**64}]}, "cannot be kept"),
    ],
)
def test_invalid_fields_are_named(changes: Document, message: str) -> None:
    with pytest.raises(BatchMalformed, match=message):
        decoded(document(**changes))


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"\xff", b'{"site": NaN}', b'{"x":' * 100_000, b"[" * 100_000],
)
def test_invalid_json_is_malformed(body: bytes) -> None:
    with pytest.raises(BatchMalformed):
        decode_json(body)


def test_a_number_beyond_all_floats_is_malformed() -> None:
    text = json.dumps(document(results=[result(kind="http", values={"http_body_bytes": 7})]))
    with pytest.raises(BatchMalformed):
        decode_json(text.replace(": 7", ": 1e999").encode())


def test_another_version_is_named() -> None:
    assert decoded(document(version=1)).number == 1
    with pytest.raises(BatchVersionUnknown, match="of version 2; version 1 is read"):
        decoded(document(version=2))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (BatchLimits(unpacked_bytes=99), "at most 99 are taken as JSON"),
        (BatchLimits(results=1), "2 results; at most 1"),
        (BatchLimits(values=3), "4 values; at most 3"),
        (BatchLimits(notices=0), "1 notices; at most 0"),
    ],
)
def test_more_than_the_limits_allow_is_too_large(limits: BatchLimits, message: str) -> None:
    form = document(results=[result(), result()], notices=[{"code": "gap", "boottime_ns": 1}])
    with pytest.raises(BatchTooLarge, match=message):
        decode_json(json.dumps(form).encode(), limits)


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_any_bytes_give_a_batch_error(body: bytes) -> None:
    with pytest.raises(BatchError):
        decode_json(body)
