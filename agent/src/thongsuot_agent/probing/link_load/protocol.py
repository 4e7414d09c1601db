"""How a worker's packets leave, and its report; JSON over pipes."""

import msgspec

from thongsuot_agent.links.selector import UNSELECTED, RouteSelector
from thongsuot_schema.result import Family


class WorkerRoute(msgspec.Struct, frozen=True, kw_only=True):
    """
    How the worker's packets leave: by which interface, from which address, to which server.

    ``host`` replaces the name in URLs: it was resolved over the link itself.
    """

    interface: str
    source: str
    family: Family
    host: str
    selector: RouteSelector = UNSELECTED


class RequestTiming(msgspec.Struct, frozen=True, kw_only=True):
    """One small request: its phases in seconds, ``tls_s`` only of https."""

    connect_s: float
    tls_s: float | None
    first_byte_s: float


class LoadReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    One direction under load.

    ``bins`` are bytes by the receiver's clock, in order, from the first that any stream got;
    ``timings`` those that began after the warm-up.
    """

    bins: tuple[int, ...]
    received_bytes: int
    timings: tuple[RequestTiming, ...]
    capped: bool = False


class LoadTestReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    The results of a worker. ``problem`` is libcurl's code and text if it could not continue.

    ``cost_bytes`` is IP-level traffic both ways, as the kernel counted it.
    """

    idle: tuple[RequestTiming, ...] = ()
    down: LoadReport | None = None
    up: LoadReport | None = None
    code: int = 0
    status: int = 0
    problem: str = ""
    cost_bytes: int = 0
    file_down_s: float | None = None
    file_up_s: float | None = None
