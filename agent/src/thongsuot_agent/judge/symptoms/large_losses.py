"""Large losses: whether a loss that only pages show affects large packets, and where."""

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.symptoms.near_flows import (
    LAN_LOSES_LARGE_PACKETS,
    LARGE_PACKETS_LOST,
    LARGE_PACKETS_LOST_SOMEWHERE,
    LOCATE_FOR_S,
    LOCATED_NATS,
    full_size_nats,
)

FULL_SIZE_CLEAN_NATS = 3.0
"""Odds of 20 : 1 that the LAN passes them: nine runs, one every two seconds."""


def locate_large_losses(at: LinkContext, since_ns: int) -> Diagnosis | None:
    """
    Return the location of a loss that only pages show, if it may affect large packets only.

    Small packets that pass the LAN prove nothing about large ones (2026-12: a LAN that lost more
    and more of those was reported to the carrier as a loss far out, because pages had loss and
    small packets had none). ``LARGE_PACKETS_LOST`` means beyond the LAN; ``None``: too few were
    tried.
    """
    if at.link.facts is not None and at.link.facts.point_to_point:
        return LARGE_PACKETS_LOST
    memory = at.link.new_flows
    gateways = {point.target for point in at.probes.near_points.values() if point.is_gateway}
    if not gateways & memory.answering:
        # It was never probed by a new flow, or never answered one.
        return LARGE_PACKETS_LOST
    if not gateways & memory.passing_full_size:
        return LARGE_PACKETS_LOST_SOMEWHERE
    passed = lost = 0
    for run in memory.runs:
        if run.target in gateways and run.at_ns >= since_ns and run.answered_ratio == 1.0:
            passed, lost = passed + (run.is_full_size is True), lost + (run.is_full_size is False)
    nats = full_size_nats(passed, lost)
    if nats >= LOCATED_NATS:
        return LAN_LOSES_LARGE_PACKETS
    if nats <= -FULL_SIZE_CLEAN_NATS:
        return LARGE_PACKETS_LOST
    return None if at.now_ns - since_ns < ns(LOCATE_FOR_S) else LARGE_PACKETS_LOST_SOMEWHERE
