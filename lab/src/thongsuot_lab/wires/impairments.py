"""Impairments as arithmetic: adding a fault's effect to a wire's own; JSON form."""

from collections.abc import Iterable

import msgspec

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.topology.model import PERFECT, Impairment


def combine(impairments: Iterable[Impairment]) -> Impairment:
    """
    All of them one after the other: delays add up, losses multiply, the slowest rate wins.

    The queue is that of the slowest rate.
    """
    total = PERFECT
    for impairment in impairments:
        slower = total
        if impairment.rate_bps is not None and (
            total.rate_bps is None or impairment.rate_bps < total.rate_bps
        ):
            slower = impairment
        total = Impairment(
            delay_s=total.delay_s + impairment.delay_s,
            jitter_s=total.jitter_s + impairment.jitter_s,
            loss_ratio=1 - (1 - total.loss_ratio) * (1 - impairment.loss_ratio),
            reorder_ratio=1 - (1 - total.reorder_ratio) * (1 - impairment.reorder_ratio),
            rate_bps=slower.rate_bps,
            queue_s=slower.queue_s,
        )
    return total


def to_json(impairment: Impairment) -> object:
    """Return plain data that ``from_json`` can read."""
    return msgspec.to_builtins(impairment)


def from_json(data: object) -> Impairment:
    """
    Return an impairment from plain data.

    Raises:
        TopologyError: an unknown form, or values that no wire can have.
    """
    try:
        return msgspec.convert(data, Impairment)
    except msgspec.ValidationError as error:
        raise TopologyError(f"no impairment: {error}") from error
