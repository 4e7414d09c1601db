"""A queue of the site's own: its delays differ, those of a longer way hardly do."""

import pytest

from thongsuot_agent.judge.symptoms.own_queue import STEADY_S, _is_steady


@pytest.mark.parametrize(
    ("delays_s", "steady"),
    [
        ([0.0, STEADY_S], True),
        ([0.0, 2 * STEADY_S], False),
        ([0.0, *[0.001] * 8, 9.0], True),
        ([0.0, *[0.001] * 7, 9.0, 9.0], False),
    ],
    ids=["the limit", "above it", "a tenth on either side is left out", "more than a tenth"],
)
def test_delays_are_steady_where_all_but_a_tenth_hardly_differ(
    delays_s: list[float], steady: bool
) -> None:
    assert _is_steady(delays_s) is steady
