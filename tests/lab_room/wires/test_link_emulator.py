"""One direction of a wire, as arithmetic."""

import random

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_lab.topology.model import Impairment
from thongsuot_lab.wires.link_emulator import NS, LinkEmulator

impairments = st.builds(
    Impairment,
    delay_s=st.floats(0, 1),
    jitter_s=st.floats(0, 0.5),
    loss_ratio=st.floats(0, 1),
    rate_bps=st.none() | st.floats(1e3, 1e9),
    queue_s=st.floats(0, 2),
)
frames = st.lists(st.tuples(st.integers(0, 50_000_000), st.integers(60, 65_000)), max_size=50)


def line(impairment: Impairment, seed: int = 1) -> LinkEmulator:
    return LinkEmulator(random.Random(seed), impairment)


def through(
    wire: LinkEmulator, gaps_and_sizes: list[tuple[int, int]]
) -> list[tuple[int, int | None]]:
    now_ns = 1_000
    out = []
    for gap_ns, size_bytes in gaps_and_sizes:
        now_ns += gap_ns
        out.append((now_ns, wire.due_ns(now_ns, size_bytes)))
    return out


@given(impairments, frames, st.integers())
def test_frames_come_out_in_order_never_early_and_each_is_accounted_for(
    impairment: Impairment, sent: list[tuple[int, int]], seed: int
) -> None:
    wire = line(impairment, seed)
    passages = through(wire, sent)
    dues = [due for _, due in passages if due is not None]
    assert dues == sorted(dues)
    least_ns = int(max(0.0, impairment.delay_s - impairment.jitter_s) * NS)
    assert all(due - at >= least_ns - 1 for at, due in passages if due is not None)
    assert wire.arrived == len(sent)
    assert wire.lost + wire.overflowed == len(sent) - len(dues)


@given(frames)
def test_a_plain_delay_is_exact(sent: list[tuple[int, int]]) -> None:
    passages = through(line(Impairment(delay_s=0.030)), sent)
    assert all(due == at + 30_000_000 for at, due in passages)


def test_a_rate_spaces_frames_by_their_length() -> None:
    wire = line(Impairment(rate_bps=8e6, queue_s=1))
    dues = [wire.due_ns(0, 1000) for _ in range(3)]
    assert dues == [1_000_000, 2_000_000, 3_000_000]


def test_packets_that_would_wait_too_long_are_dropped_and_the_rest_is_not() -> None:
    wire = line(Impairment(rate_bps=8e6, queue_s=0.0025))
    dues = [wire.due_ns(0, 1000) for _ in range(5)]
    assert dues == [1_000_000, 2_000_000, 3_000_000, None, None]
    assert wire.overflowed == 2
    assert wire.due_ns(10_000_000, 1000) == 11_000_000


def test_losses_are_as_many_as_asked() -> None:
    wire = line(Impairment(loss_ratio=0.1))
    through(wire, [(1000, 100)] * 20_000)
    # Six standard deviations of a binomial.
    assert abs(wire.lost - 2000) < 6 * (20_000 * 0.1 * 0.9) ** 0.5


def test_only_the_frames_that_skip_the_delay_overtake() -> None:
    wire = line(Impairment(delay_s=0.010, reorder_ratio=0.25))
    passages = through(wire, [(1000, 100)] * 4000)
    delays = [due - at for at, due in passages if due is not None]
    assert set(delays) == {0, 10_000_000}
    assert 800 < delays.count(0) < 1200


def test_jitter_is_spread_over_its_whole_width() -> None:
    wire = line(Impairment(delay_s=0.100, jitter_s=0.010))
    # So far apart that none waits for the one before.
    delays = [due - at for at, due in through(wire, [(NS, 100)] * 2000) if due is not None]
    assert 90_000_000 <= min(delays) < 91_000_000
    assert 109_000_000 < max(delays) <= 110_000_000


def test_a_changed_wire_forgets_its_old_queue() -> None:
    wire = line(Impairment(rate_bps=1e3, queue_s=100))
    assert wire.due_ns(0, 1000) == 8 * NS
    wire.set_impairment(Impairment(delay_s=0.001))
    assert wire.due_ns(0, 1000) == 1_000_000
