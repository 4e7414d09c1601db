"""Words and figures of verdict changes, notices and clocks, on their way."""

import math

import pytest
from msgspec.structs import replace

from tests.schema.batch.realistic import RealisticDevice
from tests.schema.batch.test_encode import EMPTY, back
from thongsuot_schema.batch.conversion import boot_id_from_wire, boot_id_to_wire, member_or
from thongsuot_schema.batch.model import ClockReading, Notice, NoticeCode
from thongsuot_schema.batch.wire import ChangeWire, ClockWire, EvidenceWire, NoticeWire
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Verdict, VerdictChange

CHANGE = RealisticDevice(1).change()
RENAMED = {
    "onset_ms": "onset_boottime_ns",
    "decided_ms": "decided_boottime_ns",
    "at_ms": "boottime_ns",
    "from_ms": "from_boottime_ns",
    "error_us": "error_s",
}


@pytest.mark.parametrize("figure", [math.nan, math.inf, -math.inf])
def test_a_figure_that_is_not_a_number_is_left_out(figure: float) -> None:
    evidence = tuple(
        replace(evidence, value=figure, limit=figure) for evidence in CHANGE.verdict.evidence
    )
    change = replace(CHANGE, verdict=replace(CHANGE.verdict, evidence=evidence))
    notice = Notice(code=NoticeCode.CLOCK_STEPPED, boottime_ns=0, value=figure)
    batch = back(replace(EMPTY, changes=(change,), notices=(notice,)))
    assert {(evidence.value, evidence.limit) for evidence in batch.changes[0].verdict.evidence} == {
        (None, None)
    }
    assert batch.notices[0].value is None


def test_a_verdict_change_comes_back_with_all_its_evidence() -> None:
    change = back(replace(EMPTY, changes=(CHANGE,))).changes[0]
    assert change.verdict == CHANGE.verdict
    assert change.decided_boottime_ns - change.onset_boottime_ns == 3_000_000_000


def test_a_time_long_before_the_batch_is_encoded_and_read_back() -> None:
    notice = Notice(code=NoticeCode.GAP, boottime_ns=9 * 10**11, from_boottime_ns=0)
    assert back(replace(EMPTY, notices=(notice,))).notices == (notice,)


def test_every_field_travels() -> None:
    """A field added to one of these types is appended to the wire format with a default."""
    change = {*VerdictChange.__struct_fields__, *Verdict.__struct_fields__} - {"verdict"}
    for fields, wire in (
        ({*Evidence.__struct_fields__}, EvidenceWire),
        (change, ChangeWire),
        ({*Notice.__struct_fields__}, NoticeWire),
        ({*ClockReading.__struct_fields__}, ClockWire),
    ):
        renamed = {RENAMED.get(name, name) for name in wire.__struct_fields__}
        assert renamed == fields


def test_a_boot_id_comes_back_as_the_kernel_writes_it() -> None:
    kernel = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
    assert boot_id_from_wire(boot_id_to_wire(kernel)) == kernel


def test_an_unknown_word_becomes_the_general_one() -> None:
    assert member_or(State, "up", State.UNKNOWN) is State.UP
    assert member_or(State, "sideways", State.UNKNOWN) is State.UNKNOWN
    assert member_or(State, None, State.UNKNOWN) is None
