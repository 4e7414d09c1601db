"""A log cut anywhere gives back every whole entry, and says how far it was good."""

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agent.spool.making import change, result
from thongsuot_agent.spool.frame import Entry, LogHeading, pack_entry, pack_heading, unpack_log
from thongsuot_schema.batch.model import Notice, NoticeCode

HEADING = LogHeading(number=7, previous=b"p" * 16, boottime_ns=1, wall_ns=2)

ENTRIES = st.lists(
    st.one_of(
        st.integers(1, 10**6).map(result),
        st.integers(1, 10**6).map(change),
        st.integers(1, 10**6).map(
            lambda n: Notice(code=NoticeCode.CLOCK_STEPPED, boottime_ns=n, value=0.5)
        ),
    ),
    max_size=12,
)


@given(entries=ENTRIES, data=st.data())
def test_a_log_cut_anywhere_gives_back_every_whole_entry(
    entries: list[Entry], data: st.DataObject
) -> None:
    frames = [pack_heading(HEADING), *map(pack_entry, entries)]
    log = b"".join(frames)
    cut = data.draw(st.integers(0, len(log)))
    whole, size = 0, 0
    for frame in frames:
        if size + len(frame) > cut:
            break
        size += len(frame)
        whole += 1
    unpacked = unpack_log(log[:cut])
    if whole == 0:
        assert unpacked is None
        return
    assert unpacked is not None
    assert unpacked.heading == HEADING
    assert list(unpacked.entries) == entries[: whole - 1]
    assert unpacked.good_bytes == size
    assert unpacked.unreadable == 0


@given(entries=ENTRIES.filter(bool), at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_a_flipped_bit_never_makes_another_entry(entries: list[Entry], at: int, bit: int) -> None:
    log = bytearray(pack_heading(HEADING) + b"".join(map(pack_entry, entries)))
    log[at % len(log)] ^= 1 << bit
    unpacked = unpack_log(bytes(log))
    if unpacked is not None:
        assert list(unpacked.entries) == entries[: len(unpacked.entries)]


def test_a_whole_frame_of_an_unknown_kind_is_counted_and_passed_over() -> None:
    strange = bytearray(pack_entry(result(1)))
    body = b"z" + bytes(strange[9:])
    strange[4:8] = crc32(body).to_bytes(4, "little")
    strange[8:9] = b"z"
    unpacked = unpack_log(pack_heading(HEADING) + bytes(strange) + pack_entry(result(2)))
    assert unpacked is not None
    assert unpacked.unreadable == 1
    assert unpacked.entries == (result(2),)


def test_a_length_that_is_garbage_ends_the_log() -> None:
    log = pack_heading(HEADING) + pack_entry(result(1)) + b"\xff" * 64
    unpacked = unpack_log(log)
    assert unpacked is not None
    assert unpacked.entries == (result(1),)
    assert unpacked.good_bytes == len(log) - 64


@pytest.mark.parametrize(("size_bytes", "unreadable"), [(1 << 20, 1), ((1 << 20) + 1, 0)])
def test_a_length_beyond_a_mebibyte_is_garbage_whatever_its_checksum(
    size_bytes: int, unreadable: int
) -> None:
    body = b"z" * size_bytes
    frame = size_bytes.to_bytes(4, "little") + crc32(body).to_bytes(4, "little") + body
    unpacked = unpack_log(pack_heading(HEADING) + frame + pack_entry(result(1)))
    assert unpacked is not None
    assert unpacked.unreadable == unreadable
    assert len(unpacked.entries) == unreadable, "nothing behind garbage is read"


def test_zeros_that_a_power_cut_leaves_end_the_log_and_are_no_entries() -> None:
    log = pack_heading(HEADING) + pack_entry(result(1)) + bytes(64)
    unpacked = unpack_log(log)
    assert unpacked is not None
    assert (unpacked.entries, unpacked.unreadable) == ((result(1),), 0)
    assert unpacked.good_bytes == len(log) - 64


def test_a_frame_of_only_its_kind_is_whole_and_an_empty_frame_is_not() -> None:
    body = b"z"
    frame = len(body).to_bytes(4, "little") + crc32(body).to_bytes(4, "little") + body
    unpacked = unpack_log(pack_heading(HEADING) + frame + pack_entry(result(1)))
    assert unpacked is not None
    assert (unpacked.unreadable, unpacked.entries) == (1, (result(1),))
    of_nothing = (0).to_bytes(4, "little") + crc32(b"").to_bytes(4, "little")
    unpacked = unpack_log(pack_heading(HEADING) + of_nothing)
    assert unpacked is not None
    assert unpacked.good_bytes == len(pack_heading(HEADING))
