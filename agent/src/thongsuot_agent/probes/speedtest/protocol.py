"""The requests of the resident agent to the worker, and its reports; JSON over pipes."""

import msgspec

from thongsuot_agent.links.selector import UNSELECTED, RouteSelector


class SpeedtestRequest(msgspec.Struct, frozen=True, kw_only=True, tag="speedtest"):
    """One run of speedtest-cli; ``url`` empty: against Ookla's servers."""

    interface: str
    url: str
    host: str
    timeout_s: float
    max_bytes: int
    selector: RouteSelector = UNSELECTED


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
