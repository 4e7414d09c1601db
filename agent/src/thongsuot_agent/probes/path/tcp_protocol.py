"""The requests of the resident agent to the worker, and its reports; JSON over pipes."""

import msgspec

from thongsuot_agent.links.selector import UNSELECTED, RouteSelector


class TcpTraceRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    A trace by TCP: its interface and source address, its destination address and port.

    ``flow`` is the source port, the same in every run.
    """

    interface: str
    source: str
    destination: str
    port: int
    flow: int
    count: int
    max_hops: int
    timeout_s: float
    selector: RouteSelector = UNSELECTED


class TcpTraceReply(msgspec.Struct, frozen=True, kw_only=True):
    """
    One answer to a probe with the hop limit ``hops``.

    ``reason`` is a value of ``schema.reason.Reason`` if a router refuses to forward.
    ``segment_bytes`` is the maximum segment size of the SYN in the router's quotation.
    """

    hops: int
    address: str
    rtt_s: float
    is_target: bool
    reason: str = ""
    segment_bytes: int | None = None
    labels: tuple[int, ...] = ()


class TcpTraceReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    The result of a trace; ``sent`` counts the probes by hop limit. ``sent_bytes`` and
    ``received_bytes`` are all traffic of the trace, including IP headers. ``problem`` is why there
    is no result: ``permission``, ``scapy``, or an error of the kernel.
    """

    replies: tuple[TcpTraceReply, ...] = ()
    sent: dict[int, int] = {}
    sent_bytes: int = 0
    received_bytes: int = 0
    segment_bytes: int = 0
    problem: str = ""
