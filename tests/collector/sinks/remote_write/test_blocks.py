"""Blocks as series of a request: packed to the same bytes when compiled; all else is refused."""

from array import array
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_collector.samples.series import EARLIEST_MS, LATEST_MS
from thongsuot_collector.sinks.remote_write.blocks import pack_block, pack_block_in_python
from thongsuot_collector.sinks.remote_write.protobuf import SAMPLE_HEAD, labels_field, samples_in
from thongsuot_schema.batch import kernel

needs_kernel = pytest.mark.skipif(
    kernel.IMPLEMENTATION != "compiled", reason="no compiled kernel here"
)
Block = tuple[
    tuple[tuple[bytes, ...], ...],
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
    name = st.binary(max_size=300).map(lambda text: text + SAMPLE_HEAD)
    names = tuple(
        tuple(draw(st.lists(name, min_size=len(sizes), max_size=len(sizes))))
        for _ in range(metrics)
    )
    floats = st.floats() | st.integers(-5, 5).map(float)
    columns = tuple(
        array("d", draw(st.lists(floats, min_size=rows, max_size=rows))) for _ in range(metrics - 1)
    )
    total = first_row + rows + draw(st.integers(0, 2))
    times = st.integers(EARLIEST_MS, LATEST_MS) | st.integers(1_795_540_000_000, 1_795_540_100_000)
    times_ms = array("q", draw(st.lists(times, min_size=total, max_size=total)))
    counts = [*before, *sizes[:cut]]
    return names, counts, len(before), columns, times_ms, first_row, first_row + rows


@needs_kernel
@given(blocks())
def test_the_compiled_packing_gives_the_same_bytes(block: Block) -> None:
    assert pack_block(*block) == pack_block_in_python(*block)


def test_samples_come_back_with_their_values_and_times() -> None:
    names = tuple(
        tuple(labels_field({"__name__": metric, "site": site}) + SAMPLE_HEAD for site in ("a", "b"))
        for metric in ("success", "rtt")
    )
    times_ms = array("q", [1_795_540_000_000 + 5_000 * row for row in range(3)])
    body = pack_block(names, [2, 1], 0, (array("d", [0.5, 0.25, 0.125]),), times_ms, 0, 3)
    samples = samples_in(body)
    assert [sample.time_ms for sample in samples] == [*times_ms, *times_ms]
    assert b"".join(sample.value for sample in samples) == (
        array("d", [1.0, 1.0, 1.0, 0.5, 0.25, 0.125]).tobytes()
    )
    assert samples[0].labels == labels_field({"__name__": "success", "site": "a"})


NAMES = ((labels_field({"site": "a"}) + SAMPLE_HEAD,), (labels_field({"site": "b"}) + SAMPLE_HEAD,))
COLUMN = array("d", [1.0, 2.0])
TIMES = array("q", [EARLIEST_MS, EARLIEST_MS])


def changed(**parts: object) -> tuple[object, ...]:
    """A block of one series with two rows, but for some of its parts."""
    whole: dict[str, object] = {
        "names": NAMES,
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
        changed(names=(NAMES[0], ())),
        changed(names=(("a",), ("b",))),
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
    call: Callable[..., bytes] = pack_block
    assert len(samples_in(call(*changed()))) == 4
    with pytest.raises((ValueError, TypeError, OverflowError)):
        call(*arguments)
