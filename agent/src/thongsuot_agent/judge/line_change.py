"""The effect on a link's verdict when its packets change carriers."""

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.links import reset_rounds
from thongsuot_agent.judge.memory import FaultSlot


def forget_other_line(at: LinkContext) -> None:
    """
    Drop suspicions and measurements of a link whose packets change carriers.

    A confirmed outage stays: there has been no evidence about its line since. Any other fault
    belongs to a line of which nothing is known now.
    """
    link = at.link
    held = link.silence if is_outage(link.silence.fault) else None
    burst_ns = None if link.egress.others else at.now_ns
    reset_rounds(link)
    if held is not None:
        link.silence = FaultSlot(fault=held.fault, onset_ns=held.onset_ns, evidence=held.evidence)
    elif link.egress.others:
        link.known = False
    link.burst_ns = burst_ns
