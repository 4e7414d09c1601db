"""Switch-overs of a month: how long each took, and whether the computers came back."""

from thongsuot_schema.counter_path import SwitchOver
from thongsuot_schema.switch_overs import departures, switch_over_figures

NOW_S = 10_000.0


def move(at_s: float, from_link: str, to_link: str, took_s: float = 0.0) -> SwitchOver:
    return SwitchOver(at_s=at_s, from_link=from_link, to_link=to_link, took_s=took_s)


def test_a_month_without_a_move_has_no_figures() -> None:
    assert switch_over_figures((), NOW_S) is None


def test_the_way_back_ends_a_switch_over_and_is_none() -> None:
    moves = (
        move(1_000.0, "fixed", "mobile", 30.0),
        move(4_000.0, "mobile", "fixed", 2.0),
        move(6_000.0, "fixed", "mobile", 90.0),
        move(6_500.0, "mobile", "fixed"),
    )
    figures = switch_over_figures(moves, NOW_S)
    assert figures is not None
    assert (figures.count, figures.returned) == (2, 2)
    assert (figures.median_s, figures.longest_s) == (60.0, 90.0)
    assert figures.away_s == 3_500.0


def test_computers_that_have_not_come_back_are_away_until_now() -> None:
    figures = switch_over_figures((move(9_000.0, "fixed", "mobile", 40.0),), NOW_S)
    assert figures is not None
    assert (figures.count, figures.returned, figures.away_s) == (1, 0, 1_000.0)


def test_a_third_link_on_the_way_is_a_switch_over_within_the_first() -> None:
    moves = (
        move(1_000.0, "fixed", "mobile"),
        move(2_000.0, "mobile", "government"),
        move(3_000.0, "government", "fixed"),
    )
    assert [departure.back_s for departure in departures(moves)] == [3_000.0, 3_000.0]
    figures = switch_over_figures(moves, NOW_S)
    assert figures is not None
    assert (figures.count, figures.returned, figures.away_s) == (2, 2, 2_000.0)


def test_the_first_move_of_a_record_may_be_the_end_of_an_older_one() -> None:
    """Switches from before the month are unknown, so the first one counts as it is."""
    (departure,) = departures((move(500.0, "mobile", "fixed"),))
    assert departure.back_s is None
