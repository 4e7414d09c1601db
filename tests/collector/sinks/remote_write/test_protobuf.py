"""Bytes of remote write, against the encoding written out by hand and against themselves."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_collector.samples.series import EARLIEST_MS, LATEST_MS
from thongsuot_collector.sinks.remote_write.protobuf import (
    SAMPLE_HEAD,
    STALE,
    labels_field,
    request_of,
    samples_in,
    series,
    spaced_time_fields,
    time_field,
    varint,
)

TIMES = st.integers(EARLIEST_MS, LATEST_MS)


def test_a_request_is_the_bytes_that_the_specification_says() -> None:
    labels = labels_field({"site": "a", "__name__": "up", "empty": ""})
    assert (
        labels
        == bytes.fromhex(
            # field 1, 14 bytes: name "__name__", value "up"
            "0a0e"
            "0a08"
            + b"__name__".hex()
            + "1202"
            + b"up".hex()
            # field 1, 9 bytes: name "site", value "a"
            + "0a09"
            "0a04" + b"site".hex() + "1201" + b"a".hex()
        )
    )
    encoded = series(labels, [(1_795_540_000_000, 1.5)])
    sample = "121009" + struct.pack("<d", 1.5).hex() + "10" + "80ba98f4a034"
    assert encoded == b"\x0a" + bytes([len(labels) + 18]) + labels + bytes.fromhex(sample)


@given(TIMES)
def test_a_time_takes_six_bytes_as_a_varint(time_ms: int) -> None:
    assert time_field(time_ms) == b"\x10" + varint(time_ms)
    assert len(time_field(time_ms)) == 7


@given(st.lists(TIMES, min_size=1), st.integers(0, 1 << 18))
def test_time_fields_of_a_batch_equal_those_of_single_times(times: list[int], spread: int) -> None:
    near = [times[0] - times[0] % (spread + 1) + time_ms % (spread + 1) for time_ms in times]
    for batch in (times, [min(max(time_ms, EARLIEST_MS), LATEST_MS) for time_ms in near]):
        assert spaced_time_fields(batch) == [time_field(time_ms) + SAMPLE_HEAD for time_ms in batch]


NAMES = st.text(min_size=1, max_size=300)
SERIES = st.dictionaries(
    st.dictionaries(st.sampled_from(["site", "link", "target", "__name__"]), NAMES, min_size=1).map(
        labels_field
    ),
    st.lists(st.tuples(TIMES, st.floats(allow_nan=False)), min_size=1, max_size=20),
    max_size=6,
)


@given(SERIES)
def test_samples_are_read_back_from_a_request_unchanged(
    samples_by_labels: dict[bytes, list[tuple[int, float]]],
) -> None:
    request = b"".join(series(labels, samples) for labels, samples in samples_by_labels.items())
    taken = samples_in(request)
    assert [
        (sample.labels, sample.time_ms, struct.unpack("<d", sample.value)[0]) for sample in taken
    ] == [
        (labels, time_ms, value)
        for labels, samples in samples_by_labels.items()
        for time_ms, value in samples
    ]
    assert request_of(taken) == request


def test_the_staleness_marker_is_the_nan_that_prometheus_knows() -> None:
    assert struct.pack("<d", STALE) == bytes.fromhex("020000000000f07f")
