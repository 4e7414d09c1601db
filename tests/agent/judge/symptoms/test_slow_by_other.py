"""A page that was slow when it was first opened is slow by what is usual over another link."""

import pytest

from tests.agent.judge.link_cases import Shown, ago, judged_link, pages
from thongsuot_agent.judge.memory import LinkMemory, Track
from thongsuot_agent.judge.symptoms.failure_modes import Health
from thongsuot_agent.judge.symptoms.service_over_link import ServiceOverLink
from thongsuot_agent.judge.symptoms.services import _is_slow_by_other, _slow_starts_ns
from thongsuot_schema.result import Family

SLOW_THERE: Shown = {
    "learned": 9,
    "usual_s": 0.5,
    "value_s": 3.0,
    "slow_runs": 3,
    "slow_since_ns": ago(60.0),
    "prompt_ns": [ago(200.0), ago(100.0)],
}
"""Quick until a hundred seconds ago, and slow for a minute: beyond 1.5 s, three times the usual."""
OPENED_SINCE: Shown = {
    "successes": 3,
    "value_s": 1.6,
    "worked_since_ns": ago(50.0),
    "prompt_ns": [ago(40.0)],
}


def over(track: Track, health: Health = Health.GOOD) -> ServiceOverLink:
    return ServiceOverLink(
        LinkMemory(name="mobile", known=True), {track.family: health}, {track.family: track}
    )


def is_slow(here: ServiceOverLink, **there: object) -> bool:
    return _is_slow_by_other(judged_link(), here, over(pages(**SLOW_THERE | there)))


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ({}, True),
        ({"successes": 2}, False),
        ({"value_s": 1.5}, False),
        ({"value_s": None}, False),
        ({"worked_since_ns": ago(100.0)}, False),
        ({"worked_since_ns": ago(100.0) + 1}, True),
        ({"worked_since_ns": None}, False),
        ({"prompt_ns": [ago(100.0)]}, False),
        ({"prompt_ns": []}, True),
    ],
    ids=[
        "as slow as there",
        "opened twice",
        "no slower than there is usual",
        "not timed",
        "opened while it was quick there",
        "opened after it",
        "never opened",
        "quick itself at that time",
        "never quick itself",
    ],
)
def test_a_page_first_opened_after_it_was_slow_elsewhere_is_slow_by_the_portal(
    shown: Shown, *, expected: bool
) -> None:
    assert is_slow(over(pages(**OPENED_SINCE | shown))) is expected


def test_a_page_that_fails_here_is_not_called_slow_by_another_link() -> None:
    for health in (Health.BAD, Health.PARTLY, Health.DOUBTFUL):
        assert not is_slow(over(pages(**OPENED_SINCE), health))


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({"slow_runs": 2}, False),
        ({"value_s": 0.2}, False),
        ({"prompt_ns": []}, False),
        ({"prompt_ns": [ago(60.0)]}, False),
        ({"prompt_ns": [ago(60.0) - 1]}, True),
        ({"prompt_ns": [ago(100.0), ago(30.0)]}, True),
    ],
    ids=[
        "not slow for long enough",
        "quick again",
        "never quick",
        "quick when it became slow",
        "quick until it became slow",
        "quick once more meanwhile",
    ],
)
def test_the_other_link_has_to_have_been_quick_and_to_be_slow(
    there: Shown, *, expected: bool
) -> None:
    here = over(pages(**OPENED_SINCE | {"worked_since_ns": ago(50.0), "prompt_ns": []}))
    assert is_slow(here, **there) is expected


@pytest.mark.parametrize(
    ("shown", "starts_ns"),
    [
        ({"slow_since_ns": 7, "slow_episodes_ns": [3, 5]}, [7]),
        ({"slow_episodes_ns": [3, 5]}, [5]),
        ({"worked_since_ns": 9}, [9]),
        ({}, [0]),
    ],
    ids=["slow now", "slow last", "never quick", "never opened"],
)
def test_slowness_began_with_the_current_or_latest_slow_run_or_else_with_the_first_page(
    shown: Shown, starts_ns: list[int]
) -> None:
    assert _slow_starts_ns(over(pages(**shown))) == starts_ns


def test_only_slow_families_tell_when_a_page_became_slow() -> None:
    slow, quick = pages(slow_since_ns=7), pages(family=Family.IP6, worked_since_ns=3)
    here = ServiceOverLink(
        LinkMemory(name="mobile"),
        {Family.IP4: Health.GOOD, Family.IP6: Health.GOOD},
        {Family.IP4: slow, Family.IP6: quick},
    )
    assert _slow_starts_ns(here) == [7]
