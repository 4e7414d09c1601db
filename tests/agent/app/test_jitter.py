"""Jitter: many devices do not act at the same moment, and each run has a name of its own."""

from thongsuot_agent.app.jitter import jitter, new_id


def test_jitter_spreads_over_the_whole_interval() -> None:
    drawn = [jitter() for _ in range(1000)]
    assert all(0 <= number < 1 for number in drawn)
    # Each tenth gets about 100 of 1000; that one gets fewer than 40 happens once in 10^12.
    assert all(sum(int(number * 10) == tenth for number in drawn) >= 40 for tenth in range(10))


def test_names_are_64_random_bits() -> None:
    names = {new_id() for _ in range(1000)}
    assert len(names) == 1000
    assert all(len(bytes.fromhex(name)) == 8 for name in names)
