from thongsuot_schema.statistics import median, percentile_95


def test_the_median_of_an_even_number_of_values_lies_between_the_middle_two() -> None:
    assert median([3, 1, 2, 10]) == 2.5
    assert median([3, 1, 2]) == 2
    assert median([7]) == 7


def test_95_in_a_hundred_do_not_exceed_the_percentile() -> None:
    assert percentile_95(range(100)) == 94
    assert percentile_95([7]) == 7
    assert percentile_95([*[0] * 94, *[1] * 6]) == 1
