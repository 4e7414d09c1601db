"""What tc is told for wires that the kernel carries."""

import subprocess

import pytest

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
def test_netem_is_told_what_was_asked(impairment: Impairment, words: str) -> None:
    assert kernel.netem_arguments(impairment) == words


def test_each_direction_is_impaired_where_it_leaves() -> None:
    assert kernel.netem_commands(3, Impairment(delay_s=0.001), PERFECT) == [
        "qdisc replace dev m3b root netem limit 20000 delay 1000us",
        "qdisc replace dev m3a root pfifo limit 1000",
    ]


@pytest.mark.lab
@needs_lab
def test_whether_there_is_netem_is_found_out_by_trying() -> None:
    with pair() as lab:
        found = inside(lab.node("left").network, kernel.has_netem)
        shown = lab.node("left").run(["tc", "qdisc", "show", "dev", "lo"]).stdout
        assert lab.mechanism == ("netem" if found else "userspace")
    assert "netem" not in shown


@pytest.mark.lab
@needs_lab
def test_asking_for_netem_where_there_is_none_says_so() -> None:
    with pair() as lab:
        if inside(lab.node("left").network, kernel.has_netem):
            pytest.skip("this kernel has netem")
        done = lab.node("left").run(
            ["tc", "qdisc", "add", "dev", "eth0", "root", "netem", "delay", "1ms"], check=False
        )
    assert isinstance(done, subprocess.CompletedProcess)
    assert done.returncode != 0
