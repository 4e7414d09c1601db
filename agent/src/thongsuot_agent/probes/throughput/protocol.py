"""The requests of the resident agent to the worker; JSON over a pipe."""

import msgspec

from thongsuot_agent.probing.link_load.protocol import WorkerRoute


class LoadTestRequest(msgspec.Struct, frozen=True, kw_only=True, tag="load"):
    """
    One test of both directions: idle latency, then load down, then load up.

    ``max_bytes`` limits each direction; ``key`` is sent to the server.
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
