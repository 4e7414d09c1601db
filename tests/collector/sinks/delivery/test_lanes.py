"""Lanes against the obvious: every sequence is sent once, the newest before long."""

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_collector.sinks.delivery.lanes import Gap, Lanes, decode_lanes, encode_lanes


def test_in_step_there_is_one_lane() -> None:
    lanes = Lanes(live=10).caught_up_by(15, jump=100)
    stretch = lanes.next_range(15)
    assert stretch is not None
    assert (stretch.after, stretch.through, stretch.live) == (10, 15, True)
    lanes = lanes.after_sending(stretch, 15)
    assert (lanes.live, lanes.gaps, lanes.floor) == (15, (), 15)
    assert lanes.next_range(15) is None


def test_far_behind_the_fresh_news_overtakes_and_the_gap_is_filled_beside_it() -> None:
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


def test_away_again_before_the_gap_is_filled_makes_it_longer() -> None:
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


def test_a_note_that_cannot_be_read_starts_where_the_cursor_stands() -> None:
    assert decode_lanes(41, b"\xff\xff") == Lanes(live=41)
    assert decode_lanes(41, b"") == Lanes(live=41)
