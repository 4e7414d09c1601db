"""Lanes against the obvious: every sequence is sent once, the newest before long."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_collector.sinks.delivery.lanes import (
    Gap,
    Lanes,
    SiteLane,
    decode_lanes,
    encode_lanes,
)


def test_without_a_backlog_there_is_one_lane() -> None:
    lanes = Lanes(live=10).caught_up_by(15, jump=100)
    stretch = lanes.next_range(15)
    assert stretch is not None
    assert (stretch.after, stretch.through, stretch.live) == (10, 15, True)
    lanes = lanes.after_sending(stretch, 15)
    assert (lanes.live, lanes.gaps, lanes.floor) == (15, (), 15)
    assert lanes.next_range(15) is None


def test_far_behind_newer_entries_are_sent_beside_the_gap() -> None:
    lanes = Lanes(live=10).caught_up_by(1000, jump=100)
    assert (lanes.live, lanes.gaps, lanes.floor) == (1000, (Gap(10, 1000),), 10)
    assert lanes.behind(1003) == 993
    order = []
    for head in (1003, 1003, 1004, 1004, 1004):
        stretch = lanes.next_range(head)
        assert stretch is not None
        through = min(stretch.through, stretch.after + 50)
        order.append((stretch.live, stretch.after, through))
        lanes = lanes.after_sending(stretch, through)
    assert order == [
        (True, 1000, 1003),
        (False, 10, 60),
        (True, 1003, 1004),
        (False, 60, 110),
        (False, 110, 160),
    ]
    assert lanes.floor == 160


def test_the_live_lane_jumps_only_when_it_is_more_than_so_far_behind() -> None:
    assert Lanes(live=10).caught_up_by(110, jump=100) == Lanes(live=10)
    assert Lanes(live=10).caught_up_by(111, jump=100) == Lanes(live=111, gaps=(Gap(10, 111),))
    assert Lanes(live=900).caught_up_by(950, jump=100) == Lanes(live=900)


def test_falling_behind_again_extends_the_gap() -> None:
    lanes = Lanes(live=1000, gaps=(Gap(10, 1000),)).caught_up_by(2000, jump=100)
    assert lanes.gaps == (Gap(10, 2000),)
    lanes = Lanes(live=1500, gaps=(Gap(10, 1000),)).caught_up_by(2000, jump=100)
    assert lanes.gaps == (Gap(10, 1000), Gap(1500, 2000))


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(1, 40), st.booleans()), min_size=1, max_size=80
    )
)
def test_every_sequence_is_sent_exactly_once_whatever_happens(
    steps: list[tuple[int, int, bool]],
) -> None:
    lanes = Lanes()
    head = 0
    sent: list[int] = []
    for appended, size, restarts in steps:
        head += appended
        if restarts:
            lanes = decode_lanes(lanes.floor, encode_lanes(lanes))
        lanes = lanes.caught_up_by(head, jump=100)
        stretch = lanes.next_range(head)
        if stretch is not None:
            through = min(stretch.through, stretch.after + size)
            sent.extend(range(stretch.after + 1, through + 1))
            lanes = lanes.after_sending(stretch, through)
        assert lanes.behind(head) == head - len(sent)
        assert set(range(1, lanes.floor + 1)) <= set(sent)
    while (stretch := lanes.next_range(head)) is not None:
        sent.extend(range(stretch.after + 1, stretch.through + 1))
        lanes = lanes.after_sending(stretch, stretch.through)
    assert sorted(sent) == list(range(1, head + 1))
    assert lanes.floor == head


def test_a_site_that_brings_too_much_waits_in_a_lane_of_its_own_and_in_its_order() -> None:
    lanes = Lanes()
    stretch = lanes.next_range(100)
    assert stretch is not None
    lanes = lanes.after_sending(stretch, 100, held={"loud": range(41, 101)})
    assert (lanes.live, lanes.floor, lanes.done, lanes.behind(100)) == (100, 40, 40, 60)
    assert lanes.held_sites == {"loud"}
    # Its turn comes, then that of what is new for all.
    stretch = lanes.next_range(110)
    assert stretch is not None
    assert (stretch.site, stretch.after, stretch.through) == ("loud", 40, 100)
    lanes = lanes.after_sending(stretch, 60, sent=20)
    assert (lanes.floor, lanes.behind(100)) == (60, 40)
    stretch = lanes.next_range(110)
    assert stretch is not None
    assert stretch.live
    lanes = lanes.after_sending(stretch, 110, held={"loud": range(106, 111)})
    assert lanes.sites == (SiteLane("loud", 60, 110, 45),)
    assert decode_lanes(60, encode_lanes(lanes)) == lanes
    stretch = lanes.next_range(110)
    assert stretch is not None
    lanes = lanes.after_sending(stretch, 110, sent=45)
    assert (lanes.floor, lanes.held_sites, lanes.next_range(110)) == (110, frozenset(), None)


SITES = ("loud", "louder", "quiet")


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(SITES), max_size=60),
            st.integers(1, 25),
            st.integers(1, 6),
            st.booleans(),
        ),
        min_size=1,
        max_size=50,
    )
)
def test_with_lanes_of_sites_every_sequence_is_sent_once_too_and_a_sites_own_in_order(
    steps: list[tuple[list[str], int, int, bool]],
) -> None:
    lanes = Lanes()
    journal: list[str] = []
    sent: list[int] = []

    def send_next(size: int, share: int) -> bool:
        nonlocal lanes
        stretch = lanes.next_range(len(journal))
        if stretch is None:
            return False
        numbers = [
            number
            for number in range(stretch.after + 1, stretch.through + 1)
            if not stretch.site or journal[number - 1] == stretch.site
        ][:size]
        counts = Counter[str]()
        held: dict[str, list[int]] = {}
        out = []
        for number in numbers:
            site = journal[number - 1]
            is_held = site in lanes.held_sites or site in held or counts[site] >= share
            if stretch.live and is_held:
                held.setdefault(site, []).append(number)
            else:
                counts[site] += 1
                out.append(number)
        sent.extend(out)
        through = numbers[-1] if numbers else stretch.through
        lanes = lanes.after_sending(stretch, through, sent=len(out), held=held)
        return True

    has_jumped = False
    for appended, size, share, restarts in steps:
        journal += appended
        if restarts:
            lanes = decode_lanes(lanes.floor, encode_lanes(lanes))
        before = lanes.gaps
        lanes = lanes.caught_up_by(len(journal), jump=100)
        has_jumped = has_jumped or lanes.gaps != before
        send_next(size, share)
        assert lanes.behind(len(journal)) == len(journal) - len(sent)
        assert lanes.done == len(sent)
        assert set(range(1, lanes.floor + 1)) <= set(sent)
    while send_next(25, 5):
        pass
    assert sorted(sent) == list(range(1, len(journal) + 1))
    assert lanes.floor == len(journal)
    if not has_jumped:
        for site in SITES:
            own = [number for number in sent if journal[number - 1] == site]
            assert own == sorted(own)


def test_unreadable_lanes_start_at_the_cursor() -> None:
    assert decode_lanes(41, b"\xff\xff") == Lanes(live=41)
    assert decode_lanes(41, b"") == Lanes(live=41)
