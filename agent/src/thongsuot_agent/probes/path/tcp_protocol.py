"""What the resident agent asks of the worker, and what the worker reports; JSON over pipes."""

import msgspec

from thongsuot_agent.links.selector import UNSELECTED, RouteSelector


class TcpTraceRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    A way to walk by TCP: from which interface and address, to which address and port.

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
    One answer to a probe that might pass ``hops``.

    ``reason`` is a value of ``schema.reason.Reason`` where a router passes nothing on.
    ``segment_bytes`` is the maximum segment size in the SYN as the router quotes it.
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
    What came back; ``sent`` counts the probes by hops. ``sent_bytes`` and ``received_bytes`` are
    all that the walk caused, from the IP header on. ``problem`` is why there is nothing:
    ``permission``, ``scapy``, or an error of the kernel.
    """

    replies: tuple[TcpTraceReply, ...] = ()
    sent: dict[int, int] = {}
    sent_bytes: int = 0
    received_bytes: int = 0
    segment_bytes: int = 0
    problem: str = ""
