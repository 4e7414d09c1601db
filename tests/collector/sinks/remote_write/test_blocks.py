"""Blocks as series of a request: packed, they unpack to the same bytes; all else is refused."""

from array import array
from collections.abc import Callable, Iterable
from random import Random

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.collector.sinks.remote_write.chains import unchained
from thongsuot_collector.samples.series import EARLIEST_MS, LATEST_MS
from thongsuot_collector.sinks.remote_write.blocks import (
    chained,
    pack_block,
    pack_elements,
)
from thongsuot_collector.sinks.remote_write.protobuf import (
    SAMPLE_HEAD,
    label_field,
    labels_field,
    samples_in,
    varint,
)
from thongsuot_schema.batch import kernel

needs_kernel = pytest.mark.skipif(
    kernel.IMPLEMENTATION != "compiled", reason="no compiled kernel here"
)
Block = tuple[
    tuple[bytes, ...],
    list[tuple[bytes, ...]],
    list[int],
    int,
    tuple["array[float]", ...],
    "array[int]",
    int,
    int,
]


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    """Blocks as the decoder makes them, some series without rows, others before and behind."""
    sizes = draw(st.lists(st.integers(0, 4) | st.integers(0, 40), min_size=1, max_size=6))
    before = draw(st.lists(st.integers(0, 3), max_size=3))
    cut = len(sizes) if sizes[-1] else len(sizes) - 1
    first_row, rows = sum(before), sum(sizes)
    metrics = draw(st.integers(1, 4))
    label = st.binary(max_size=9) | st.sampled_from([b"a", b"site", b"anchor-1", bytes(70)])
    labels = st.tuples(label, label, label) | st.lists(label | st.binary(max_size=300), max_size=4)
    series = [(*draw(labels), SAMPLE_HEAD) for _ in sizes]
    names = tuple(draw(st.lists(label, min_size=metrics, max_size=metrics)))
    floats = st.floats() | st.integers(-5, 5).map(float)
    columns = tuple(
        array("d", draw(st.lists(floats, min_size=rows, max_size=rows))) for _ in range(metrics - 1)
    )
    total = first_row + rows + draw(st.integers(0, 2))
    times = st.integers(EARLIEST_MS, LATEST_MS) | st.integers(1_795_540_000_000, 1_795_540_100_000)
    times_ms = array("q", draw(st.lists(times, min_size=total, max_size=total)))
    counts = [*before, *sizes[:cut]]
    return names, series, counts, len(before), columns, times_ms, first_row, first_row + rows


def unpacked(*block: object) -> bytes:
    """What the compiled packing of a block unpacks to."""
    assert pack_elements is not None
    call: Callable[..., tuple[bytes, int]] = pack_elements
    elements, size_bytes = call(*block)
    return bytes(cramjam.snappy.decompress_raw(varint(size_bytes) + elements))


def in_python(block: Block) -> bytes:
    metrics, series, counts, first, columns, times_ms, begin, end = block
    names = tuple(tuple(metric + b"".join(labels) for labels in series) for metric in metrics)
    return pack_block(names, counts, first, columns, times_ms, begin, end)


def compiled(block: Block) -> bytes:
    metrics, series, *rest = block
    return unpacked(metrics, chained(series), *rest)


def usual_block(rows: int, targets: Iterable[str]) -> Block:
    """A block of two metrics with so many rows of a series for each target."""
    series = [
        (
            label_field("carrier", "viettel"),
            label_field("commune", "00070"),
            label_field("site", "hoan-kiem"),
            label_field("target", target),
            SAMPLE_HEAD,
        )
        for target in targets
    ]
    metrics = tuple(
        label_field("__name__", f"thongsuot_icmp_{name}") for name in ("success", "rtt_seconds")
    )
    count = rows * len(series)
    times_ms = array("q", [1_795_540_000_000 + 5_000 * (row % rows) for row in range(count)])
    values = array("d", [0.02 + row % 7 * 1e-6 for row in range(count)])
    own_series: list[tuple[bytes, ...]] = [*series]
    return metrics, own_series, [rows] * len(series), 0, (values,), times_ms, 0, count


@needs_kernel
@given(blocks())
def test_the_compiled_packing_unpacks_to_the_same_bytes(block: Block) -> None:
    assert compiled(block) == in_python(block)


@needs_kernel
def test_copies_reach_as_far_as_a_block_is_long() -> None:
    """4,000 rows of a series are 72 KB, so copies refer back by more than 64 KiB."""
    block = usual_block(4_000, "ab")
    assert compiled(block) == in_python(block)


