import pytest

from thongsuot_agent.links.fresh_numbers import FreshNumbers


@pytest.mark.parametrize("count", [2, 15, 4096, 12000])
def test_no_number_is_taken_again_before_all_others(count: int) -> None:
    numbers = FreshNumbers(count)
    taken = [numbers.take() for _ in range(count)]
    assert sorted(taken) == list(range(count))
    assert numbers.take() == taken[0]
