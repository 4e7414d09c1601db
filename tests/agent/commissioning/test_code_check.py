"""The code of the day: who may begin a run, and how often it may be tried."""

import hashlib

import pytest

from thongsuot_agent.commissioning.code_check import (
    TRIES,
    TRIES_WITHIN_NS,
    CodeCheck,
    CodeProblem,
)
from thongsuot_schema.commissioning.run import commissioning_code

TOKEN = "tst_abc"
NOON_S = 1_796_029_200.0  # 30 November 2026, 10:00 in Vietnam
DIGEST = hashlib.sha256(TOKEN.encode()).digest()


class AttemptClock:
    now_ns = 0


def check(clock: AttemptClock) -> CodeCheck:
    return CodeCheck(lambda: TOKEN, lambda: clock.now_ns, lambda: NOON_S)


@pytest.mark.parametrize("day", ["2026-11-30", "2026-11-29", "2026-12-01"])
def test_the_code_that_the_collector_shows_is_good_here_a_day_either_way(day: str) -> None:
    code = commissioning_code(DIGEST, day)
    assert check(AttemptClock()).problem(f"{code[:3]} {code[3:]}") is None


def test_codes_of_other_days_and_of_other_devices_are_refused() -> None:
    assert (
        check(AttemptClock()).problem(commissioning_code(DIGEST, "2026-11-27")) is CodeProblem.WRONG
    )
    other = hashlib.sha256(b"tst_other").digest()
    assert (
        check(AttemptClock()).problem(commissioning_code(other, "2026-11-30")) is CodeProblem.WRONG
    )
    assert check(AttemptClock()).problem("") is CodeProblem.WRONG


def test_after_too_many_wrong_codes_a_good_one_is_accepted_only_later() -> None:
    clock = AttemptClock()
    codes = check(clock)
    good = codes.good_codes()[0]
    for _ in range(TRIES):
        assert codes.problem("x") is CodeProblem.WRONG
    assert codes.problem(good) is CodeProblem.TOO_MANY
    clock.now_ns = TRIES_WITHIN_NS
    assert codes.problem(good) is None
