"""The inner loops: the compiled ones return what those in Python do, to the last bit."""

import shutil
import struct
import sysconfig
from array import array
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.batch import kernel, loops, numbers
from thongsuot_schema.batch.limits import LARGEST_STEP

INT64 = st.integers(-(2**63), 2**63 - 1)
SMALL = st.integers(-70_000, 70_000)
DIFFERENCES = st.lists(SMALL) | st.lists(INT64, max_size=12)
PLACES = st.integers(-3, 30)

needs_kernel = pytest.mark.skipif(
    kernel.IMPLEMENTATION != "compiled"
    and not (shutil.which("gcc") and Path(sysconfig.get_path("include"), "Python.h").exists()),
    reason="no compiled kernel: gcc or Python's headers are missing",
)


def outcome(call: Callable[..., object], *arguments: object) -> object:
    """Return what a call gives, each float by its bits, or the type of its error."""
    try:
        result = call(*arguments)
    except (ValueError, OverflowError, ZeroDivisionError) as error:
        return type(error)
    return _bits(result)


def _bits(result: object) -> object:
    if isinstance(result, array):
        return result.typecode, result.tobytes()
    return tuple(map(_bits, result)) if isinstance(result, tuple) else result


@needs_kernel
def test_a_machine_with_a_compiler_runs_the_compiled_loops() -> None:
    assert kernel.IMPLEMENTATION == "compiled", kernel.NOT_COMPILED_BECAUSE


@needs_kernel
@given(DIFFERENCES)
def test_unpack_is_the_same_compiled(members: list[int]) -> None:
    planes = numbers.pack(members)
    assert outcome(kernel.unpack, planes, len(members)) == ("q", array("q", members).tobytes())
    assert outcome(loops.unpack, planes, len(members)) == ("q", array("q", members).tobytes())


@pytest.mark.parametrize("unpack", [kernel.unpack, loops.unpack])
@pytest.mark.parametrize("octets", range(1, 9))
def test_numbers_of_each_width_come_back(
    unpack: Callable[[bytes, int], "array[int]"], octets: int
) -> None:
    half = 1 << (8 * octets - 1)
    members = [half - 1, -half, 0, -1, 1]
    planes = numbers.pack(members)
    assert len(planes) == octets * len(members)
    assert unpack(planes, len(members)).tolist() == members


@needs_kernel
@given(st.binary(max_size=80), st.integers(-2, 90))
def test_the_compiled_unpack_refuses_the_same_input(planes: bytes, count: int) -> None:
    assert outcome(kernel.unpack, planes, count) == outcome(loops.unpack, planes, count)


@needs_kernel
@given(DIFFERENCES, PLACES, INT64 | SMALL)
def test_running_sums_are_the_same_compiled(members: list[int], count: int, start: int) -> None:
    arguments = (array("q", members), count, start)
    assert outcome(kernel.running_sums, *arguments) == outcome(loops.running_sums, *arguments)


@needs_kernel
@given(DIFFERENCES, PLACES, PLACES, st.sampled_from((1.0, 10.0, 1e9, 3.0, 7e-3, 0.0)))
def test_scaled_sums_are_the_same_compiled(
    members: list[int], first: int, count: int, denominator: float
) -> None:
    arguments = (array("q", members), first, count, denominator)
    expected = outcome(loops.scaled_sums, *arguments)
    if denominator == 0.0 and count == 0:
        return  # nothing is divided; the codec has no such denominator
    if denominator == 0.0:
        expected = outcome(kernel.scaled_sums, *arguments)
        assert expected in {ZeroDivisionError, ValueError, None}
    assert outcome(kernel.scaled_sums, *arguments) == expected


@needs_kernel
@given(DIFFERENCES, PLACES, PLACES, st.lists(st.sampled_from((1.0, 1e9, 3.0)), max_size=4))
def test_columns_are_the_same_compiled(
    members: list[int], first: int, rows: int, denominators: list[float]
) -> None:
    arguments = (array("q", members), first, rows, tuple(denominators))
    assert outcome(kernel.scaled_columns, *arguments) == outcome(loops.scaled_columns, *arguments)


@needs_kernel
@given(DIFFERENCES, PLACES, PLACES, INT64 | SMALL, st.integers(0, 5))
def test_offsets_are_the_same_compiled(
    members: list[int], first: int, count: int, base: int, size: int
) -> None:
    arguments = (array("q", members), first, count, base, size)
    assert outcome(kernel.offsets, *arguments) == outcome(loops.offsets, *arguments)


