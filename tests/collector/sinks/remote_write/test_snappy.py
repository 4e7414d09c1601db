"""Requests put together of elements are those of their samples."""

import cramjam
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_collector.samples.series import EARLIEST_MS
from thongsuot_collector.sinks.remote_write.protobuf import Sample, labels_field, samples_in
from thongsuot_collector.sinks.remote_write.snappy import (
    elements_of,
    packed_request,
    plain_of,
    samples_of,
    series_of,
)

SAMPLES = st.builds(
    Sample,
    labels=st.sampled_from([labels_field({"site": site}) for site in ("a", "b", "c" * 90)]),
    time_ms=st.integers(EARLIEST_MS, EARLIEST_MS + 100_000),
    value=st.binary(min_size=8, max_size=8),
)


def told(samples: list[Sample]) -> set[tuple[bytes, int, bytes]]:
    return {(sample.labels, sample.time_ms, sample.value) for sample in samples}


@given(st.lists(st.lists(SAMPLES, min_size=1, max_size=20), min_size=1, max_size=4))
def test_a_request_holds_the_samples_of_all_its_parts_in_their_order(
    parts: list[list[Sample]],
) -> None:
    encoded = [series_of(part) for part in parts]
    request = packed_request(encoded)
    plain = bytes(cramjam.snappy.decompress_raw(request))
    assert plain == b"".join(map(plain_of, encoded))
    assert told(samples_in(plain)) == told([sample for part in parts for sample in part])
    for part, series in zip(parts, encoded, strict=True):
        assert told(samples_of(series)) == told(part)
        assert series.samples == len(part)
        assert series.earliest_ms == min(sample.time_ms for sample in part)
        assert series.latest_ms == max(sample.time_ms for sample in part)


def test_empty_input_has_no_elements() -> None:
    assert elements_of(b"") == b""
