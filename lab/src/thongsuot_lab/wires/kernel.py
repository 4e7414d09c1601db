"""
Wires that the kernel carries: traffic-control commands for the two middles of a wire.

A wire is two veth pairs whose middles, ``m<i>a`` and ``m<i>b``, lie in one namespace of the lab.
What enters one middle is redirected to leave by the other. Where the kernel has
``netem_commands``, the leaving middle also delays and drops. tc-mirred(8), tc-u32(8), tc-netem(8).
"""

import subprocess

from thongsuot_lab.topology.model import Impairment

# Frames that netem may hold if no rate limits its queue: 0.5 s of 400 Mbit/s in full frames.
NETEM_LIMIT = 20_000
FRAME_BITS = 1514 * 8


def middle_names(index: int) -> tuple[str, str]:
    """Return the names of the two middle interfaces of the wire with this number."""
    return (f"m{index}a", f"m{index}b")


def join_commands(index: int) -> list[str]:
    """
    Redirect what enters either middle to the other; safe to repeat only after ``part_commands``.
    """
    a, b = middle_names(index)
    return [line for source, sink in ((a, b), (b, a)) for line in _redirect(source, sink)]


def _redirect(source: str, sink: str) -> list[str]:
    # u32 with an empty match: the plain match-all classifier is absent from small kernels.
    return [
        f"qdisc add dev {source} clsact",
        (
            f"filter add dev {source} ingress protocol all prio 1 u32 match u32 0 0"
            f" action mirred egress redirect dev {sink}"
        ),
    ]


def part_commands(index: int) -> list[str]:
    """Remove the redirection."""
    return [f"qdisc del dev {middle} clsact" for middle in middle_names(index)]


def netem_commands(index: int, a_to_b: Impairment, b_to_a: Impairment) -> list[str]:
    """Impair both directions with netem; a perfect direction gets none."""
    a, b = middle_names(index)
    lines = []
    for sink, impairment in ((b, a_to_b), (a, b_to_a)):
        if impairment.is_perfect:
            lines.append(f"qdisc replace dev {sink} root pfifo limit 1000")
        else:
            lines.append(f"qdisc replace dev {sink} root netem {netem_arguments(impairment)}")
    return lines


def netem_arguments(impairment: Impairment) -> str:
    """
    Return the arguments of ``netem`` for an impairment.

    It differs from the delay line in one thing: netem's jitter reorders if no rate is given.
    """
    limit = NETEM_LIMIT
    words = []
    if impairment.delay_s or impairment.jitter_s:
        words.append(f"delay {impairment.delay_s * 1e6:.0f}us")
        if impairment.jitter_s:
            words.append(f"{impairment.jitter_s * 1e6:.0f}us")
    if impairment.loss_ratio:
        words.append(f"loss {impairment.loss_ratio * 100:.6f}%")
    if impairment.reorder_ratio:
        words.append(f"reorder {impairment.reorder_ratio * 100:.6f}%")
    if impairment.rate_bps is not None:
        words.append(f"rate {impairment.rate_bps:.0f}bit")
        held_s = impairment.queue_s + impairment.delay_s
        limit = max(2, int(impairment.rate_bps * held_s / FRAME_BITS))
    return " ".join([f"limit {limit}", *words])


def has_netem() -> bool:
    """Return whether this kernel has netem; tried in the caller's namespace, on its loopback."""
    tried = subprocess.run(
        ["tc", "qdisc", "replace", "dev", "lo", "root", "netem", "delay", "1ms"],
        capture_output=True,
        check=False,
    )
    if tried.returncode:
        return False
    subprocess.run(["tc", "qdisc", "del", "dev", "lo", "root"], capture_output=True, check=False)
    return True
