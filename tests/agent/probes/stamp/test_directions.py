import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.probes.stamp.directions import (
    ReflectedPacket,
    copied_down,
    copied_up,
    delays,
    first_of_each,
    losses,
    reordered,
)

MS = 1_000_000


def trip(number: int, far: int, *, up_ms: float = 10, down_ms: float = 20) -> ReflectedPacket:
    out_ns = number * 20 * MS
    far_in_ns = out_ns + round(up_ms * MS)
    return ReflectedPacket(
        number=number,
        reflector_number=far,
        sent_ns=out_ns,
        reflector_received_ns=far_in_ns,
        reflector_sent_ns=far_in_ns + MS,
        received_ns=far_in_ns + MS + round(down_ms * MS),
    )


def world(sent: int, lost_up: set[int], lost_down: set[int]) -> list[ReflectedPacket]:
    """What a reflector that keeps state answers."""
    reached = [number for number in range(sent) if number not in lost_up]
    return [trip(number, far) for far, number in enumerate(reached) if number not in lost_down]


def test_the_time_inside_the_reflector_is_no_round_trip() -> None:
    assert trip(0, 0).rtt_ns == 30 * MS


def test_losses_are_distinguished_by_the_reflectors_numbers() -> None:
    loss = losses(10, world(10, {2, 3}, {5}), is_stateful=True)
    assert loss.both == pytest.approx(0.3)
    assert loss.up == pytest.approx(0.2)
    assert loss.down == pytest.approx(1 / 8)


def test_packets_lost_at_the_end_count_only_in_the_total() -> None:
    loss = losses(10, world(10, {8, 9}, set()), is_stateful=True)
    assert loss.both == pytest.approx(0.2)
    assert (loss.up, loss.down) == (0.0, 0.0)


def test_without_state_in_the_reflector_the_direction_is_unknown() -> None:
    trips = [trip(number, number) for number in (0, 1, 4)]
    loss = losses(5, trips, is_stateful=False)
    assert (loss.up, loss.down) == (None, None)
    assert loss.both == pytest.approx(0.4)
    assert losses(5, [], is_stateful=True).up is None


def test_copies_are_no_packets() -> None:
    """Packet 1 reached the reflector twice, and the answer to packet 2 arrived twice."""
    trips = [trip(0, 0), trip(1, 1), trip(1, 2), trip(2, 3), trip(2, 3)]
    assert copied_up(trips) == pytest.approx(1 / 3)
    assert copied_down(trips) == pytest.approx(1 / 4)
    assert [packet.number for packet in first_of_each(trips)] == [0, 1, 2]
    loss = losses(3, trips, is_stateful=True)
    assert (loss.both, loss.up, loss.down) == (0.0, 0.0, 0.0)


@given(
    st.integers(min_value=2, max_value=80),
    st.sets(st.integers(min_value=0, max_value=79)),
    st.sets(st.integers(min_value=0, max_value=79)),
    st.randoms(use_true_random=False),
)
def test_losses_are_exact_up_to_the_last_answer(
    sent: int, lost_up: set[int], lost_down: set[int], chance: random.Random
) -> None:
    trips = world(sent, lost_up, lost_down)
    if not trips:
        return
    last = trips[-1].number
    reached = [number for number in range(last + 1) if number not in lost_up]
    chance.shuffle(trips)  # the order of answers has no say
    loss = losses(sent, trips, is_stateful=True)
    assert loss.both == pytest.approx(1 - len(trips) / sent)
    assert loss.up == pytest.approx(1 - len(reached) / (last + 1))
    assert loss.down == pytest.approx(1 - len(trips) / len(reached))


def test_a_packet_is_out_of_order_only_behind_one_sent_later() -> None:
    assert reordered([0, 1, 3, 2, 4]) == 0.2
    assert reordered([4, 0, 1]) == pytest.approx(2 / 3)
    assert reordered([0, 2, 4]) == 0.0


def test_jitter_is_that_of_rfc_3550_and_needs_no_clock() -> None:
    steady = delays([50 * MS] * 20)
    assert (steady.median_s, steady.jitter_s, steady.variation_s) == (0.05, 0.0, 0.0)
    figures = delays([10 * MS, 26 * MS])
    assert figures.jitter_s == pytest.approx(0.001)  # 16 ms / 16
    far_off = 10**18
    shifted = delays([far_off + 10 * MS, far_off + 26 * MS])
    assert (shifted.jitter_s, shifted.variation_s) == (figures.jitter_s, figures.variation_s)


def test_the_variation_is_that_of_95_in_a_hundred() -> None:
    assert delays([0] * 95 + [MS] * 5).variation_s == 0.0
    assert delays([0] * 94 + [MS] * 6).variation_s == 0.001
