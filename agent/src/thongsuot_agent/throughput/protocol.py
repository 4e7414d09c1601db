"""What the resident agent asks of a worker, and what the worker reports; JSON over pipes."""

import msgspec

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


class LoadTestRequest(msgspec.Struct, frozen=True, kw_only=True, tag="load"):
    """
    One test of both directions: idle latency, then load down, then load up.

    ``max_bytes`` bounds each direction; ``key`` is shown to the server.
    """

    route: WorkerRoute
    url: str
    key: str
    ca_file: str
    ca_folder: str
    streams: int
    warmup_s: float
    duration_s: float
    max_bytes: int


class FileTestRequest(msgspec.Struct, frozen=True, kw_only=True, tag="file"):
    """One file each way, for sampling; otherwise as ``LoadTestRequest``."""

    route: WorkerRoute
    url: str
    key: str
    ca_file: str
    ca_folder: str
    file_bytes: int
    timeout_s: float


class SpeedtestRequest(msgspec.Struct, frozen=True, kw_only=True, tag="speedtest"):
    """One run of speedtest-cli; ``url`` empty: against Ookla's servers."""

    interface: str
    url: str
    host: str
    timeout_s: float
    max_bytes: int


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
    What a worker found. ``problem`` is libcurl's code and text where it could not go on.

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


class SpeedtestReport(msgspec.Struct, frozen=True, kw_only=True):
    """What speedtest-cli found, in its own words turned into base units."""

    down_bits_per_second: float | None = None
    up_bits_per_second: float | None = None
    latency_s: float | None = None
    server: str = ""
    received_bytes: int = 0
    sent_bytes: int = 0
    problem: str = ""
    capped: bool = False
