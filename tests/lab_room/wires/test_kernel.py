"""What tc is told for wires that the kernel carries."""

import pytest

from thongsuot_lab import accuracy
from thongsuot_lab.spaces.enter import inside
from thongsuot_lab.testing import needs_lab, pair
from thongsuot_lab.topology.model import PERFECT, Impairment
from thongsuot_lab.wires import kernel


@pytest.mark.parametrize(
    ("impairment", "words"),
    [
        (Impairment(delay_s=0.0015), "limit 20000 delay 1500us"),
        (Impairment(delay_s=0.03, jitter_s=0.002), "limit 20000 delay 30000us 2000us"),
        (Impairment(loss_ratio=0.025), "limit 20000 loss 2.500000%"),
        (
            Impairment(delay_s=0.01, reorder_ratio=0.1),
            "limit 20000 delay 10000us reorder 10.000000%",
        ),
        # 100 Mbit/s for 0.3 s of queue and 0.0015 s of delay, in full frames.
        (
            Impairment(delay_s=0.0015, rate_bps=1e8, queue_s=0.3),
            "limit 2489 delay 1500us rate 100000000bit",
        ),
    ],
)
def test_netem_gets_the_arguments_of_the_impairment(impairment: Impairment, words: str) -> None:
    assert kernel.netem_arguments(impairment) == words


def test_each_direction_is_impaired_where_it_leaves() -> None:
    assert kernel.netem_commands(3, Impairment(delay_s=0.001), PERFECT) == [
        "qdisc replace dev m3b root netem limit 20000 delay 1000us",
        "qdisc replace dev m3a root pfifo limit 1000",
    ]


@pytest.mark.lab
@needs_lab
def test_a_lab_without_netem_falls_back_to_user_space() -> None:
    with pair() as lab:
        has_netem = inside(lab.node("left").network, kernel.has_netem)
        shown = lab.node("left").run(["tc", "qdisc", "show", "dev", "lo"]).stdout
        assert lab.mechanism == ("netem" if has_netem else "userspace")
    assert "netem" not in shown


@pytest.mark.lab
@needs_lab
def test_a_wire_delays_by_netem_where_the_kernel_has_it_and_without_it_elsewhere() -> None:
    with pair(Impairment(delay_s=0.05)) as lab:
        has_netem = inside(lab.node("left").network, kernel.has_netem)
        asked = lab.node("left").run(
            ["tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"], check=False
        )
        accuracy.learn_neighbours(lab, "v4")
        datagrams = accuracy.send_through(lab, "v4", count=3, gap_s=0.01)
        report = lab.wires_report()
    assert (asked.returncode == 0) == has_netem
    assert bool(asked.stderr) != has_netem, "a kernel without netem says so"
    by = ("netem", "kernel") if has_netem else ("userspace", "process")
    assert (report.mechanism, report.wires["left--right"].carried_by) == by
    delays_s = [one_way_s(datagram) for datagram in datagrams]
    # A datagram is stamped once it is sent, by when the wire may have had it for a moment.
    assert min(delays_s) >= 0.049


def one_way_s(datagram: accuracy.DatagramTimes) -> float:
    """Return how long a datagram was under way."""
    assert datagram.arrived_s is not None, "a wire that only delays loses nothing"
    return datagram.arrived_s - datagram.left_s
