"""The zstd frame around a body: bounded before it is opened."""

import struct
import tracemalloc

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.batch import frame
from thongsuot_schema.batch.limits import DEFAULT_LIMITS, BatchLimits
from thongsuot_schema.errors import BatchError, BatchMalformed, BatchTooLarge


@given(st.binary(max_size=2000))
def test_packed_content_unpacks(text: bytes) -> None:
    assert frame.unpack(frame.pack(text), DEFAULT_LIMITS) == text


def test_a_bomb_is_refused_by_its_header_alone() -> None:
    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(200_000_000))
    assert len(bomb) < DEFAULT_LIMITS.body_bytes
    tracemalloc.start()
    try:
        with pytest.raises(BatchTooLarge, match="unpacks to 200000000 bytes; at most 1048576"):
            frame.unpack(bomb, DEFAULT_LIMITS)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_a_bomb_that_lies_about_its_size_is_cut_off() -> None:
    bomb = bytearray(zstandard.ZstdCompressor(level=19).compress(bytes(100_000)))
    (stated,) = struct.unpack_from("<I", bomb, 5)
    assert stated == 100_000
    struct.pack_into("<I", bomb, 5, 500)
    with pytest.raises(BatchMalformed, match="cannot be unpacked"):
        frame.unpack(bytes(bomb), DEFAULT_LIMITS)


def test_a_frame_that_does_not_state_its_size_is_refused() -> None:
    silent = zstandard.ZstdCompressor(write_content_size=False).compress(b"text")
    with pytest.raises(BatchMalformed, match="does not state"):
        frame.unpack(silent, DEFAULT_LIMITS)


def test_a_body_over_the_limit_is_refused_unseen() -> None:
    with pytest.raises(BatchTooLarge, match="body of 11 bytes; at most 10"):
        frame.unpack(b"not a frame", BatchLimits(body_bytes=10))


def test_a_frame_that_needs_a_dictionary_is_refused() -> None:
    samples: list[bytes | bytearray | memoryview] = [
        f"sample {number} of many that look alike".encode() * 3 for number in range(200)
    ]
    dictionary = zstandard.train_dictionary(1024, samples)
    body = zstandard.ZstdCompressor(dict_data=dictionary).compress(samples[0])
    with pytest.raises(BatchMalformed, match="needs dictionary"):
        frame.unpack(body, DEFAULT_LIMITS)


@pytest.mark.parametrize("tail", [b"x", frame.pack(b"more")])
def test_nothing_may_follow_the_frame(tail: bytes) -> None:
    with pytest.raises(BatchMalformed):
        frame.unpack(frame.pack(b"text") + tail, DEFAULT_LIMITS)


@given(st.binary(max_size=60))
def test_any_bytes_give_bytes_or_a_batch_error(body: bytes) -> None:
    try:
        frame.unpack(body, DEFAULT_LIMITS)
    except BatchError:
        return
    assert body.startswith(b"\x28\xb5\x2f\xfd")


def test_a_frame_cut_short_is_refused() -> None:
    body = frame.pack(b"a text that is long enough to be cut")
    for length in range(len(body)):
        with pytest.raises(BatchMalformed):
            frame.unpack(body[:length], DEFAULT_LIMITS)