@needs_kernel
@given(
    st.lists(st.floats(allow_nan=False), max_size=20),
    st.lists(st.integers(-1, 6), max_size=6),
    PLACES,
    PLACES,
)
def test_last_values_are_the_same_compiled(
    values: list[float], counts: list[int], first: int, last: int
) -> None:
    arguments = (array("d", values), counts, first, last)
    assert outcome(kernel.last_values, *arguments) == outcome(loops.last_values, *arguments)


@needs_kernel
@given(DIFFERENCES, INT64 | SMALL)
def test_shifted_times_are_the_same_compiled(members: list[int], offset: int) -> None:
    arguments = (array("q", members), offset)
    assert outcome(kernel.shifted, *arguments) == outcome(loops.shifted, *arguments)


@needs_kernel
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("running_sums", (array("d", [1.0]), 1, 0)),
        ("running_sums", ([1, 2], 1, 0)),
        ("running_sums", (b"12345678", 1, 0)),
        ("running_sums", (memoryview(array("q", range(8)))[::2], 2, 0)),
        ("running_sums", (memoryview(bytes(17))[1:].cast("q"), 2, 0)),
        ("scaled_sums", (array("i", [1, 2]), 0, 2, 1.0)),
        ("scaled_sums", (array("q", [1]), 0, 1)),
        ("shifted", (array("q", [1]), "x")),
        ("scaled_columns", (array("q", [1]), 0, 1, [1.0])),
        ("offsets", (b"12345678", 0, 1, 0, 2)),
        ("last_values", (array("q", [1]), [1], 0, 1)),
        ("last_values", (array("d", [1.0]), (1,), 0, 1)),
        ("last_values", (array("d", [1.0]), [True, 1.0], 0, 2)),
        ("unpack", ("text", 4)),
    ],
)
def test_values_that_are_not_numbers_are_refused(name: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises((TypeError, BufferError)):
        getattr(kernel, name)(*arguments)


def test_sums_beyond_64_bits_are_none_not_wrapped() -> None:
    assert loops.running_sums(array("q", [2**63 - 1, 1]), 2, 0) is None
    assert kernel.running_sums(array("q", [2**63 - 1, 1]), 2, 0) is None
    assert loops.scaled_sums(array("q", [LARGEST_STEP, 1]), 0, 2, 1.0) is None
    assert kernel.scaled_sums(array("q", [LARGEST_STEP, 1]), 0, 2, 1.0) is None


def test_sums_begin_at_the_start_and_name_the_smallest_and_largest() -> None:
    sums = loops.running_sums(array("q", [5, -7, 3, 100]), 3, 10)
    assert sums == (array("q", [15, 8, 11]), 8, 15)


def test_values_are_divided_as_python_divides() -> None:
    values = kernel.scaled_sums(array("q", [20_123_457, 1]), 0, 2, 1e9)
    assert values is not None
    assert values.tobytes() == struct.pack("=2d", 20_123_457 / 1e9, 20_123_458 / 1e9)


@pytest.mark.parametrize("module", [kernel, loops])
def test_columns_stand_one_after_the_other_or_are_none(module: ModuleType) -> None:
    columns = module.scaled_columns(array("q", [9, 10, 10, 4, 2]), 1, 2, (10.0, 2.0))
    assert columns == (array("d", [1.0, 2.0]), array("d", [2.0, 3.0]))
    assert module.scaled_columns(array("q", [1, LARGEST_STEP, 1]), 1, 1, (1.0, 1.0)) is not None
    assert module.scaled_columns(array("q", [1, LARGEST_STEP, 1]), 1, 2, (1.0,)) is None


@pytest.mark.parametrize("module", [kernel, loops])
def test_the_last_value_of_each_run_is_returned_and_none_for_an_empty_run(
    module: ModuleType,
) -> None:
    values = array("d", [0.1, 0.2, 0.3])
    assert module.last_values(values, [7, 2, 0, 1], 1, 9) == (0.2, None, 0.3)


@pytest.mark.parametrize("module", [kernel, loops])
def test_offsets_have_two_bytes_or_four(module: ModuleType) -> None:
    times = array("q", [1_000, 1_005, 76_000])
    assert module.offsets(times, 1, 2, 1_000, 4) == array("I", [5, 75_000]).tobytes()
    assert module.offsets(times, 0, 2, 1_000, 2) == array("H", [0, 5]).tobytes()


def test_neighbours_at_the_same_time_are_noticed() -> None:
    assert loops.shifted(array("q", [1, 2, 2]), 10) == (array("q", [11, 12, 12]), True)
    assert loops.shifted(array("q", [2, 1, 2]), 10) == (array("q", [12, 11, 12]), False)
