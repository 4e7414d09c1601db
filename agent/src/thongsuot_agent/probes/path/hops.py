"""
Turns the answers of a trace into its hops: which router answered at which distance, and which
refused to forward.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from thongsuot_schema.path import Hop
from thongsuot_schema.reason import Reason
from thongsuot_schema.statistics import median

_REFUSALS = {
    Reason.HOST_UNREACHABLE: "!H",
    Reason.NETWORK_UNREACHABLE: "!N",
    Reason.PACKET_FILTERED: "!X",
}
"""The marks of traceroute; any other reason is a plain exclamation mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HopAnswer:
    """
    One answer to a probe with the hop limit ``number``.

    ``reason`` is set if the router refuses to forward packets.
    """

    number: int
    address: str
    rtt_s: float
    reason: Reason | None = None
    labels: tuple[int, ...] = ()


def last_number(answers: Sequence[HopAnswer]) -> int:
    """
    Return the last hop of a trace that did not reach its target.

    This is the farthest hop that answered, or the refusal beyond it: a host that refuses answers
    every probe with a larger hop limit, and is at none of those distances.
    """
    hops = max((answer.number for answer in answers if answer.reason is None), default=0)
    refusals = [answer.number for answer in answers if answer.reason is not None]
    return min((number for number in refusals if number > hops), default=hops)


def hop_from(number: int, sent: int, answers: Sequence[HopAnswer]) -> Hop:
    """Return a hop; a refusal counts only if no other answer came from its distance."""
    here = [answer for answer in answers if answer.number == number]
    routers = [answer for answer in here if answer.reason is None]
    answers = routers or here
    refusal = ""
    if answers and not routers:
        reason = answers[0].reason
        refusal = "!" if reason is None else _REFUSALS.get(reason, "!")
    times: dict[str, int] = {}
    for answer in answers:
        times[answer.address] = times.get(answer.address, 0) + 1
    return Hop(
        number=number,
        sent=max(sent, len(here)),
        answered=len(answers),
        addresses=tuple(sorted(times, key=lambda address: (-times[address], address))),
        rtt_s=median([answer.rtt_s for answer in routers]) if routers else None,
        labels=next((answer.labels for answer in routers if answer.labels), ()),
        refusal=refusal,
    )
