"""The requests of the resident agent to the worker; JSON over a pipe."""

import msgspec

from thongsuot_agent.probing.link_load.protocol import WorkerRoute


class FileTestRequest(msgspec.Struct, frozen=True, kw_only=True, tag="file"):
    """One file each way, for one sample; otherwise like ``LoadTestRequest``."""

    route: WorkerRoute
    url: str
    key: str
    ca_file: str
    ca_folder: str
    file_bytes: int
    timeout_s: float
