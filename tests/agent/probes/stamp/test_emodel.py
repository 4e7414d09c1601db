import pytest

from thongsuot_agent.probes.stamp.emodel import mean_opinion_score, rating


def test_a_perfect_path_has_the_default_rating() -> None:
    assert rating(0.0, 0.0) == pytest.approx(93.2)
    assert mean_opinion_score(93.2) == pytest.approx(4.41, abs=0.01)


def test_opinions_are_those_of_the_recommendation() -> None:
    """ITU-T G.107, table B.1."""
    for known, expected in ((90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58)):
        assert mean_opinion_score(known) == pytest.approx(expected, abs=0.01)
    assert mean_opinion_score(0) == 1
    assert mean_opinion_score(100) == 4.5


def test_delay_hurts_more_beyond_177_ms() -> None:
    assert rating(0.1, 0) == pytest.approx(90.8)
    assert rating(0.3, 0) == pytest.approx(93.2 - 7.2 - 0.11 * 122.7)


def test_loss_hurts_as_g_711_with_concealment() -> None:
    assert rating(0, 0.05) == pytest.approx(93.2 - 95 * 5 / 30.1)
    assert rating(10.0, 1.0) == 0.0


def test_an_opinion_never_falls_below_1() -> None:
    assert min(mean_opinion_score(tenth / 10) for tenth in range(1001)) == 1.0
