"""Guessing gets slower with each try, without locking out others."""

from thongsuot_collector.web.sessions.attempts import (
    NEW_NAMES,
    OF_ADDRESS,
    OF_CODES,
    OF_NAME,
    OF_NAME_AND_PLACE,
    SignInAttempts,
)

HERE, ELSEWHERE = "203.0.113.9", "198.51.100.7"
LONG_S = 86_400.0


def guess(attempts: SignInAttempts, name: str, address: str, now_s: float) -> float:
    """Try once, as soon as it may be done; return when that was."""
    now_s += attempts.begin(name, address, now_s=now_s)
    assert attempts.begin(name, address, now_s=now_s) == 0.0
    return now_s


def test_waits_double_up_to_a_limit_and_are_forgotten_after_an_hour() -> None:
    attempts, now_s, waits = SignInAttempts(), 0.0, []
    for _ in range(20):
        wait_s = attempts.begin("lan", HERE, now_s=now_s)
        if wait_s:
            waits.append(wait_s)
            now_s += wait_s
            assert attempts.begin("lan", HERE, now_s=now_s) == 0.0
    assert waits[:5] == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert max(waits) == OF_NAME_AND_PLACE.longest_s
    assert attempts.begin("lan", HERE, now_s=now_s) > 0.0
    assert attempts.begin("lan", HERE, now_s=now_s + 3_601.0) == 0.0


def test_guessing_a_password_does_not_lock_its_owner_out_elsewhere() -> None:
    attempts, now_s = SignInAttempts(), 0.0
    while attempts.begin("lan", HERE, now_s=now_s) == 0.0:
        now_s += 0.01
    assert attempts.begin("lan", ELSEWHERE, now_s=now_s) == 0.0
    attempts.succeeded("lan", ELSEWHERE)
    assert attempts.begin("lan", HERE, now_s=now_s) > 0.0, "a success elsewhere is none of theirs"


def test_a_neighbour_behind_one_nat_who_guesses_hinders_no_good_login() -> None:
    attempts, now_s = SignInAttempts(), 0.0
    names = [f"guessed-{number}" for number in range(8)]
    for _ in range(OF_ADDRESS.free):
        for name in names:
            attempts.begin(name, HERE, now_s=now_s)
        now_s += 1.0
    assert attempts.begin(names[0], HERE, now_s=now_s) > 0.0
    assert attempts.begin("lan", HERE, now_s=now_s) == 0.0
    attempts.succeeded("lan", HERE)


def test_one_password_is_not_tried_with_every_name_there_is() -> None:
    attempts, taken = SignInAttempts(), 0
    for number in range(1_000):
        taken += attempts.begin(f"name-{number}", HERE, now_s=0.0) == 0.0
    assert taken == NEW_NAMES.free + 1
    # Then new names have to wait, but never longer than this.
    assert attempts.begin("lan", HERE, now_s=NEW_NAMES.longest_s) == 0.0


def test_one_password_is_not_tried_with_every_name_from_the_addresses_of_one_network() -> None:
    attempts, taken = SignInAttempts(), 0
    for number in range(1_000):
        address = f"2001:db8:0:1::{number:x}"
        taken += attempts.begin(f"name-{number}", address, now_s=0.0) == 0.0
    assert taken == NEW_NAMES.free + 1
    assert attempts.begin("lan", "2001:db8:0:2::1", now_s=0.0) == 0.0


def test_guessing_from_many_addresses_is_slow_and_a_known_browser_is_not_hindered() -> None:
    attempts, now_s, tries = SignInAttempts(), 0.0, 0
    while now_s < LONG_S:
        wait_s = attempts.begin("lan", f"10.0.{tries // 250}.{tries % 250}", now_s=now_s)
        tries += not wait_s
        now_s += wait_s or 0.001
    assert tries < OF_NAME.free + LONG_S / OF_NAME.longest_s + 10
    attempts.begin("lan", HERE, now_s=now_s)
    assert attempts.begin("lan", ELSEWHERE, now_s=now_s) > 0.0
    assert attempts.begin("lan", ELSEWHERE, device="her browser", now_s=now_s) == 0.0
    attempts.succeeded("lan", ELSEWHERE, device="her browser")


def test_a_stolen_known_browser_guesses_no_faster() -> None:
    attempts, tries = SignInAttempts(), 0
    for _ in range(100):
        tries += attempts.begin("lan", HERE, device="hers", now_s=0.0) == 0.0
    assert tries == OF_NAME_AND_PLACE.free + 1


def test_a_successful_sign_in_does_not_reset_the_failures_of_its_address() -> None:
    attempts, now_s = SignInAttempts(), 0.0
    for number in range(OF_ADDRESS.free + 5):
        attempts.begin(f"guessed-{number}", HERE, now_s=now_s)
        attempts.begin("mine", HERE, now_s=now_s)
        attempts.succeeded("mine", HERE)
    assert attempts.begin("guessed-0", HERE, now_s=now_s) > 0.0


def test_codes_are_tried_a_few_times_an_hour() -> None:
    attempts, now_s, tries = SignInAttempts(), 0.0, 0
    while now_s < LONG_S:
        wait_s = attempts.begin_code("lan", now_s=now_s)
        tries += not wait_s
        now_s += wait_s or 0.001
    assert tries < OF_CODES.free + 12 + LONG_S / OF_CODES.longest_s
    now_s += OF_CODES.longest_s
    assert attempts.begin_code("lan", now_s=now_s) == 0.0
    attempts.code_succeeded("lan")
    assert attempts.begin_code("lan", now_s=now_s) == 0.0


def test_a_name_that_nobody_has_waits_like_any_other() -> None:
    # The counts know no accounts at all: what is kept is the name as it was typed.
    attempts = SignInAttempts()
    now_s = guess(attempts, "nobody", HERE, 0.0)
    for _ in range(OF_NAME_AND_PLACE.free):
        now_s = guess(attempts, "nobody", HERE, now_s)
    assert attempts.begin("nobody", HERE, now_s=now_s) > 0.0
