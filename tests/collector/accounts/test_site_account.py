"""What a person has accepted of a sink covers exactly that, and nothing that comes later."""

from collections.abc import Mapping

import pytest

from thongsuot_collector.accounts.site_account import (
    SinkProgress,
    not_accepted,
    site_account,
    with_accepted,
)
from thongsuot_collector.journal.journal import Tally
from thongsuot_collector.store.acceptances import AcceptedAtSink, LostOfDay

DAY = 20_788


def progress(lost: int, skipped: int = 0) -> SinkProgress:
    return SinkProgress(
        sink="database", behind=0, delivered=9, dead_letters=0, lost=lost, skipped=skipped
    )


def tallies(lost: Mapping[int, int]) -> list[Tally]:
    return [Tally(day=day, site="ba-dinh", lost=count) for day, count in lost.items()]


ACCEPTED = AcceptedAtSink(lost=5, skipped=2, days={(DAY, "ba-dinh"): 5})


@pytest.mark.parametrize(
    ("now", "lost", "still_open"),
    [
        (progress(5, 2), {DAY: 5}, (0, 0)),
        (progress(8, 2), {DAY: 8}, (3, 0)),
        (progress(8, 2), {DAY: 5, DAY + 1: 3}, (3, 0)),
        (progress(5, 4), {DAY: 5}, (0, 2)),
        # The tallies of that day are too old to be kept.
        (progress(6, 2), {DAY + 400: 1}, (1, 0)),
        # An older copy of the journal was restored, and its sink has lost others since.
        (progress(4, 0), {DAY: 1, DAY + 1: 3}, (3, 0)),
        # What belongs to no day was lost later.
        (progress(7, 2), {DAY: 5}, (2, 0)),
    ],
)
def test_what_goes_beyond_the_accepted_entries_is_open(
    now: SinkProgress, lost: dict[int, int], still_open: tuple[int, int]
) -> None:
    apart = with_accepted(now, ACCEPTED, tallies(lost))
    assert (apart.lost, apart.skipped) == still_open
    assert apart.lost + apart.accepted_lost == now.lost
    assert apart.skipped + apart.accepted_skipped == now.skipped
    assert apart.accepted == apart.accepted_lost + apart.accepted_skipped


def test_a_day_closes_with_its_accepted_entries_and_their_sum_is_what_came() -> None:
    apart = with_accepted(progress(7, 2), ACCEPTED, tallies({DAY: 5, DAY + 1: 2}))
    newest, oldest = site_account(
        "ba-dinh",
        [],
        {DAY: 9, DAY + 1: 4},
        {"database": tallies({DAY: 5, DAY + 1: 2})},
        [apart],
        accepted={"database": ACCEPTED},
    )
    (line,) = newest.sinks
    assert (line.lost, line.accepted, line.earlier, newest.closes) == (2, 2, 0, False)
    (line,) = oldest.sinks
    assert (line.lost, line.accepted, line.earlier, oldest.closes) == (0, 5, 4, True)


def test_only_what_nobody_has_accepted_is_accepted() -> None:
    lost = tallies({DAY: 7, DAY + 1: 2, DAY + 2: 0})
    assert not_accepted(ACCEPTED, lost) == (
        LostOfDay(day=DAY, site="ba-dinh", lost=2),
        LostOfDay(day=DAY + 1, site="ba-dinh", lost=2),
    )