@needs_kernel
@pytest.mark.parametrize(("constants", "most"), [(0, 1.06), (2, 1.0)])
def test_a_usual_block_is_packed_as_small_as_by_looking_for_what_is_repeated(
    constants: int, most: float
) -> None:
    """One metric never repeats a value, and many others never change."""
    rng = Random(14)
    metrics, series, counts, first, _, times_ms, *ends = usual_block(4, map(str, range(50)))
    begin, end = ends
    values = array("d", [rng.random() for _ in times_ms])
    wall_ms = array("q", [time_ms + rng.randrange(5_000) for time_ms in times_ms])
    more = [
        label_field("__name__", f"thongsuot_icmp_constant_{place}") for place in range(constants)
    ]
    columns = (values, *(array("d", [float(place)] * end) for place in range(constants)))
    block: Block = (*metrics, *more), series, counts, first, columns, wall_ms, begin, end
    assert pack_elements is not None
    elements, _ = pack_elements(block[0], chained(series) or b"", *block[2:])
    packed = bytes(cramjam.snappy.compress_raw(in_python(block)))
    assert len(elements) < most * len(packed)


@given(st.lists(st.lists(st.sampled_from([b"abc", b"abd", b"xbc", b""]), max_size=4)))
def test_labels_come_back_out_of_their_chain(labels: list[list[bytes]]) -> None:
    chain = chained(labels)
    assert chain is not None
    assert unchained(chain) == [b"".join(series) for series in labels]


def test_labels_that_no_link_can_tell_of_make_no_chain() -> None:
    assert chained([[bytes(65_535)]]) is not None
    assert chained([[b"a"], [bytes(65_535), b"a"]]) is None


def test_samples_come_back_with_their_values_and_times() -> None:
    names = tuple(
        tuple(labels_field({"__name__": metric, "site": site}) + SAMPLE_HEAD for site in ("a", "b"))
        for metric in ("success", "rtt")
    )
    times_ms = array("q", [1_795_540_000_000 + 5_000 * row for row in range(3)])
    body = pack_block(names, [2, 1], 0, (array("d", [0.5, 0.25, 0.125]),), times_ms, 0, 3)
    samples = samples_in(body)
    assert [sample.time_ms for sample in samples] == [*times_ms[:2] * 2, *times_ms[2:] * 2]
    assert b"".join(sample.value for sample in samples) == (
        array("d", [1.0, 1.0, 0.5, 0.25, 1.0, 0.125]).tobytes()
    )
    assert samples[0].labels == labels_field({"__name__": "success", "site": "a"})


NAMES = (label_field("__name__", "success"), label_field("__name__", "rtt"))
CHAIN = chained([[label_field("site", "a"), SAMPLE_HEAD]])
COLUMN = array("d", [1.0, 2.0])
TIMES = array("q", [EARLIEST_MS, EARLIEST_MS])


def changed(**parts: object) -> tuple[object, ...]:
    """A block of one series with two rows, but for some of its parts."""
    whole: dict[str, object] = {
        "names": NAMES,
        "chain": CHAIN,
        "counts": [2],
        "first_series": 0,
        "columns": (COLUMN,),
        "times_ms": TIMES,
        "first_row": 0,
        "last_row": 2,
    }
    return tuple((whole | parts).values())


@needs_kernel
@pytest.mark.parametrize(
    "arguments",
    [
        changed(names=()),
        changed(names=(NAMES[0],)),
        changed(names=[*NAMES]),
        changed(names=("a", "b")),
        changed(chain="a"),
        changed(chain=None),
        changed(chain=b""),
        changed(chain=(CHAIN or b"")[:-1]),
        changed(chain=(CHAIN or b"") + b"1"),
        changed(chain=b"\0\0\0\0\3\0\0abc"),
        changed(chain=b"\0\0\0\0\2\0\1ab"),
        changed(chain=b"\1\0\0\0\3\0\1abc"),
        changed(chain=b"\0\0\1\0\3\0\1abc"),
        changed(counts=[3]),
        changed(counts=[1]),
        changed(counts=[-1]),
        changed(counts=[2.0]),
        changed(counts=(2,)),
        changed(counts=[2**70]),
        changed(first_series=1),
        changed(first_series=-1),
        changed(columns=()),
        changed(columns=(array("d", [1.0]),)),
        changed(columns=([1.0, 2.0],)),
        changed(columns=(array("f", [1.0, 2.0]),)),
        changed(times_ms=array("q", [EARLIEST_MS])),
        changed(times_ms=array("q", [EARLIEST_MS, EARLIEST_MS - 1])),
        changed(times_ms=array("q", [LATEST_MS + 1, EARLIEST_MS])),
        changed(times_ms=array("Q", [1, 2])),
        changed(first_row=1),
        changed(first_row=-1, last_row=1),
        changed(last_row=2**62),
        changed(first_row=2, last_row=0),
        changed()[:-1],
    ],
)
def test_the_compiled_packing_reads_nothing_that_is_not_there(
    arguments: tuple[object, ...],
) -> None:
    assert len(samples_in(unpacked(*changed()))) == 4
    with pytest.raises((ValueError, TypeError, OverflowError)):
        unpacked(*arguments)
