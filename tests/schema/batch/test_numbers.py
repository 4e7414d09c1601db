"""Numbers as byte planes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.batch import numbers
from thongsuot_schema.batch.columns import unpack_numbers
from thongsuot_schema.errors import BatchMalformed

INT64 = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(INT64) | st.lists(st.integers(-70_000, 70_000)))
def test_numbers_come_back_as_they_were(given_numbers: list[int]) -> None:
    assert list(unpack_numbers(numbers.pack(given_numbers), len(given_numbers))) == given_numbers


@pytest.mark.parametrize("width", range(1, 9))
def test_each_width_takes_its_own_number_of_planes(width: int) -> None:
    largest, smallest = 2 ** (8 * width - 1) - 1, -(2 ** (8 * width - 1))
    packed = numbers.pack([largest, 0, smallest])
    assert len(packed) == 3 * width
    assert list(unpack_numbers(packed, 3)) == [largest, 0, smallest]


def test_the_lowest_bytes_stand_first_and_the_sign_in_the_lowest_bit() -> None:
    assert numbers.pack([1, -1, 300]) == bytes([2, 1, 88, 0, 0, 2])


@pytest.mark.parametrize(("planes", "count"), [(b"", 1), (b"x", 0), (b"xyz", 2), (bytes(9), 1)])
def test_planes_of_another_count_are_refused(planes: bytes, count: int) -> None:
    with pytest.raises(BatchMalformed, match=f"{len(planes)} bytes of numbers do not hold {count}"):
        unpack_numbers(planes, count)
